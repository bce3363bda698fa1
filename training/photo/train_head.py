"""Fit the photo head of an encoder folder, and write it there.

    python -m training.photo.train_head ENCODER DATA --catalog CATALOGUE --embeddings EMB

DATA is the folder of `fashion/` and `photos/`; the catalogue and its embeddings are made with the
encoder. Items keep their vectors and indexes stay valid: the encoder's fingerprint does not change.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer

from training.photo.fit_head import fit_heads, sureness
from training.photo.head_material import (
    Photos,
    Products,
    Sizes,
    familiar_pictures,
    gather,
    head_of,
)
from training.photo.tapped_encoder import tapped_encoder
from twinset.artefacts import read_manifest, write_manifest
from twinset.catalogue import Catalogue
from twinset.embeddings import open_embeddings
from twinset.encoders.dual_encoder import PHOTO_BRANCH, PHOTO_HEAD
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.photo.photo_head import PhotoHead

logger = logging.getLogger("training.photo")
_DERIVED = ("schema_version", "kind", "files", "manifest_sha256")


def main(
    encoder: Annotated[Path, typer.Argument()],
    data: Annotated[Path, typer.Argument()],
    catalog: Annotated[Path, typer.Option()],
    embeddings: Annotated[Path, typer.Option()],
) -> None:
    """Read the data, fit the head, write it into the encoder's folder."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    products, photos = open_products(catalog, embeddings), Photos.read(data)
    with TemporaryDirectory() as folder:
        branch = Path(folder) / PHOTO_BRANCH
        tapped = tapped_encoder(encoder, familiar_pictures(data, photos), branch)
        logger.info("encoding photos and products; a few minutes")
        material = gather(tapped, data, photos, products, Sizes())
        logger.info("fitting on %d photos", len(material.labels))
        head = head_of(tapped)
        fitted, sure = fit_heads(material, head.taps), sureness(material)
        fitted = replace(
            fitted,
            kind_scale=fitted.kind_scale * sure.scale,
            early_shape=head.early_shape,
            least_evidence=sure.evidence,
        )
        add_head(encoder, fitted, branch if head.branch else None)


def open_products(catalog: Path, embeddings: Path) -> Products:
    """The items that photos are to find."""
    vectors = open_embeddings(embeddings)
    catalogue = Catalogue(catalog)
    category = catalogue.category or "articleType"
    rows = catalogue.rows(["id", "title", category])
    return Products(
        vectors=np.asarray(vectors.item, np.float32),
        ids=[str(item) for item in rows["id"].to_pylist()],
        titles=[str(title) for title in rows["title"].to_pylist()],
        types=np.array([str(kind) for kind in rows[category].to_pylist()]),
    )


def add_head(folder: Path, head: PhotoHead, branch: Path | None) -> None:
    """Put the head, and its branch if it has one, into an encoder's folder; nothing else there
    changes."""
    manifest = read_manifest(folder, "encoder", ENCODER_MANIFEST)
    head.save(folder / PHOTO_HEAD)
    if branch is not None:
        shutil.copyfile(branch, folder / PHOTO_BRANCH)
    fields = {name: value for name, value in manifest.items() if name not in _DERIVED}
    write_manifest(folder, "encoder", fields, ENCODER_MANIFEST)


if __name__ == "__main__":
    typer.run(main)
