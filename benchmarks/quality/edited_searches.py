"""Edits as the service answers them: words beside a photo or an item, over the whole way.

    python -m benchmarks.quality.edited_searches ENCODER INDEX CATALOG [--photos SHOPPER_PHOTOS]

The products that the encoder was not trained on ask, each with one thing changed; see
`training.edits.edit_triplets` for what answers. A photo is the product's own picture, and the
product itself is not in the shop then. With `--photos`, photos of people kept out ask for another
colour: an item answers if it has that colour and a kind that the photo's label stands for.

The words of `words/further_colours.csv` are values of no field, and no composer was trained with
them; beside each stand the colours of the catalogue that people may mean by it, by the judgement of
one person.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from app.api import searches
from app.api.wire.photo_schemas import ImageOptions
from app.api.wire.schemas import EditOptions
from app.observability.prometheus_metrics import Metrics
from app.recommend.ranking import RankedPage
from app.recommend.recommender import Recommender
from app.settings import Settings
from benchmarks.markdown_report import MarkdownTable, show
from training.edits.edit_fields import EditFields, read_edit_fields
from training.edits.edit_figures import SPREAD_QUERIES, phrasings
from training.edits.edit_triplets import LEAST_ANSWERS, Triplets, make_triplets
from training.evaluation.panel import kept_from_edits
from training.photo.material import kept_out
from training.photo.shopper_labels import ARTICLE_TYPES
from twinset.catalogue import Catalogue
from twinset.encoders import load_encoder
from twinset.index.index_versions import open_version
from twinset.words.field_roles import COLOUR

_COLOURS = ("Black", "White", "Blue", "Red", "Green", "Grey", "Pink", "Brown")
Ask = Callable[[int, str], Awaitable[RankedPage]]


@dataclass(frozen=True)
class Asked:
    """A service without HTTP, its catalogue's fields, and the pictures of the products that ask."""

    recommender: Recommender
    fields: EditFields
    pictures: dict[int, bytes]

    async def by_item(self, row: int, edit: str) -> RankedPage:
        item_id = self.recommender.version.items.id_of(row)
        return await searches.by_item(
            self.recommender, item_id, EditOptions.model_validate({"edit": edit})
        )

    async def by_photo(self, row: int, edit: str) -> RankedPage:
        version = self.recommender.version
        others = np.ones(len(version), np.bool_)
        others[row] = False
        shop = self.recommender.with_version(replace(version, alive=others))
        return await searches.by_image(
            shop, self.pictures[row], ImageOptions.model_validate({"edit": edit})
        )


@dataclass(frozen=True)
class Further:
    """A product, a word for another colour, and the products (n,) that answer."""

    row: int
    word: str
    right: NDArray[np.bool_]


async def answered(triplets: Triplets, said: list[str], ask: Ask) -> NDArray[np.float64]:
    """(queries, 2): whether the first item answers, and the share of the first ten that do."""
    figures = np.zeros((len(triplets), 2))
    for place, row in enumerate(triplets.rows.tolist()):
        right = triplets.answers(slice(place, place + 1))[0]
        hits = right[[hit.row for hit in (await ask(row, said[place])).hits]]
        figures[place] = (hits[:1].sum(), hits.sum() / 10)
    return figures


def mixed_phrasings(triplets: Triplets) -> list[str]:
    """The queries' words, each in another phrasing than its neighbours."""
    templates = phrasings(triplets)
    said = [triplets.texts(template) for template in templates]
    return [said[place % len(templates)][place] for place in range(len(triplets))]


async def phrasing_shares(asked: Asked, rows: NDArray[np.int64], queries: int) -> list[float]:
    """The share of colour edits answered first, for each of 25 phrasings of the same edits."""
    colour = next(field for field in asked.fields.others if field.role == COLOUR)
    triplets = make_triplets(asked.fields, colour, rows, queries)
    shares = []
    for template in phrasings(triplets):
        found = await answered(triplets, triplets.texts(template), asked.by_item)
        shares.append(float(found[:, 0].mean()))
    return shares


