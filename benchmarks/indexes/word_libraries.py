"""Libraries that find items by their words, beside the index of words that Twinset has.

    pip install bm25s tantivy
    python -m benchmarks.indexes.word_libraries --index INDEX

Each is given the same fields of the same items, and its scores, divided by the best of a query,
take the place of the share of words in `twinset.lexical`. SQLite's FTS5 comes with Python.
"""

from __future__ import annotations

import importlib
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Protocol

import numpy as np
import typer
from numpy.typing import NDArray

from benchmarks.markdown_report import MarkdownTable, show
from benchmarks.quality.words.word_shop import WordShop
from benchmarks.quality.words.word_tasks import Task, tasks_of
from twinset.changes.item_change import BASE_PICTURE, Change
from twinset.encoders import load_encoder
from twinset.lexical.word_evidence import WORDS_WEIGHT, word_shares
from twinset.lexical.word_index import WordIndex, Words, build_word_table
from twinset.live.merged_words import MergedWords
from twinset.live.overlay import Overlay

_TASKS = ("exact name", "name, 40 % of its words dropped", "type", "colour", "brand and type")
_QUERIES = 200  # of a task
_NOT_WORDS = {"id", "group_id", "description", "link", "image_path", "price", "available"}
Shares = NDArray[np.float64]


class Library(Protocol):
    """An index of n texts."""

    def shares(self, query: str) -> Shares:
        """The score (n,) of each text, 0 to 1."""

    def write(self, row: int, text: str) -> None:
        """Replace a text, so that the next query sees it."""


class Own:
    def __init__(self, shop: WordShop, _: list[str]) -> None:
        overlay = Overlay.empty(shop.version, 0)
        self._overlay, self._alive = overlay, np.ones(overlay.total, np.bool_)
        table = build_word_table(overlay.table.table, shop.version.category)
        self._words: Words = WordIndex(table, overlay.total)

    def shares(self, query: str) -> Shares:
        return word_shares(self._words, self._overlay.total, query)

    def write(self, row: int, text: str) -> None:
        change = Change(self._overlay.fields_of(row) | {"title": text}, BASE_PICTURE)
        changes = {**self._overlay.changes, row: change}
        self._overlay = replace(self._overlay, changes=changes)
        self._words = MergedWords(self._words, self._overlay, self._alive)


class Fts5:
    def __init__(self, _: WordShop, texts: list[str]) -> None:
        self._count = len(texts)
        self._base = sqlite3.connect(":memory:")
        self._base.execute("CREATE VIRTUAL TABLE t USING fts5(text, tokenize='porter unicode61')")
        self._base.executemany("INSERT INTO t(rowid, text) VALUES (?, ?)", enumerate(texts))

    def shares(self, query: str) -> Shares:
        asked = " OR ".join(f'"{term}"' for term in query.split() if '"' not in term)
        found = self._base.execute(
            "SELECT rowid, -bm25(t) FROM t WHERE t MATCH ?", (asked,)
        ).fetchall()
        return _normalised(self._count, found)

    def write(self, row: int, text: str) -> None:
        self._base.execute("UPDATE t SET text = ? WHERE rowid = ?", (text, row))


class Bm25s:
    def __init__(self, _: WordShop, texts: list[str]) -> None:
        self._texts = texts
        self._library: Any = importlib.import_module("bm25s")
        self._build()

    def _build(self) -> None:
        self._index = self._library.BM25()
        self._index.index(
            self._library.tokenize(self._texts, stopwords=[], show_progress=False),
            show_progress=False,
        )

    def shares(self, query: str) -> Shares:
        terms = self._library.tokenize([query], stopwords=[], return_ids=False, show_progress=False)
        scores = self._index.get_scores(terms[0])
        return np.asarray(scores / max(scores.max(), 1e-9), np.float64)

    def write(self, row: int, text: str) -> None:
        self._texts[row] = text
        self._build()  # it takes no changes


