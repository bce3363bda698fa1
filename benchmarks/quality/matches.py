"""How good are the matches? The protocols of docs/model.md, on products kept out of training.

    python -m benchmarks.quality.matches --catalog CATALOGUE --embeddings EMB

- names: an exact name finds a picture of that name among all products (the protocol of the public
  table of Marqo's fashion models; theirs has 44,441 products with full-size photos);
- attributes: a value alone, such as "Navy Blue", against 0.9 image + 0.1 text; precision@10 is a
  mean over values with ten or more products;
- pictures: the ten items nearest to a picture, itself left out, share its type and its colour;
- photos: a studio photo made into a shopper's (`quality.altered_photos`) finds its product
  among all items first.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow.parquet as pq
import typer
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.table import Table

from benchmarks.quality.altered_photos import shopper_photo
from training.evaluation.evaluate import Pool, by_name, neighbours, open_pool
from twinset.catalogue import Catalogue
from twinset.embeddings import open_embeddings
from twinset.encoders import Encoder, load_encoder
from twinset.encoders.encoder import fuse
from twinset.retrieval_metrics import first_hit_ranks, precision_at

_ATTRIBUTES = ("masterCategory", "subCategory", "articleType", "baseColour", "usage", "gender")
_NAMES = 2000
_AT = 10
Rows = NDArray[np.int64]


def main(
    catalog: Annotated[Path, typer.Option()],
    embeddings: Annotated[Path, typer.Option()],
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
    photos: Annotated[Path | None, typer.Option(help="Parquet with id and image.")] = None,
    shoppers: Annotated[int, typer.Option(min=1)] = 500,
) -> None:
    """Print the figures of docs/model.md."""
    catalogue = Catalogue(catalog)
    pool = open_pool(encoder, catalogue, open_embeddings(embeddings))
    loaded = load_encoder(encoder)
    console = Console()
    console.print(f"{loaded.name} {loaded.fingerprint[:8]}, {len(pool.names):,} products")
    console.print(_names_table(pool))
    console.print(_attributes_table(pool, catalogue, loaded))
    console.print(_pictures_table(pool, catalogue))
    if photos is not None:
        console.print(_photos_table(pool, loaded, photos, shoppers))


def _names_table(pool: Pool) -> Table:
    trained = np.setdiff1d(np.arange(len(pool.names)), pool.held_out)
    table = Table("names", "queries", "R@1", "R@10", "MRR")
    for label, side, rows in (
        ("kept out, to image", "image", pool.held_out),
        ("kept out, to item", "item", pool.held_out),
        ("trained or tuned on, to image", "image", trained),
    ):
        firsts = rows[np.unique(pool.names[rows], return_index=True)[1]]
        asked = np.random.default_rng(0).choice(firsts, min(_NAMES, len(firsts)), replace=False)
        scores = by_name(pool, np.sort(asked), side)
        figures = (scores["recall@1"], scores["recall@10"], scores["mrr"])
        table.add_row(label, f"{len(asked):,}", *(f"{figure:.3f}" for figure in figures))
    return table


def _attributes_table(pool: Pool, catalogue: Catalogue, encoder: Encoder) -> Table:
    vectors = pool.embeddings
    documents = fuse(vectors.image, vectors.text, 0.9)
    table = Table("attribute", "values", "P@10, all products", "values", "P@10, kept out")
    for attribute in [name for name in _ATTRIBUTES if name in catalogue.attributes]:
        column = np.array([str(v) for v in catalogue.rows([attribute])[attribute].to_pylist()])
        cells = []
        for rows in (np.arange(len(column)), pool.held_out):
            names, counts = np.unique(column[rows], return_counts=True)
            asked = [str(n) for n in names[counts >= _AT] if n not in ("None", "NA")]
            similarity = encoder.encode_texts(asked) @ documents[rows].T
            relevant = np.array(asked)[:, None] == column[rows][None, :]
            cells += [str(len(asked)), f"{precision_at(similarity, relevant, _AT):.3f}"]
        table.add_row(attribute, *cells)
    return table


def _pictures_table(pool: Pool, catalogue: Catalogue) -> Table:
    pictured = pool.held_out[pool.picture[pool.held_out] >= 0]
    table = Table("pictures kept out, to all items", "queries", "R@1", "P@10")
    for attribute in ("articleType", "subCategory", "baseColour"):
        column = np.array([str(v) for v in catalogue.rows([attribute])[attribute].to_pylist()])
        values = np.unique(column, return_inverse=True)[1].astype(np.int64)
        of_attribute = Pool(pool.embeddings, pool.names, values, pool.picture, pool.held_out)
        scores = neighbours(of_attribute, pictured)
        figures = (scores["recall@1"], scores["precision@10"])
        table.add_row(attribute, f"{len(pictured):,}", *(f"{figure:.3f}" for figure in figures))
    return table


def _photos_table(pool: Pool, encoder: Encoder, photos: Path, count: int) -> Table:
    """First hits by the right product (or one with the identical picture) among all items."""
    ids = {item: row for row, item in enumerate(pool.embeddings.ids)}
    table = Table("224 px photos", "queries", "as they are: R@1", "a shopper's: R@1", "R@10")
    for label, allowed in (("kept out", set(pool.held_out.tolist())), ("all", set(ids.values()))):
        taken = list(_draw(photos, ids, allowed, count))
        rows = np.array([row for row, _ in taken])
        generator = np.random.default_rng(0)
        damaged = [shopper_photo(image, generator) for _, image in taken]
        plain = _ranks(pool, encoder, rows, [image for _, image in taken])
        ranks = _ranks(pool, encoder, rows, damaged)
        figures = ((plain == 1).mean(), (ranks == 1).mean(), (ranks <= _AT).mean())
        table.add_row(label, f"{len(rows):,}", *(f"{figure:.3f}" for figure in figures))
    return table


def _draw(
    photos: Path, ids: dict[str, int], allowed: set[int], count: int
) -> Iterator[tuple[int, Image.Image]]:
    stored = pq.read_table(photos)
    rows = [ids.get(str(item), -1) for item in stored["id"].to_pylist()]
    places = np.array([place for place, row in enumerate(rows) if row in allowed])
    chosen = np.random.default_rng(0).choice(places, min(count, len(places)), replace=False)
    for place in np.sort(chosen).tolist():
        image = Image.open(io.BytesIO(stored["image"][place].as_py())).convert("RGB")
        yield rows[place], image


def _ranks(
    pool: Pool, encoder: Encoder, rows: Rows, images: list[Image.Image]
) -> NDArray[np.float64]:
    vectors = np.concatenate(
        [encoder.encode_images(images[start : start + 64]) for start in range(0, len(images), 64)]
    )
    same = pool.picture[rows][:, None] == pool.picture[None, :]
    return first_hit_ranks(vectors @ pool.embeddings.item.T, same)


if __name__ == "__main__":
    typer.run(main)
