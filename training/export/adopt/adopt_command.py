"""`twinset adopt`: a public encoder becomes an encoder folder, or is refused with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import nncf
import numpy as np
import onnx
import torch
import typer
from rich.console import Console

from training.export.adopt.open_model import open_public
from training.export.adopt.source import Source, sample_pictures, truncated
from training.export.fingerprint import fingerprint_of
from training.export.onnx_export import to_onnx
from training.quiet_libraries import hide_other_bars, quiet_nncf
from twinset.artefacts import new_folder, write_manifest
from twinset.encoders.dual_encoder import IMAGE_MODEL, TEXT_MODEL, TOKENIZER
from twinset.encoders.encoder_folder import ENCODER_MANIFEST, load_encoder
from twinset.errors import ConfigError

MIN_PARITY = 0.999
MIN_INT8_PARITY = 0.99  # rounding turns rows a little; more than this is another encoder
# In the names of licences that forbid commercial use: Creative Commons NC, Apple's for research.
_NOT_TO_SELL_WITH = ("-nc", "amlr", "research")
_TEXTS = (
    "red",
    "Women Navy Blue Striped Casual Shirt",
    "a light summer scarf with a floral print, fringed at both ends",
    " ".join(["running shoes with white soles"] * 40),
)


def adopt(
    model: Annotated[
        str,
        typer.Argument(help="Hub name or local folder of CLIP, SigLIP, open_clip or text models."),
    ],
    out: Annotated[Path, typer.Argument(help="Encoder folder to write.")],
    image_from: Annotated[
        str | None,
        typer.Option(help="Model of the pictures, if MODEL is a sentence-transformers text model."),
    ] = None,
    truncate_dim: Annotated[
        int | None,
        typer.Option(min=1, help="Keep the first numbers of each vector (Matryoshka models)."),
    ] = None,
    int8: Annotated[
        bool, typer.Option(help="Store the matrices of both towers as int8, with scales.")
    ] = False,
) -> None:
    """Turn a public encoder into an encoder folder that serves as its own library would."""
    hide_other_bars()
    source = open_public(model, image_from)
    if truncate_dim is not None:
        source = truncated(source, truncate_dim)
    cosines = adopt_encoder(source, model, out, int8)
    console = Console()
    console.print(
        f"lowest cosine to the library: pictures {cosines[0]:.5f}, texts {cosines[1]:.5f}"
    )
    licence = source.licence or "not named by the model"
    console.print(f"encoder in {out}; licence: {licence}")
    if source.licence and any(mark in source.licence.lower() for mark in _NOT_TO_SELL_WITH):
        console.print("this licence forbids commercial use")


def adopt_encoder(
    source: Source, origin: str, out: Path, int8: bool = False
) -> tuple[float, float]:
    """Write the encoder; the lowest cosines of pictures and of texts to the library's own output.

    Raises:
        ConfigError: if a cosine is below `MIN_PARITY`; nothing is written then.
    """
    spec = source.spec
    with new_folder(out) as staging:
        pixels = torch.zeros(2, 3, spec.image_height, spec.image_width)
        image = to_onnx(source.image, {"pixels": pixels}, {"pixels": {0: "n"}})
        onnx.save(_stored(image, int8), staging / IMAGE_MODEL)
        ids = torch.ones(2, spec.max_tokens if spec.padding.fixed else 8, dtype=torch.int64)
        shape = {0: "n"} if spec.padding.fixed else {0: "n", 1: "t"}
        inputs = {"input_ids": ids, "attention_mask": ids.clone()}
        text = to_onnx(source.text, inputs, {k: dict(shape) for k in inputs})
        onnx.save(_stored(text, int8), staging / TEXT_MODEL)
        source.tokenizer.save(str(staging / TOKENIZER))
        fields: dict[str, Any] = {**spec.to_manifest()}
        fields["fingerprint"] = fingerprint_of(fields, staging)
        fields |= {"licence": source.licence, "origin": origin, "revision": source.revision}
        fields["training"] = None
        write_manifest(staging, "encoder", fields, ENCODER_MANIFEST)
        return _parity(source, staging, MIN_INT8_PARITY if int8 else MIN_PARITY)


def _stored(model: onnx.ModelProto, int8: bool) -> onnx.ModelProto:
    if not int8:
        return model
    # Convolutions are few in these models, and the runtime does not open rounded ones.
    matrices = nncf.IgnoredScope(types=["Conv"], validate=False)
    mode = nncf.CompressWeightsMode.INT8_SYM
    with quiet_nncf():
        return nncf.compress_weights(model, mode=mode, ignored_scope=matrices)


def _parity(source: Source, folder: Path, least: float) -> tuple[float, float]:
    encoder, pictures = load_encoder(folder, "cpu"), sample_pictures()
    image = np.vecdot(encoder.encode_images(pictures), source.reference_images(pictures))
    text = np.vecdot(encoder.encode_texts(_TEXTS), source.reference_texts(_TEXTS))
    for kind, cosines in (("picture", image), ("text", text)):
        if cosines.min() < least:
            raise ConfigError(
                f"{kind} {int(cosines.argmin()) + 1} of {len(cosines)} differs from the library's"
                f" own output (cosine {cosines.min():.4f}, needed {least}); nothing written"
            )
    return float(image.min()), float(text.min())
