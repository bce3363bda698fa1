"""Colours that a composer of edits was never trained with: how often they are found all the same.

    python -m benchmarks.quality.words.unseen_colours ENCODER CATALOG EMBEDDINGS [--queries 600]

Fits a composer as `training.edits.encoder_composer` does, but leaves ten colours out of all
lessons, and asks for these and for all others, by the composer alone. Nothing of it is kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.markdown_report import MarkdownTable, show
from training.edits.edit_fields import read_edit_fields
from training.edits.edit_figures import EditPool, per_query
from training.edits.edit_triplets import make_triplets
from training.edits.encoder_composer import products_to_learn_from
from training.edits.fit_composer import ComposerRecipe, EditMaterial, fit_composer
from training.evaluation.panel import kept_from_edits
from twinset.catalogue import Catalogue
from twinset.edits.composer import Composes, PlainSum
from twinset.embeddings import open_embeddings
from twinset.encoders import load_encoder
from twinset.words.field_roles import COLOUR

_LEFT_OUT = 10
_LEAST_PRODUCTS = 100  # of a colour, so that it can be asked for
_STEPS = 300  # more of them fit the trained colours better and the others worse


def main() -> None:
    """Read the arguments, fit, ask and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("encoder", "catalog", "embeddings"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--queries", type=int, default=600)
    given = parser.parse_args()
    encoder, catalogue = load_encoder(given.encoder), Catalogue(given.catalog)
    embeddings = open_embeddings(given.embeddings)
    image, item = np.asarray(embeddings.image), np.asarray(embeddings.item)
    fields = read_edit_fields(catalogue)
    colour = next(field for field in fields.others if field.role == COLOUR)
    counts = np.bincount(colour.codes[colour.codes >= 0], minlength=len(colour.values))
    common = [v for v, n in zip(colour.values, counts, strict=True) if n >= _LEAST_PRODUCTS]
    unseen = sorted(np.random.default_rng(0).choice(common, _LEFT_OUT, replace=False).tolist())
    learnt = products_to_learn_from(given.encoder, catalogue)
    material = EditMaterial(image, item, fields, learnt, encoder.encode_texts, unseen)
    composer = fit_composer(material, ComposerRecipe(steps=_STEPS))
    rows = kept_from_edits(given.encoder, catalogue)
    rows = rows[image[rows].any(axis=1)]
    pool = EditPool(fields, image, item, encoder.encode_texts)
    seen = [value for value in common if value not in unseen]
    ways: dict[str, Composes] = {"plain sum": PlainSum(), "composer": composer}
    table = MarkdownTable("colours", "asked by", *(f"{way}, first" for way in ways))
    for name, values in (("left out", unseen), ("others", seen)):
        triplets = make_triplets(fields, colour, rows, given.queries, values)
        texts = encoder.encode_texts(triplets.texts("in {}"))
        for side, asks in (("photo", image), ("item", item)):
            vectors = (way.compose(asks[triplets.rows], texts) for way in ways.values())
            found = [per_query(pool, triplets, one)["first"].mean() for one in vectors]
            table.add(name, side, *(f"{share:.3f}" for share in found))
    show(table, f"Left out: {', '.join(unseen)}. {given.queries} queries per row.")


if __name__ == "__main__":
    main()
