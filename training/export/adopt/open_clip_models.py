"""Reading models of open_clip: CLIP, SigLIP of timm, and MobileCLIP after reparameterisation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL.Image import Image
from torch import Tensor, nn

import training.vision_ops  # noqa: F401 - before open_clip imports torchvision
from training.export.adopt.bpe_tokenizer import clean_as, tokenizer_of_bpe
from training.export.adopt.source import Source, first_line, licence_of
from twinset.encoders.dual_spec import DualSpec, TextPadding
from twinset.encoders.encoder import Vectors, normalise
from twinset.encoders.picture_resize import ResizeRule
from twinset.encoders.runtime.onnx_runtime import PixelScale
from twinset.errors import ConfigError

CONFIG_FILE = "open_clip_config.json"
_MODES = {"shortest": "crop", "longest": "pad", "squash": "stretch"}


class _ImageSide(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> Tensor:
        features: Tensor = self.model.encode_image(pixels)
        return features


class _TextSide(nn.Module):
    """Token ids (n, t) -> features (n, d); padding is part of what these models learnt."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        features: Tensor = self.model.encode_text(input_ids * attention_mask)
        return features


@dataclass(frozen=True)
class _Words:
    """open_clip's tokenizer, and the same as a file that the runtime reads."""

    library: Any
    tokenizer: Any
    padding: int
    length: int


def open_open_clip(folder: Path, name: str) -> Source:
    """Open a local folder of open_clip (`open_clip_config.json` and weights).

    Raises:
        ConfigError: if it cannot be loaded, or asks for tokens that the runtime cannot make.
    """
    import open_clip
    from timm.layers import set_fused_attn

    set_fused_attn(False)  # the exporter writes plain attention
    place = f"local-dir:{folder}"
    try:
        config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        model, transform = open_clip.create_model_from_pretrained(place)
        library = open_clip.get_tokenizer(place)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise ConfigError(f"{folder}: cannot be loaded: {first_line(error)}") from None
    model = model.float().eval()
    trunk = getattr(model.visual, "trunk", None)
    words = _words(library, config["model_cfg"]["text_cfg"], folder)

    def images(given: Sequence[Image]) -> Vectors:
        with torch.no_grad():
            rows = [model.encode_image(transform(image)[None]) for image in given]
        return normalise(np.asarray(torch.cat(rows)))

    def texts(given: Sequence[str]) -> Vectors:
        with torch.no_grad():
            return normalise(np.asarray(model.encode_text(words.library(list(given)))))

    sides = _ImageSide(_fast(model, trunk)), _TextSide(model)
    spec = _spec(name, model, words)
    return Source(*sides, words.tokenizer, spec, licence_of(str(folder)), images, texts)


def _fast(model: Any, trunk: nn.Module | None) -> Any:
    """The model with the branches of its blocks merged, as MobileCLIP is meant to be run."""
    from timm.utils import reparameterize_model

    if trunk is None or not any(hasattr(part, "reparameterize") for part in trunk.modules()):
        return model
    merged = deepcopy(model)  # the reference stays as it was trained
    merged.visual.trunk = reparameterize_model(trunk)
    return merged


def _spec(name: str, model: Any, words: _Words) -> DualSpec:
    """All preprocessing, as open_clip keeps it beside the image tower."""
    given = model.visual.preprocess_cfg
    size = given["size"]
    height, width = size if isinstance(size, (tuple, list)) else (size, size)
    rule = ResizeRule(
        _MODES[given["resize_mode"]], given["interpolation"], int(given.get("fill_color", 0))
    )
    with torch.no_grad():
        dimension = model.encode_text(torch.zeros(1, words.length, dtype=torch.int64)).shape[1]
    return DualSpec(
        name=name,
        dimension=int(dimension),
        image_width=int(width),
        image_height=int(height),
        pixels=PixelScale(tuple(given["mean"]), tuple(given["std"])),
        max_tokens=words.length,
        text_template="{title}",
        item_image_weight=0.5,
        resize=rule,
        padding=TextPadding(words.padding, fixed=True, masked=False),
    )


def _words(library: Any, config: dict[str, Any], folder: Path) -> _Words:
    length = int(library.context_length)
    held = getattr(library, "tokenizer", None)
    if held is None:
        return _Words(library, tokenizer_of_bpe(library), 0, length)
    if library.tokenizer_mode or library.strip_sep_token or not hasattr(held, "backend_tokenizer"):
        raise ConfigError(f"{folder}: its tokenizer needs code of its own; not supported")
    options = config.get("tokenizer_kwargs", {})
    tokenizer = clean_as(options.get("clean", "whitespace"), held.backend_tokenizer)
    return _Words(library, tokenizer, int(held.pad_token_id or 0), length)
