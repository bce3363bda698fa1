"""CLIP ViT-B/32 with random weights: the true shapes, so the true cost, without a download.

    python -m benchmarks.encoders.clip_weights var/bench

Writes `hub/`, in the layout that transformers and infinity read, and `encoder/`, the same weights
as `twinset train` exports them; `service.services` adds `int8/`, what `twinset quantise` makes of
that with pictures of the sample shop. All are kept from one run to the next.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

import training.vision_ops  # noqa: F401 - before transformers imports torchvision
from sample_shop import render_sample
from twinset.artefacts import new_folder
from twinset.images.decode import decode_image

_START, _END, _VOCABULARY = 49406, 49407, 49408
_PICTURES = 400  # to set the ranges of the numbers by, and to compare with float32
_CONFIG = Path(__file__).parents[2] / "training" / "configs" / "clip.toml"


def main(out: Annotated[Path, typer.Argument()] = Path("var/bench")) -> None:
    """Make what is not there yet."""
    make_weights(out)


def make_weights(out: Path) -> tuple[Path, Path]:
    """The folders of the weights and of the encoder under `out`."""
    hub, encoder = out / "hub", out / "encoder"
    if not hub.is_dir():
        with new_folder(hub) as staging:
            _save_hub(staging)
    if not encoder.is_dir():
        _export(hub, encoder)
    return hub, encoder


def make_int8(out: Path) -> Path:
    """The folder of the encoder under `out` with an image tower in int8.

    Raises:
        ConfigError: it would find less than the one it is made of.
    """
    folder = out / "int8"
    if not folder.is_dir():
        from training.export.quantise import Sample, quantise_encoder

        images, titles = [], []
        for product in render_sample(_PICTURES):
            picture, title = product["image"], product["title"]
            assert isinstance(picture, bytes)  # noqa: S101 - narrows for the checker
            images.append(decode_image(picture))
            titles.append(str(title))
        quantise_encoder(make_weights(out)[1], Sample(images, titles), folder)
    return folder


def _save_hub(folder: Path) -> None:
    import torch
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

    torch.manual_seed(0)
    # The end token of the published configuration, which stands for "the highest id".
    config = CLIPConfig(text_config={"eos_token_id": 2, "vocab_size": _VOCABULARY})
    CLIPModel(config).save_pretrained(folder)
    CLIPImageProcessor().save_pretrained(folder)
    _save_tokenizer(folder)


def _save_tokenizer(folder: Path) -> None:
    """Bytes as tokens: longer than CLIP's own, as if each query had several times the words."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import CLIPTokenizerFast

    vocabulary: dict[str, int] = {}
    for symbol in sorted(ByteLevel.alphabet()):
        vocabulary[symbol] = len(vocabulary)
        vocabulary[symbol + "</w>"] = len(vocabulary)
    vocabulary |= {"<|startoftext|>": _START, "<|endoftext|>": _END}
    tokenizer = CLIPTokenizerFast(vocab=vocabulary, merges=[], model_max_length=77)
    tokenizer.save_pretrained(folder)


def _export(hub: Path, out: Path) -> None:
    from training.config_file import load_config
    from training.export.onnx_export import export_encoder
    from training.run.open_run import untrained_towers

    config = load_config(_CONFIG)
    model = replace(config.model, image_weights=str(hub), text_weights=str(hub))
    config = replace(config, name="clip-random", model=model)
    shutil.rmtree(out, ignore_errors=True)
    export_encoder(untrained_towers(config), config, out)


if __name__ == "__main__":
    typer.run(main)
