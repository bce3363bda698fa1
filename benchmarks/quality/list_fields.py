"""What `diversity`, `liked` and `disliked` do to lists of real products.

    python -m benchmarks.quality.list_fields --encoder models/compact --index INDEX \
        [--kind articleType] [--colour baseColour] [--queries 400] [--only ""]

**Diversity**: of the ten products most like one, how many have the title of another before them,
and how many are of its kind. **Tastes**: a product, or the words "gender kind", is searched with;
five products of the same kind in one other colour are liked, and five of the product's own colour
are disliked. Of the first ten without those, how many have the liked colour, the product's own
colour, and its kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from app.recommend.query import SearchQuery
from app.recommend.ranking import rank
from app.recommend.selection import group_codes
from benchmarks.markdown_report import MarkdownTable, show
from twinset.encoders import Encoder, load_encoder
from twinset.index.index_versions import IndexVersion, open_version
from twinset.text.text_folding import fold

_TEN = SearchQuery(limit=10)
_TASTES = 5
_LEAST = 15  # products of a kind and colour, so that some are left to find
Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Case:
    """A product, and products of its kind: some of another colour, some of its own."""

    row: int
    liked: tuple[int, ...]
    disliked: tuple[int, ...]


@dataclass(frozen=True)
class Fields:
    """Kind and colour of each row, as numbers; -1 if it has none."""

    kind: NDArray[np.int64]
    colour: NDArray[np.int64]


def main(
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
    index: Annotated[Path, typer.Option()] = Path("var/real/index"),
    kind: Annotated[
        str, typer.Option(help="The field that says what a product is.")
    ] = "articleType",
    colour: Annotated[str, typer.Option(help="The field of its colour.")] = "baseColour",
    queries: Annotated[int, typer.Option(min=1)] = 400,
    only: Annotated[str, typer.Option(help="diversity or tastes")] = "",
) -> None:
    """Print a table of each."""
    version = open_version(index)
    fields = Fields(group_codes(version, kind), group_codes(version, colour))
    tables = []
    if only in ("", "diversity"):
        tables.append(_diversity(version, fields, queries))
    if only in ("", "tastes"):
        model = load_encoder(encoder, "auto", 1)
        tables.append(_tastes(version, model, fields, (kind, queries)))
    show(*tables)


def _diversity(version: IndexVersion, fields: Fields, queries: int) -> MarkdownTable:
    table = MarkdownTable("diversity", "repeated titles within ten", "P@10, kind", "and colour")
    rows = np.random.default_rng(0).choice(len(version), min(queries, len(version)), replace=False)
    for diversity in (0.0, 0.1, 0.3, 0.5, 0.7):
        figures = []
        for row in rows.tolist():
            asked = replace(_TEN, diversity=diversity)
            hits = rank(version, version.index.vector(row), asked, [row]).hits
            found = np.array([hit.row for hit in hits])
            titles = {fold(str(version.items.item(one).get("title"))) for one in found.tolist()}
            of_kind = fields.kind[found] == fields.kind[row]
            both = of_kind & (fields.colour[found] == fields.colour[row])
            figures.append((1 - len(titles) / len(found), of_kind.mean(), both.mean()))
        table.add(diversity, *(f"{value:.3f}" for value in np.mean(figures, axis=0)))
    return table


def _tastes(
    version: IndexVersion, encoder: Encoder, fields: Fields, kind_and_queries: tuple[str, int]
) -> MarkdownTable:
    kind, queries = kind_and_queries
    table = MarkdownTable("searched with", "told", "liked colour", "own colour", "kind")
    cases = list(_cases(version, fields, queries))
    words = [_words(version, kind, case.row) for case in cases]
    ways = {
        "a product": version.index.vectors(np.array([case.row for case in cases])),
        "words": encoder.encode_texts(words),
    }
    told = {"nothing": (0, 0), "liked": (1, 0), "disliked": (0, 1), "both": (1, 1)}
    for way, vectors in ways.items():
        for name, (likes, dislikes) in told.items():
            figures = [
                _shares(version, fields, case, (vector, likes, dislikes))
                for case, vector in zip(cases, vectors, strict=True)
            ]
            table.add(way, name, *(f"{value:.3f}" for value in np.mean(figures, axis=0)))
    return table


def _cases(version: IndexVersion, fields: Fields, queries: int) -> Iterator[Case]:
    random = np.random.default_rng(0)
    made = 0
    for row in random.permutation(len(version)).tolist():
        alike = fields.kind == fields.kind[row]
        counts = np.bincount(fields.colour[alike & (fields.colour >= 0)])
        others = [one for one in np.flatnonzero(counts >= _LEAST) if one != fields.colour[row]]
        own = fields.colour[row]
        if fields.kind[row] < 0 or own < 0 or not others or counts[own] < _LEAST:
            continue
        liked = np.flatnonzero(alike & (fields.colour == random.choice(others)))
        same = np.flatnonzero(alike & (fields.colour == own))
        chosen = (
            random.choice(some[some != row], _TASTES, replace=False) for some in (liked, same)
        )
        yield Case(row, *(tuple(some.tolist()) for some in chosen))
        made += 1
        if made == queries:
            return


def _words(version: IndexVersion, kind: str, row: int) -> str:
    item = version.items.item(row)
    return f"{item.get('gender') or ''} {item[kind]}".strip().lower()


def _shares(
    version: IndexVersion, fields: Fields, case: Case, asked: tuple[Vector, int, int]
) -> tuple[float, float, float]:
    """Of the first ten: how many have the liked colour, the product's own, and its kind."""
    vector, likes, dislikes = asked
    ids = [tuple(map(version.items.id_of, rows)) for rows in (case.liked, case.disliked)]
    query = replace(_TEN, liked=ids[0] if likes else (), disliked=ids[1] if dislikes else ())
    # What is judged never counts as found, told or not.
    left_out = [case.row, *case.liked, *case.disliked]
    found = np.array([hit.row for hit in rank(version, vector, query, left_out).hits])
    colours = fields.colour[found]
    return (
        float((colours == fields.colour[case.liked[0]]).mean()),
        float((colours == fields.colour[case.row]).mean()),
        float((fields.kind[found] == fields.kind[case.row]).mean()),
    )


if __name__ == "__main__":
    typer.run(main)