def further_colours(fields: EditFields, rows: NDArray[np.int64], queries: int) -> list[Further]:
    """Products in `rows`, each with a word for a colour that is not its own, and the products (n,)
    that answer: of a colour that the word may mean, and of the product's kind and gender."""
    colour = next(field for field in fields.others if field.role == COLOUR)
    with (files("benchmarks.quality.words") / "further_colours.csv").open(encoding="utf-8") as file:
        words = {row["word"]: row["values"].split(";") for row in csv.DictReader(file)}
    meant = {word: np.isin(colour.values, values) for word, values in words.items()}
    draw, found = np.random.default_rng(0), list[Further]()
    for row in draw.permutation(rows).tolist():
        alike = np.all([one.codes == one.codes[row] for one in fields.kept(colour)], axis=0)
        alike &= colour.codes >= 0
        word = str(draw.choice([*words]))
        right = alike & meant[word][colour.codes]
        if colour.codes[row] >= 0 and not right[row] and right.sum() >= LEAST_ANSWERS:
            found.append(Further(row, word, right))
        if len(found) == queries:
            break
    return found


async def further_figures(asked: Sequence[Further], ask: Ask) -> NDArray[np.float64]:
    """As `answered`, for words of `further_colours`."""
    figures = []
    for one in asked:
        hits = one.right[[hit.row for hit in (await ask(one.row, f"in {one.word}")).hits]]
        figures.append((hits[:1].sum(), hits.sum() / 10))
    return np.array(figures)


async def shoppers(asked: Asked, photos: Path, queries: int) -> NDArray[np.float64]:
    """As `answered`, for photos by people kept out, each with a colour drawn for it."""
    rows = pq.read_table(photos).to_pylist()
    rows = [r for r in rows if r["label"] in ARTICLE_TYPES and kept_out(str(r["person"]))]
    draw = np.random.default_rng(0)
    figures = []
    columns = asked.recommender.version.items.columns
    for place in draw.permutation(len(rows))[:queries].tolist():
        colour = str(draw.choice(_COLOURS))
        options = ImageOptions.model_validate({"edit": f"in {colour.lower()}"})
        page = await searches.by_image(asked.recommender, rows[place]["image"], options)
        hits = [
            columns["articleType"].value(hit.row) in ARTICLE_TYPES[rows[place]["label"]]
            and columns["baseColour"].value(hit.row) == colour
            for hit in page.hits
        ]
        figures.append((float(sum(hits[:1])), sum(hits) / 10))
    return np.array(figures)


async def measure(given: argparse.Namespace) -> None:
    """Ask and print."""
    catalogue = Catalogue(given.catalog)
    recommender = Recommender(
        load_encoder(given.encoder), open_version(given.index), Settings(), Metrics()
    )
    rows = kept_from_edits(given.encoder, catalogue)
    wanted = {*rows.tolist()}
    pictures = {row: data for row, data in enumerate(catalogue.images()) if row in wanted and data}
    rows = np.array([row for row in rows.tolist() if row in pictures])
    asked = Asked(recommender, read_edit_fields(catalogue), pictures)
    table = MarkdownTable("edit", "asked by", "queries", "first", "P@10")
    for field in asked.fields.others:
        triplets = make_triplets(asked.fields, field, rows, given.queries)
        said = mixed_phrasings(triplets)
        for name, ask in (("photo", asked.by_photo), ("item", asked.by_item)):
            first, ten = (await answered(triplets, said, ask)).mean(axis=0)
            table.add(field.role, name, len(triplets), f"{first:.3f}", f"{ten:.3f}")
    further = further_colours(asked.fields, rows, given.queries)
    for name, ask in (("photo", asked.by_photo), ("item", asked.by_item)):
        first, ten = (await further_figures(further, ask)).mean(axis=0)
        table.add("further words for colours", name, len(further), f"{first:.3f}", f"{ten:.3f}")
    if given.photos is not None:
        found = await shoppers(asked, given.photos, given.queries)
        first, ten = found.mean(axis=0)
        table.add("colour", "a shopper's photo", len(found), f"{first:.3f}", f"{ten:.3f}")
    shares = await phrasing_shares(asked, rows, min(given.queries, SPREAD_QUERIES))
    low, high = min(shares), max(shares)
    show(
        table, f"25 phrasings of the same colour edits of items: first in {low:.3f} to {high:.3f}."
    )
    recommender.close()


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("encoder", "index", "catalog"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--queries", type=int, default=1000)
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
