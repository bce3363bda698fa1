"""`twinset adopt`: a public encoder becomes an encoder folder, or is refused with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import onnx
import torch
import typer
from rich.console import Console

from training.export.adopt.transformers_models import Source, open_transformers, sample_pictures
from training.export.fingerprint import fingerprint_of
from training.export.onnx_export import to_onnx
from twinset.artefacts import new_folder, write_manifest
from twinset.encoders.dual_encoder import IMAGE_MODEL, TEXT_MODEL, TOKENIZER
from twinset.encoders.encoder_folder import ENCODER_MANIFEST, load_encoder
from twinset.errors import ConfigError

MIN_PARITY = 0.999
_TEXTS = (
    "red",
    "Women Navy Blue Striped Casual Shirt",
    "a light summer scarf with a floral print, fringed at both ends",
    " ".join(["running shoes with white soles"] * 40),
)


def adopt(
    model: Annotated[str, typer.Argument(help="Hub name or local folder of CLIP or SigLIP.")],
    out: Annotated[Path, typer.Argument(help="Encoder folder to write.")],
) -> None:
    """Turn a public encoder into an encoder folder that serves as its own library would."""
    source = open_transformers(model, Path(model).name)
    cosines = adopt_encoder(source, model, out)
    console = Console()
    console.print(
        f"lowest cosine to the library: pictures {cosines[0]:.5f}, texts {cosines[1]:.5f}"
    )
    licence = source.licence or "not named by the model"
    console.print(f"encoder in {out}; licence: {licence}")
    if source.licence and "-nc" in source.licence.lower():
        console.print("this licence forbids commercial use")


def adopt_encoder(source: Source, origin: str, out: Path) -> tuple[float, float]:
    """Write the encoder; the lowest cosines of pictures and of texts to the library's own output.

    Raises:
        ConfigError: if a cosine is below `MIN_PARITY`; nothing is written then.
    """
    spec = source.spec
    with new_folder(out) as staging:
        pixels = torch.zeros(2, 3, spec.image_height, spec.image_width)
        onnx.save(
            to_onnx(source.image, {"pixels": pixels}, {"pixels": {0: "n"}}), staging / IMAGE_MODEL
        )
        ids = torch.ones(2, spec.max_tokens if spec.padding.fixed else 8, dtype=torch.int64)
        shape = {0: "n"} if spec.padding.fixed else {0: "n", 1: "t"}
        inputs = {"input_ids": ids, "attention_mask": ids.clone()}
        onnx.save(
            to_onnx(source.text, inputs, {k: dict(shape) for k in inputs}), staging / TEXT_MODEL
        )
        source.tokenizer.backend_tokenizer.save(str(staging / TOKENIZER))
        fields: dict[str, Any] = {**spec.to_manifest()}
        fields["fingerprint"] = fingerprint_of(fields, staging)
        fields |= {"licence": source.licence, "origin": origin, "training": None}
        write_manifest(staging, "encoder", fields, ENCODER_MANIFEST)
        return _parity(source, staging)


def _parity(source: Source, folder: Path) -> tuple[float, float]:
    encoder, pictures = load_encoder(folder, "cpu"), sample_pictures()
    image = np.vecdot(encoder.encode_images(pictures), source.reference_images(pictures))
    text = np.vecdot(encoder.encode_texts(_TEXTS), source.reference_texts(_TEXTS))
    for kind, cosines in (("picture", image), ("text", text)):
        if cosines.min() < MIN_PARITY:
            raise ConfigError(
                f"{kind} {int(cosines.argmin()) + 1} of {len(cosines)} differs from the library's"
                f" own output (cosine {cosines.min():.4f}, needed {MIN_PARITY}); nothing written"
            )
    return float(image.min()), float(text.min())