class Tantivy:
    def __init__(self, _: WordShop, texts: list[str]) -> None:
        self._library: Any = importlib.import_module("tantivy")
        schema = self._library.SchemaBuilder()
        schema.add_text_field("text", tokenizer_name="en_stem")
        schema.add_unsigned_field("row", stored=True, indexed=True)
        self._count = len(texts)
        self._index = self._library.Index(schema.build())
        self._writer = self._index.writer()
        for row, text in enumerate(texts):
            self._add(row, text)
        self._commit()

    def _add(self, row: int, text: str) -> None:
        document = self._library.Document(text=text)
        document.add_unsigned("row", row)
        self._writer.add_document(document)

    def _commit(self) -> None:
        self._writer.commit()
        self._index.reload()

    def shares(self, query: str) -> Shares:
        plain = "".join(c if c.isalnum() else " " for c in query)
        searcher = self._index.searcher()
        asked = self._index.parse_query(plain, ["text"])
        hits = searcher.search(asked, 1000, count=False).hits
        return _normalised(self._count, [(searcher.doc(d)["row"][0], s) for s, d in hits])

    def write(self, row: int, text: str) -> None:
        self._writer.delete_documents("row", row)
        self._add(row, text)
        self._commit()


def _normalised(count: int, found: list[tuple[int, float]]) -> Shares:
    shares = np.zeros(count)
    if found:
        rows, scores = zip(*found, strict=True)
        shares[list(rows)] = np.array(scores) / max(max(scores), 1e-9)
    return shares


def main(
    index: Annotated[Path, typer.Option()],
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
) -> None:
    """Print a table: quality, time to build, memory, time of a query and of a write."""
    shop = WordShop.open(index, load_encoder(encoder))
    columns = [c for c in shop.version.items.names if c not in _NOT_WORDS]
    rows = range(len(shop.version))
    texts = [
        " ".join(str(v) for c in columns if (v := shop.version.items.item(row)[c]) is not None)
        for row in rows
    ]
    tasks = [
        replace(task, queries=task.queries[:_QUERIES])
        for task in tasks_of(shop, np.random.default_rng(0))
        if task.name in _TASKS
    ]
    vectors = shop.version.index.vectors(np.arange(len(shop.version)))
    names = [f"{task.name}, {task.measure}" for task in tasks]
    table = MarkdownTable("", *names, "build", "memory", "query", "write")
    for made in (Own, Fts5, Bm25s, Tantivy):
        table.add(made.__name__, *_measured(made, shop, texts, tasks, vectors))
    show(f"{len(texts):,} items", table)


def _measured(
    made: Callable[[WordShop, list[str]], Library],
    shop: WordShop,
    texts: list[str],
    tasks: list[Task],
    vectors: NDArray[np.float32],
) -> list[str]:
    before, start = _memory(), time.perf_counter()
    library = made(shop, [*texts])
    seconds, memory = time.perf_counter() - start, _memory() - before
    took: list[float] = []
    figures = [_figure(task, shop, library, vectors, took) for task in tasks]
    start = time.perf_counter()
    for row in range(5):
        library.write(row, texts[row])
        library.shares("red dress")
    write = (time.perf_counter() - start) / 5
    quality = [f"{figure:.3f}" for figure in figures]
    milliseconds = f"{1000 * np.median(took):.2f} ms"
    return [
        *quality,
        f"{seconds:.1f} s",
        f"{memory:.0f} MB",
        milliseconds,
        f"{1000 * write:.0f} ms",
    ]


def _figure(
    task: Task, shop: WordShop, library: Library, vectors: NDArray[np.float32], took: list[float]
) -> float:
    figures = []
    for text, right in task.queries:
        start = time.perf_counter()
        shares = library.shares(text)
        took.append(time.perf_counter() - start)
        scores = 1 - (1 - vectors @ shop.vector(text)) * (1 - WORDS_WEIGHT * shares)
        hits = right[np.argsort(-scores, kind="stable")[:10]]
        if task.measure == "P@10":
            figures.append(hits[: np.count_nonzero(right)].mean())
        else:
            figures.append(float(hits[:1].any() if task.measure == "first" else hits.any()))
    return float(np.mean(figures))


def _memory() -> float:
    """Megabytes that this process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    typer.run(main)
