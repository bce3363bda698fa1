"""How well words are answered, with every part and with each part switched off.

    python -m benchmarks.quality.words.word_figures --index INDEX

Names are those that the encoder was not trained on; values, brands and spellings are the
catalogue's own. In brackets behind a figure is half of its 95 % interval.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.markdown_report import MarkdownTable, show
from benchmarks.quality.words.bare_items import bare_table
from benchmarks.quality.words.word_shop import EVERY, NONE, PARTS, Parts, WordShop
from benchmarks.quality.words.word_tasks import Task, tasks_of
from twinset.encoders import load_encoder
from twinset.index.vector_index import Mask

_SEED = 0


def main(
    index: Annotated[Path, typer.Option()],
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
    only: Annotated[str, typer.Option(help="Tasks whose names hold this.")] = "",
) -> None:
    """Print a table of tasks by parts, one of items without a picture, and the time of a query."""
    shop = WordShop.open(index, load_encoder(encoder))
    settings = {"all": EVERY} | {f"no {p}": replace(EVERY, **{p: False}) for p in PARTS}
    settings["vectors alone"] = NONE
    table = MarkdownTable("query", "figure", "queries", "at least", *settings)
    for task in tasks_of(shop, np.random.default_rng(_SEED)):
        if only in task.name and task.queries:
            figures = [_said(task, shop, parts) for parts in settings.values()]
            least = f"<= {task.least}" if task.most else f"{task.least}"
            table.add(task.name, task.measure, len(task.queries), least, *figures)
    title = f"{len(shop.version):,} items, {shop.encoder.name}"
    parts = [title, table]
    if not only:
        parts += [bare_table(shop, index), _times(shop)]
    show(*parts)


def _said(task: Task, shop: WordShop, parts: Parts) -> str:
    figures = np.array([_figure(task, shop, parts, *query) for query in task.queries])
    interval = 1.96 * figures.std() / np.sqrt(len(figures))
    if task.relative is None:
        return f"{figures.mean():.3f} (.{round(1000 * interval):03})"
    judged = zip(task.relative, (right for _, right in task.queries), strict=True)
    whole = np.mean([_figure(task, shop, parts, *query) for query in judged])
    return f"{figures.mean() / whole:.3f} (.{round(1000 * interval):03})"


def _figure(task: Task, shop: WordShop, parts: Parts, text: str, right: Mask) -> float:
    hits = right[shop.ask(text, parts)]
    if task.measure == "first":
        return float(hits[:1].any())
    if task.measure == "in ten":
        return float(hits.any())
    hits = hits[: np.count_nonzero(right)]
    return float(hits.mean()) if len(hits) else 0.0


def _times(shop: WordShop) -> MarkdownTable:
    """Processor time of understanding and ranking, without encoding and HTTP."""
    table = MarkdownTable("milliseconds of processor time", "median", "95th percentile")
    kinds = [f"{c} {k}".lower() for c, k in zip(shop.colours, shop.kinds, strict=True) if c and k]
    asked = [str(text) for text in np.random.default_rng(_SEED).choice(kinds, 300)]
    for text in asked:
        shop.vector(text)
    for name, parts in (("all parts", EVERY), ("vectors alone", NONE)):
        took = []
        for text in asked:
            start = time.thread_time()
            shop.ask(text, parts)
            took.append(1000 * (time.thread_time() - start))
        table.add(name, f"{np.median(took):.2f}", f"{np.quantile(took, 0.95):.2f}")
    return table


if __name__ == "__main__":
    typer.run(main)
