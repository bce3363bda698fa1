"""The study's comparison: retrieval by category among products that no compared run has seen.

Every run answers the same queries among the same products, once with texts that leave the
category out and once with texts that name it, since the latter answer the question themselves.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.product_data import with_category
from training.evaluation.exploration import Exploration, explore
from training.evaluation.panel import Panel, open_panel, size_label, training_record
from training.evaluation.run_details import RunDetails, read_details
from training.export.embed_catalogue import decode_or_none
from training.run.history import History, read_history
from twinset.catalogue import Catalogue
from twinset.encoders import Encoder, ItemVectors, load_encoder
from twinset.progress import track
from twinset.retrieval_metrics import bootstrap_interval, rank_by_category, study_metrics
from twinset.text.word_template import render_texts

Rows = NDArray[np.int64]
Figures = dict[str, dict[str, float]]  # metric -> mean, low, high
# Which of an item's vectors asks, and which answer.
TASKS = {
    "item_to_item": ("item", "item"),
    "image_to_item": ("image", "item"),
    "text_to_item": ("text", "item"),
    "text_to_image": ("text", "image"),
    "image_to_image": ("image", "image"),
    "text_to_text": ("text", "text"),
}
VARIANTS = ("without_category", "with_category")
_BATCH = 256


@dataclass(frozen=True)
class RunFigures:
    """One run's answers. `variants` holds, per text variant, the figures of each task;
    `by_category` and `by_size` break down item to item without the category in the text."""

    label: str
    train_share: float
    variants: dict[str, dict[str, Figures]]
    by_category: dict[str, dict[str, float]]
    by_size: dict[str, dict[str, float]]

    @property
    def title(self) -> str:
        """The label, with the share of the training set if it was a part."""
        partly = 0 < self.train_share < 1
        return f"{self.label}, {self.train_share:.0%} of the training set" if partly else self.label

    def apart_from(self, titles: Collection[str]) -> RunFigures:
        """These figures, with a number in the label if another run has the title."""
        labels = chain([self.label], (f"{self.label} ({number})" for number in count(2)))
        runs = (replace(self, label=label) for label in labels)
        return next(run for run in runs if run.title not in titles)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Study:
    """What was measured: the runs, the one in question first, its vectors over the panel and the
    catalogue that it was asked about, the figures of the baselines, and by title the history and
    the circumstances of the runs that left them.

    `differences` has, for each other run, the paired differences of its figures to the first's.
    """

    panel: Panel
    runs: Sequence[RunFigures]
    baselines: Mapping[str, Figures]
    differences: Mapping[str, Figures]
    vectors: ItemVectors
    exploration: Exploration
    histories: Mapping[str, History]
    details: Mapping[str, RunDetails]

    def to_dict(self) -> dict[str, Any]:
        """For report.json."""
        return {
            "products": len(self.panel),
            "answerable": self.panel.answerable,
            "runs": [run.to_dict() for run in self.runs],
            "baselines": dict(self.baselines),
            "differences_to_the_first": dict(self.differences),
            "catalogue": self.exploration.to_dict(),
            "details": {title: asdict(details) for title, details in self.details.items()},
        }


def run_study(encoders: Sequence[Path], catalogue: Catalogue, device: str) -> Study:
    """Measure encoders, the one in question first, on products that all of them kept out.

    Raises:
        ArtefactError: if an encoder folder is damaged.
        CatalogueError: if the catalogue has no category, or nothing was kept out by all.
    """
    panel = open_panel(catalogue, encoders)
    measured: list[Measured] = []
    histories: dict[str, History] = {}
    details: dict[str, RunDetails] = {}
    for path in encoders:
        encoder = load_encoder(path, device)
        one = study_encoder(encoder, training_record(path), catalogue, panel)
        measured.append(replace(one, figures=one.figures.apart_from(details)))
        title = measured[-1].figures.title
        details[title] = read_details(path)
        if history := read_history(path.parent):
            histories[title] = history
    first = measured[0]
    return Study(
        panel,
        [run.figures for run in measured],
        dict(baselines(panel)),
        {run.figures.title: paired_differences(first, run) for run in measured[1:]},
        first.vectors,
        explore(encoders[0], catalogue),
        histories,
        details,
    )


@dataclass(frozen=True)
class Measured:
    """One run: its figures, its vectors without the category in the text, and the figures of each
    query from item to item, which the places `asked` of the panel ask."""

    figures: RunFigures
    vectors: ItemVectors
    asked: Rows
    per_query: Mapping[str, NDArray[np.float64]]


def paired_differences(first: Measured, other: Measured) -> Figures:
    """How much more `other` reaches than `first` on the queries that both answer, item to item
    without the category in the text; an interval without zero is a difference (Efron, 1979)."""
    both, of_first, of_other = np.intersect1d(first.asked, other.asked, return_indices=True)
    if len(both) == 0:
        return {}
    return summarise(
        {
            name: other.per_query[name][of_other] - first.per_query[name][of_first]
            for name in first.per_query
        }
    )


def study_encoder(
    encoder: Encoder, record: Mapping[str, Any] | None, catalogue: Catalogue, panel: Panel
) -> Measured:
    """Measure one encoder on a panel."""
    plain = without_category(encoder.text_template, catalogue.category)
    whole = with_category(encoder.text_template, catalogue.category)
    templates = (plain, whole)
    vectors = [embed_panel(encoder, catalogue, panel, template) for template in templates]
    places, own = per_query(vectors[0], panel, "item_to_item")
    share = float(record["data"].get("train_share", 1.0)) if record else 0.0
    figures = RunFigures(
        label=encoder.name,
        train_share=share,
        variants={
            variant: {task: study_task(embedded, panel, task) for task in TASKS}
            for variant, embedded in zip(VARIANTS, vectors, strict=True)
        },
        by_category=break_down(own, [panel.category_names[place] for place in places]),
        by_size=break_down(own, [size_label(int(count)) for count in panel.trained[places]]),
    )
    return Measured(figures, vectors[0], places, own)


def without_category(template: str, category: str | None) -> str:
    """A template whose texts leave the category out, with the label before it ("Category: ")."""
    return re.sub(rf"(\w+: )?\{{{category}\}}[.,]? ?", "", template).strip(" .,")


def embed_panel(encoder: Encoder, catalogue: Catalogue, panel: Panel, template: str) -> ItemVectors:
    """The panel's vectors with texts from another template; (len(panel), d) each.

    A product with neither an image nor words has zero rows.
    """
    texts = render_texts(template, catalogue.rows().take(panel.rows))
    wanted = set(panel.rows.tolist())
    images = (data for row, data in enumerate(catalogue.images()) if row in wanted)
    shape = (len(panel), encoder.dimension)
    vectors = ItemVectors(*(np.zeros(shape, np.float32) for _ in range(3)))
    decode = partial(decode_or_none, size=encoder.image_size)
    batches = range(0, len(panel), _BATCH)
    with ThreadPoolExecutor() as pool:
        for start in track(batches, f"embedding for {encoder.name}", len(batches)):
            decoded = list(pool.map(decode, islice(images, _BATCH)))
            words = texts[start : start + _BATCH]
            usable = [i for i, pair in enumerate(zip(decoded, words, strict=True)) if any(pair)]
            given = encoder.encode_items([decoded[i] for i in usable], [words[i] for i in usable])
            places = start + np.array(usable, np.int64)
            for side in ("image", "text", "item"):
                getattr(vectors, side)[places] = getattr(given, side)
    return vectors


def per_query(
    vectors: ItemVectors, panel: Panel, task: str
) -> tuple[Rows, dict[str, NDArray[np.float64]]]:
    """The places in the panel that ask, and the figures of each; products that lack a side of
    the task neither ask nor answer."""
    asks, answers = (getattr(vectors, side) for side in TASKS[task])
    places = np.flatnonzero(asks.any(axis=1))
    items = np.flatnonzero(answers.any(axis=1))
    position = np.full(len(panel), -1)
    position[items] = np.arange(len(items))
    found = rank_by_category(
        asks[places],
        answers[items],
        (panel.category[places], panel.category[items]),
        position[places],
    )
    return places, study_metrics(found)


def study_task(vectors: ItemVectors, panel: Panel, task: str) -> Figures:
    """Means with their 95 % bootstrap intervals; empty if no product has the sides."""
    places, values = per_query(vectors, panel, task)
    return summarise(values) if len(places) else {}


def summarise(values: Mapping[str, NDArray[np.float64]]) -> Figures:
    """Per-query figures -> mean and interval of each metric."""
    matrix = np.stack(list(values.values()))
    intervals = bootstrap_interval(matrix)
    return {
        name: {"mean": float(row.mean()), "low": float(low), "high": float(high)}
        for name, row, (low, high) in zip(values, matrix, intervals, strict=True)
    }


def break_down(
    values: Mapping[str, NDArray[np.float64]], groups: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Means per group of queries, with their number, in the order of the groups' names."""
    labels = np.array(groups)
    return {
        str(label): {"queries": int((labels == label).sum())}
        | {name: float(row[labels == label].mean()) for name, row in values.items()}
        for label in np.unique(labels)
    }


def baselines(panel: Panel, seed: int = 0) -> Iterator[tuple[str, Figures]]:
    """What needs no model: random neighbours, and always the products of the largest category."""
    generator = np.random.default_rng(seed)
    count = len(panel)
    rows = generator.standard_normal((count, 16)).astype(np.float32)
    sizes = np.bincount(panel.category)[panel.category]
    # The added fraction orders products of equally large categories at random.
    popularity = (sizes + generator.random(count)).astype(np.float32)[:, None]
    ones = np.ones((count, 1), np.float32)
    for name, asks, answers in (("random", rows, rows), ("popularity", ones, popularity)):
        categories = (panel.category, panel.category)
        found = rank_by_category(asks, answers, categories, np.arange(count))
        yield name, summarise(study_metrics(found))
