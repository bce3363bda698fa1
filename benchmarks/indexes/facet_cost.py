"""Facets and totals under a query: whether they equal a count by brute force, and what they take.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.indexes.facet_cost --index INDEX [--queries 300]

Random queries near products of the index, with conditions on up to three of its text fields, with
and without a cut. Each is counted again from all scores and all values. The time is that of the
whole search with its facets, on one thread, by the thread's own clock, which other work on the
machine hardly moves. The variable is what `twinset serve` sets for itself.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import faiss
import numpy as np
import typer

from app.recommend.facets import ValuesFacet
from app.recommend.query import SearchQuery
from app.recommend.ranking import RankedPage, rank
from benchmarks.markdown_report import MarkdownTable, show
from twinset.filters import quote_name, quote_value
from twinset.index.index_versions import IndexVersion, open_version
from twinset.index.vector_index import Scores, Vectors

CUTS = (None, 0.3, 0.5)
_MOST_VALUES = 200  # of a field that a shop would count
Chosen = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class _Shop:
    """The items by row, and the place of each in a list that has each picture once."""

    items: list[dict[str, object]]
    places: list[int]


def main(
    index: Annotated[Path, typer.Option()] = Path("var/real/index"),
    queries: Annotated[int, typer.Option(min=3)] = 300,
) -> None:
    """Print for each cut how many queries agree, and the milliseconds of one."""
    faiss.omp_set_num_threads(1)
    version, chance = open_version(index), random.Random(0)  # noqa: S311 - queries
    pictures = version.pictures
    values = _values(version)
    shop = _Shop(
        [version.items.item(row) for row in range(len(version))],
        [row if pictures is None else pictures.place_of(row) for row in range(len(version))],
    )
    vectors = version.index.vectors(np.arange(len(version)))
    table = MarkdownTable("min_score", "queries", "equal", "median ms", "95 % below")
    for cut in CUTS:
        times, equal = [], 0
        for _ in range(queries // len(CUTS)):
            vector = vectors[chance.randrange(len(vectors))]
            chosen = _choose(values, chance)
            query = SearchQuery(
                limit=24,
                filter=_filter(chosen),
                facets=tuple(values),
                facet_limit=1000,
                min_score=cut,
            )
            begun = time.thread_time()
            page = rank(version, vector, query)
            times.append(1000 * (time.thread_time() - begun))
            equal += _agrees(page, shop, chosen, (np.vecdot(vectors, vector), cut))
        low, high = np.percentile(times, (50, 95))
        table.add(cut or "none", len(times), equal, f"{low:.1f}", f"{high:.1f}")
    show(table)


def _values(version: IndexVersion) -> dict[str, list[str]]:
    """The text fields of few values, with their most frequent ones."""
    found = {}
    for name, column in version.items.columns.items():
        if column.kind == "string" and name != "id" and 1 < column.distinct <= _MOST_VALUES:
            found[name] = [str(value) for value, _ in column.most_frequent(limit=8)[0]]
    return found


def _choose(values: dict[str, list[str]], chance: random.Random) -> Chosen:
    names = chance.sample(list(values), min(chance.randrange(4), len(values)))
    return {name: tuple(chance.sample(values[name], min(2, len(values[name])))) for name in names}


def _filter(chosen: Chosen) -> str | None:
    parts = [
        f"{quote_name(name)} IN [{', '.join(map(quote_value, values))}]"
        for name, values in chosen.items()
    ]
    return " AND ".join(parts) or None


def _agrees(
    page: RankedPage,
    shop: _Shop,
    chosen: Chosen,
    scored: tuple[Scores | Vectors, float | None],
) -> bool:
    """Whether a page's counts are those of a loop over all items."""
    (scores, cut), items = scored, shop.items
    above = [n for n in range(len(items)) if cut is None or scores[n] >= cut]

    def passing(but: str) -> list[int]:
        kept = {name: values for name, values in chosen.items() if name != but}
        return [n for n in above if all(items[n][f] in values for f, values in kept.items())]

    for facet in page.facets:
        held = {(items[n][facet.field], shop.places[n]) for n in passing(facet.field)}
        counts = Counter(value for value, _ in held)
        del counts[None]
        if not isinstance(facet, ValuesFacet):
            return False
        if {one.value: one.count for one in facet.values} != counts:
            return False
    return page.total == len({shop.places[n] for n in passing("")})


if __name__ == "__main__":
    typer.run(main)
