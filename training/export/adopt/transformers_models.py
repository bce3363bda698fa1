"""Reading CLIP, SigLIP and SigLIP 2 of transformers: the model and all its preprocessing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL.Image import Image
from torch import Tensor, nn

import training.vision_ops  # noqa: F401 - before transformers imports torchvision
from training.export.adopt.source import Source, first_line, licence_of
from twinset.encoders.dual_spec import DualSpec, TextPadding
from twinset.encoders.encoder import Vectors, normalise
from twinset.encoders.picture_resize import ResizeRule
from twinset.encoders.runtime.onnx_runtime import PixelScale
from twinset.errors import ConfigError

_FAMILIES = ("clip", "siglip")
_RESAMPLING = {1: "lanczos", 2: "bilinear", 3: "bicubic"}


class ImageSide(nn.Module):
    """Scaled pixels (n, 3, h, w) -> features (n, d)."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> Tensor:
        return _features(self.model.get_image_features(pixel_values=pixels))


class TextSide(nn.Module):
    """Token ids and mask (n, t) -> features (n, d); SigLIP was trained without a mask."""

    def __init__(self, model: Any, masked: bool) -> None:
        super().__init__()
        self.model, self.masked = model, masked

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        # Without a mask the input is still named, so that every encoder takes the same two.
        ids = input_ids if self.masked else input_ids * attention_mask
        mask = attention_mask if self.masked else None
        return _features(self.model.get_text_features(input_ids=ids, attention_mask=mask))


def _features(output: Any) -> Tensor:
    found: Tensor = output if isinstance(output, Tensor) else output.pooler_output
    return found


def open_transformers(source: str, name: str) -> Source:
    """Open a hub name or local folder of CLIP or SigLIP, for `twinset adopt`.

    Raises:
        ConfigError: if it cannot be loaded, or is of another architecture.
    """
    import transformers

    try:
        config = transformers.AutoConfig.from_pretrained(source)
        if config.model_type == "siglip2":
            raise ConfigError(
                f"{source}: is a NaFlex model, which reads each picture in a shape of its own;"
                " take a SigLIP 2 of fixed size, such as google/siglip2-base-patch16-224"
            )
        if config.model_type not in _FAMILIES:
            raise ConfigError(
                f"{source}: is a {config.model_type}; adopt reads {', '.join(_FAMILIES)}"
            )
        options = {"attn_implementation": "eager", "dtype": torch.float32}
        model = transformers.AutoModel.from_pretrained(source, **options).eval()
        pictures = transformers.AutoImageProcessor.from_pretrained(source)
        words = transformers.AutoTokenizer.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{source}: cannot be loaded: {first_line(error)}") from None
    spec = _spec(name, config, pictures, words)
    padding = "max_length" if spec.padding.fixed else True

    def images(given: Sequence[Image]) -> Vectors:
        pixels = [pictures(images=one, return_tensors="pt")["pixel_values"] for one in given]
        with torch.no_grad():
            rows = [_features(model.get_image_features(pixel_values=one)) for one in pixels]
        return normalise(np.asarray(torch.cat(rows)))

    def texts(given: Sequence[str]) -> Vectors:
        limit = {"max_length": spec.max_tokens, "truncation": True, "return_tensors": "pt"}
        tokens = words(list(given), padding=padding, **limit)
        mask = tokens["attention_mask"] if spec.padding.masked else None
        with torch.no_grad():
            out = model.get_text_features(input_ids=tokens["input_ids"], attention_mask=mask)
        return normalise(np.asarray(_features(out)))

    sides = ImageSide(model), TextSide(model, spec.padding.masked)
    return Source(*sides, words.backend_tokenizer, spec, licence_of(source), images, texts)


def _spec(name: str, config: Any, pictures: Any, words: Any) -> DualSpec:
    """All preprocessing, from the model's own files."""
    crops = bool(getattr(pictures, "do_center_crop", False))
    size = pictures.crop_size if crops else pictures.size
    short = pictures.size.get("shortest_edge")
    if crops and short not in (None, size["height"]):
        raise ConfigError(f"{name}: resizes to {short} and crops {size['height']}; not supported")
    text, fixed = config.text_config, config.model_type == "siglip"
    mode = "crop" if crops else "stretch"
    return DualSpec(
        name=name,
        dimension=getattr(config, "projection_dim", None) or config.vision_config.hidden_size,
        image_width=size["width"],
        image_height=size["height"],
        pixels=PixelScale(tuple(pictures.image_mean), tuple(pictures.image_std)),
        max_tokens=text.max_position_embeddings,
        text_template="{title}",
        item_image_weight=0.5,
        resize=ResizeRule(mode, _RESAMPLING[int(pictures.resample)]),
        padding=TextPadding(words.pad_token_id or 0, fixed, not fixed),
    )
