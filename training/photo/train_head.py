"""Fit the photo head and branch of an encoder folder, and write them there.

    python -m training.photo.train_head ENCODER DATA --catalog CATALOGUE --embeddings EMB

DATA is the folder of `fashion/` and `photos/`; the catalogue and its embeddings are made with the
encoder. Items keep their vectors and indexes stay valid: the encoder's fingerprint does not change.
What the pictures look like to the encoder is kept in `--work`, if given, for the next time.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer

from training.photo.box_fitting import fit_boxes
from training.photo.fit_head import fit_heads
from training.photo.head_material import Gatherer, Photos, Products, Sizes, familiar_pictures
from training.photo.late_branch import (
    FlatImagenet,
    ImagenetBranch,
    LateBranch,
    export_branch,
)
from training.photo.material import Material
from training.photo.sureness import sureness
from training.photo.tail_tuning import tune_tail
from training.photo.tapped_encoder import TappedEncoder, tapped_encoder
from twinset.artefacts import read_manifest, refresh_manifest
from twinset.catalogue import Catalogue
from twinset.embeddings import open_embeddings
from twinset.encoders.dual_encoder import PHOTO_BRANCH
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.encoders.photo_reader import PHOTO_HEAD
from twinset.encoders.runtime.onnx_runtime import open_model
from twinset.photo.photo_head import PhotoHead

logger = logging.getLogger("training.photo")


def main(
    encoder: Annotated[Path, typer.Argument()],
    data: Annotated[Path, typer.Argument()],
    catalog: Annotated[Path, typer.Option()],
    embeddings: Annotated[Path, typer.Option()],
    work: Annotated[Path | None, typer.Option(help="A folder to keep what was seen in.")] = None,
) -> None:
    """Read the data, tune the branch, fit the head, write both into the encoder's folder."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    products, photos = open_products(catalog, embeddings), Photos.read(data)
    tapped = tapped_encoder(encoder)
    imagenet = ImagenetBranch() if tapped.shape else None
    if imagenet is not None:
        imagenet.learn_familiar(tapped.early(familiar_pictures(data, photos)))
    with TemporaryDirectory() as temporary:
        folder = work or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        material = kept_material(
            folder,
            tapped.encoder.fingerprint,
            lambda: gatherer(tapped, imagenet, folder).gather(data, photos, products, Sizes()),
        )
        fitted = fit(tapped, imagenet, material)
        branch = folder / PHOTO_BRANCH
        if fitted.branch is not None:
            export_branch(fitted.branch, tapped.shape, branch)
        add_head(encoder, fitted.head, branch if fitted.branch is not None else None)


@dataclass(frozen=True)
class Fitted:
    """The head, and the branch that it reads, if there is one."""

    head: PhotoHead
    branch: LateBranch | None


def fit(tapped: TappedEncoder, imagenet: ImagenetBranch | None, material: Material) -> Fitted:
    """Tune the tail and fit the heads twice: without the tuning photos, which then say how sure to
    be, and with all."""
    learnt, own = material.of_photos(~material.tuning), tapped.own
    logger.info("learning from %d photos; others say how sure to be", len(learnt.labels))
    tail = None if imagenet is None else tune_tail(imagenet, learnt)
    sure = sureness(fit_heads(learnt, own), tail, material)
    logger.info("%s; learning from all %d photos", sure, len(material.labels))
    head = sure.applied(fit_heads(material, own, tapped.taps))
    if imagenet is None:
        return Fitted(head, None)
    branch = LateBranch(imagenet, tune_tail(imagenet, material), fit_boxes(material))
    grid = material.scenes.middle.shape[2:]
    return Fitted(replace(head, early_shape=tapped.shape, grid=grid), branch)


def gatherer(tapped: TappedEncoder, imagenet: ImagenetBranch | None, folder: Path) -> Gatherer:
    """What looks at pictures with the encoder and with ImageNet's blocks."""
    if imagenet is None:
        return Gatherer(tapped.encoder, None, (), (0,))
    path = folder / "imagenet.onnx"
    export_branch(FlatImagenet(imagenet), tapped.shape, path)
    middle = imagenet.middle_shape(tapped.shape)
    return Gatherer(tapped.encoder, open_model(path, "cpu"), tapped.shape, middle)


def kept_material(folder: Path, fingerprint: str, gather: Callable[[], Material]) -> Material:
    """The material that a folder keeps of the encoder with a fingerprint, gathered and written if
    there is none yet; that of another encoder is left alone."""
    path = folder / f"material-{fingerprint}.npz"
    if path.is_file():
        return Material.load(path)
    material = gather()
    material.save(path)
    return material


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
    read_manifest(folder, "encoder", ENCODER_MANIFEST)  # whole, before anything is added
    head.save(folder / PHOTO_HEAD)
    if branch is not None:
        shutil.copyfile(branch, folder / PHOTO_BRANCH)
    refresh_manifest(folder, "encoder", ENCODER_MANIFEST)


if __name__ == "__main__":
    typer.run(main)
