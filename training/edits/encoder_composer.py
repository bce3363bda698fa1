"""Fits the composer of an encoder on a catalogue, and puts it in the encoder's folder.

    python -m training.edits.encoder_composer models/compact CATALOG EMBEDDINGS

Products that the encoder was not trained on are left out here too, so that `twinset evaluate
--edits` asks about products that neither has seen. The encoder's fingerprint stays: vectors of
items are as before.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from training.edits.edit_fields import read_edit_fields
from training.edits.fit_composer import ComposerRecipe, EditMaterial, fit_composer
from training.evaluation.panel import split_of_record
from training.export.embed_catalogue import embed_catalogue
from twinset.artefacts import read_manifest, refresh_manifest
from twinset.catalogue import Catalogue
from twinset.edits.composer import COMPOSER, Composer
from twinset.embeddings import Embeddings, open_embeddings
from twinset.encoders import load_encoder
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.errors import ArtefactError, CatalogueError

LEAST_PRODUCTS = 200


def fit_for_encoder(
    encoder: Path, catalogue: Catalogue, embeddings: Embeddings, recipe: ComposerRecipe
) -> Composer:
    """A composer for an encoder, from the products of a catalogue that it was trained on, or from
    all if it does not say.

    Raises:
        ArtefactError: the embeddings are another encoder's.
        CatalogueError: the catalogue has nothing that an edit can change, or too few products.
    """
    opened = load_encoder(encoder)
    if opened.fingerprint != embeddings.fingerprint:
        raise ArtefactError(embeddings.folder, "was made by another encoder")
    rows = products_to_learn_from(encoder, catalogue)
    if len(rows) < LEAST_PRODUCTS:
        raise CatalogueError(f"edits need {LEAST_PRODUCTS} products to learn from, not {len(rows)}")
    material = EditMaterial(
        np.asarray(embeddings.image),
        np.asarray(embeddings.item),
        read_edit_fields(catalogue),
        rows,
        opened.encode_texts,
    )
    try:
        return fit_composer(material, recipe)
    except ValueError as error:
        raise CatalogueError(f"{catalogue.path}: {error}") from None


def products_to_learn_from(encoder: Path, catalogue: Catalogue) -> NDArray[np.int64]:
    """The products that an encoder was trained on, or all if it does not say."""
    record = read_manifest(encoder, "encoder", ENCODER_MANIFEST).get("training")
    titles = [title or "" for title in catalogue.rows(["title"])["title"].to_pylist()]
    if record is None:
        return np.arange(len(titles))
    return split_of_record(catalogue, titles, record)["train"]


def add_composer(encoder: Path, composer: Composer) -> None:
    """Write a composer into an encoder's folder and list it in its manifest."""
    read_manifest(encoder, "encoder", ENCODER_MANIFEST)  # damaged files are not signed anew
    composer.save(encoder / COMPOSER)
    refresh_manifest(encoder, "encoder", ENCODER_MANIFEST)


def learn_edits(encoder: Path, catalogue: Catalogue, work: Path) -> str | None:
    """Embed a catalogue into the folder `work` and add a composer to its encoder; returns why there
    is none if the catalogue does not suffice."""
    try:
        embed_catalogue(load_encoder(encoder), catalogue, work, replace=True)
        composer = fit_for_encoder(encoder, catalogue, open_embeddings(work), ComposerRecipe())
    except CatalogueError as error:
        return str(error)
    add_composer(encoder, composer)
    return None


def main(
    encoder: Path,
    catalog: Path,
    embeddings: Path,
    steps: Annotated[int, typer.Option(min=1)] = ComposerRecipe.steps,
) -> None:
    """Fit the composer of an encoder."""
    recipe = ComposerRecipe(steps=steps)
    composer = fit_for_encoder(encoder, Catalogue(catalog), open_embeddings(embeddings), recipe)
    add_composer(encoder, composer)
    typer.echo(f"composer in {encoder / COMPOSER}")


if __name__ == "__main__":
    typer.run(main)
