"""An index version and the encoder that made it, opened together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.settings import Settings
from twinset.encoders import Encoder, load_encoder
from twinset.errors import TwinsetError
from twinset.index.encoder_store import kept_encoder
from twinset.index.index_versions import IndexVersion, current_version, open_version
from twinset.index.shared.version_files import fetch_version
from twinset.index.shared.version_line import is_version, peek_manifest


def open_pair(settings: Settings, name: str | None = None) -> tuple[Encoder, IndexVersion]:
    """An index version, by default the live one, and the encoder that made it.

    They are opened in parallel: the version mostly reads and hashes, the encoder compiles.

    Raises:
        ArtefactError: a file is missing or damaged, or there is no encoder that fits.
        NotFound: there is no such version.
    """
    name = name or current_version(settings.index)
    if is_version(name):
        fetch_version(settings.index, name)
    with ThreadPoolExecutor(1, "open") as pool:
        opening = pool.submit(open_version, settings.index, name)
        try:
            # Not checked yet, and so only a guess at which encoder will be needed.
            encoder = _load(settings, _said_fingerprint(settings.index, name))
        except TwinsetError:
            opening.result()  # a damaged index says more than the encoder that it seemed to need
            raise
        version = opening.result()
    version.require_encoder(encoder)
    return encoder, version


def open_encoder(settings: Settings, version: IndexVersion) -> Encoder:
    """The encoder kept beside the version; if none is kept, the one that the settings name.

    Raises:
        ArtefactError: it is damaged, or not the one that made the version.
    """
    encoder = _load(settings, version.fingerprint)
    version.require_encoder(encoder)
    return encoder


def _load(settings: Settings, fingerprint: str) -> Encoder:
    kept = kept_encoder(settings.index, fingerprint)
    return load_encoder(kept or settings.encoder, settings.device, settings.threads)


def _said_fingerprint(index: Path, name: str) -> str:
    """The fingerprint that a version's manifest gives its encoder; empty if it gives none."""
    said = peek_manifest(index, name).get("encoder") if is_version(name) else None
    return str(said.get("fingerprint", "")) if isinstance(said, dict) else ""
