"""Opening an encoder folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from twinset.artefacts import read_manifest
from twinset.edits.composer import COMPOSER, Composer
from twinset.encoders.dual_encoder import (
    IMAGE_MODEL,
    TEXT_MODEL,
    TOKENIZER,
    DualEncoder,
    Side,
)
from twinset.encoders.encoder import Encoder
from twinset.encoders.hash_encoder import HashEncoder
from twinset.encoders.hybrid_encoder import HybridEncoder
from twinset.encoders.runtime.onnx_runtime import DEVICES
from twinset.errors import ArtefactError, ConfigError, InvalidInput
from twinset.languages.multilingual_texts import LANGUAGES_FILE
from twinset.relevance.relevance_curves import RelevanceCurves

ENCODER_MANIFEST = "encoder.json"
_FILES_OF: Mapping[Side, frozenset[str]] = {
    "image": frozenset({IMAGE_MODEL}),
    "text": frozenset({TEXT_MODEL, TOKENIZER, LANGUAGES_FILE}),
}


def load_encoder(path: Path, device: str = "auto", threads: int | None = None) -> Encoder:
    """Check every file of an encoder folder against its checksum, then open it.

    `threads` bounds the CPU threads of one inference, by default the cores of this process.

    Raises:
        ArtefactError: if a file is missing, damaged or of an unknown architecture; it is named.
        ConfigError: if the device is unknown or not there.
    """
    if device not in DEVICES:
        raise ConfigError(f"device must be one of {', '.join(DEVICES)}")
    manifest = read_manifest(path, "encoder", ENCODER_MANIFEST)
    encoder: DualEncoder | HybridEncoder
    match manifest.get("architecture"):
        case "dual-onnx":
            encoder = DualEncoder.load(path, manifest, device, threads)
        case "hybrid-onnx":
            encoder = HybridEncoder.load(path, manifest, device, threads)
        case "hash":
            return HashEncoder.load(path, manifest)
        case _:
            raise ArtefactError(path / ENCODER_MANIFEST, "has an unknown architecture")
    if COMPOSER in manifest["files"]:
        encoder.composer = Composer.load(path / COMPOSER, encoder.dimension)
    try:
        encoder.relevance = RelevanceCurves.from_manifest(manifest.get("relevance"))
    except InvalidInput:
        raise ArtefactError(path / ENCODER_MANIFEST, "holds unusable relevance curves") from None
    return encoder


def load_side(path: Path, side: Side, device: str = "auto") -> DualEncoder:
    """Check and open what a dual encoder needs for one side of items: pictures, or words.

    Its `encode_items` takes items that have that side alone.

    Raises:
        ArtefactError: if a file of that side is missing or damaged; it is named.
        ConfigError: if the device is not there.
    """
    manifest = read_manifest(path, "encoder", ENCODER_MANIFEST, check_only=_FILES_OF[side])
    return DualEncoder.load_side(path, manifest, device, side)
