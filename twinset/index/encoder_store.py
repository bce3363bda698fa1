"""Encoders kept beside the index versions that they made.

A version names its encoder by fingerprint; `INDEX/encoders/` holds the folders of those that were
built with `--encoder`, once each. So the one write of CURRENT changes index and encoder together.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from twinset.artefacts import new_folder, read_manifest
from twinset.index.shared.version_line import list_versions, peek_manifest

FOLDER = "encoders"
_KIND, _MANIFEST = "encoder", "encoder.json"


def keep_encoder(index_dir: Path, encoder: Path) -> str:
    """Copy an encoder folder into the store, once; returns its fingerprint.

    Raises:
        ArtefactError: if the folder is damaged or is none of an encoder.
    """
    fingerprint = str(read_manifest(encoder, _KIND, _MANIFEST).get("fingerprint"))
    target = encoder_place(index_dir, fingerprint)
    if not target.exists():
        with new_folder(target) as staging:
            shutil.copytree(encoder, staging, dirs_exist_ok=True)
            read_manifest(staging, _KIND, _MANIFEST)
    return fingerprint


def kept_encoder(index_dir: Path, fingerprint: str) -> Path | None:
    """The folder of a kept encoder, None if it was not kept."""
    place = encoder_place(index_dir, fingerprint)
    return place if place.is_dir() else None


def drop_unused_encoders(index_dir: Path) -> None:
    """Remove the encoders that no version here names, and what a killed copy left."""
    if not (index_dir / FOLDER).is_dir():
        return
    manifests = [peek_manifest(index_dir, name) for name in list_versions(index_dir)]
    makers = [manifest.get("encoder") or {} for manifest in manifests]
    needed = {encoder_place(index_dir, str(maker.get("fingerprint"))) for maker in makers}
    for folder in (index_dir / FOLDER).iterdir():
        if folder not in needed:
            shutil.rmtree(folder, ignore_errors=True)


def encoder_place(index_dir: Path, fingerprint: str) -> Path:
    """The folder of the kept encoder of this fingerprint, whether it is there or not."""
    # Hashed, so that any fingerprint makes a plain name.
    return index_dir / FOLDER / hashlib.sha256(fingerprint.encode()).hexdigest()[:16]
