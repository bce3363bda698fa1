"""Opening an encoder folder."""

from __future__ import annotations

from pathlib import Path

from twinset.artefacts import read_manifest
from twinset.edits.composer import COMPOSER, Composer
from twinset.encoders.dual_encoder import PHOTO_HEAD, DualEncoder
from twinset.encoders.encoder import Encoder
from twinset.encoders.hash_encoder import HashEncoder
from twinset.encoders.hybrid_encoder import HybridEncoder
from twinset.encoders.onnx_runtime import DEVICES
from twinset.errors import ArtefactError, ConfigError, InvalidInput
from twinset.relevance.relevance_curves import RelevanceCurves

ENCODER_MANIFEST = "encoder.json"
_FOR_QUERIES = frozenset({PHOTO_HEAD, COMPOSER})


def load_encoder(
    path: Path, device: str = "auto", threads: int | None = None, for_items: bool = False
) -> Encoder:
    """Check every file of an encoder folder against its checksum, then open it.

    `threads` bounds the CPU threads of one inference, by default the cores of this process. What
    only queries need, such as the photo head, is left closed if it is opened `for_items`.

    Raises:
        ArtefactError: if a file is missing, damaged or of an unknown architecture; it is named.
        ConfigError: if the device is unknown or not there.
    """
    if device not in DEVICES:
        raise ConfigError(f"device must be one of {', '.join(DEVICES)}")
    manifest = read_manifest(path, "encoder", ENCODER_MANIFEST)
    if for_items:
        manifest["files"] = {n: s for n, s in manifest["files"].items() if n not in _FOR_QUERIES}
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
