"""The study's comparison: retrieval by category among products that no compared run has seen.

Every run answers the same queries among the same products, once with texts that leave the
category out and once with texts that name it, since the latter answer the question themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.config import DataConfig
from training.config_file import parse_config
from training.data.product_data import category_values, number_categories, with_category
from training.data.seen_products import SeenProducts
from training.data.split import Split, split_products
from training.export.embed_catalogue import decode_or_none
from training.run.history import History, read_history
from twinset.artefacts import read_manifest
from twinset.catalogue import Catalogue
from twinset.encoders import Encoder, ItemVectors, load_encoder
from twinset.encoders.encoder import Vectors
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.errors import CatalogueError
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
# Upper bounds of how many products of a category were trained on, for the cold start.
SIZES = (5, 20, 100)
_BATCH = 256


@dataclass(frozen=True)
class Panel:
    """The products under study: their `rows` in the catalogue, their categories by number and
    name, and how many products of each one's category were trained on, (n,) each."""

    rows: Rows
    category: NDArray[np.int64]
    category_names: list[str]
    trained: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def answerable(self) -> int:
        """How many have another product of their category here; the rest can only miss."""
        return int((np.bincount(self.category)[self.category] > 1).sum())


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

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Study:
    """What was measured: the runs, the one in question first, its item vectors (n, d) over the
    panel, the figures of the baselines, and by title the history of the runs that left one."""

    panel: Panel
    runs: Sequence[RunFigures]
    baselines: Mapping[str, Figures]
    items: Vectors
    histories: Mapping[str, History]

    def to_dict(self) -> dict[str, Any]:
        """For report.json."""
        return {
            "products": len(self.panel),
            "answerable": self.panel.answerable,
            "runs": [run.to_dict() for run in self.runs],
            "baselines": dict(self.baselines),
        }


def run_study(encoders: Sequence[Path], catalogue: Catalogue, device: str) -> Study:
    """Measure encoders, the one in question first, on products that all of them kept out.

    Raises:
        ArtefactError: if an encoder folder is damaged.
        CatalogueError: if the catalogue has no category, or nothing was kept out by all.
    """
    panel = open_panel(catalogue, encoders)
    runs: list[RunFigures] = []
    histories: dict[str, History] = {}
    vectors: list[Vectors] = []
    for path in encoders:
        encoder = load_encoder(path, device)
        figures, embedded = study_encoder(encoder, training_record(path), catalogue, panel)
        runs.append(figures)
        vectors.append(embedded.item)
        history = read_history(path.parent)
        if history:
            histories[figures.title] = history
    return Study(panel, runs, dict(baselines(panel)), vectors[0], histories)


def training_record(encoder: Path) -> Mapping[str, Any] | None:
    """The configuration that an encoder says it was trained with; None for one that does not."""
    record: Mapping[str, Any] | None = read_manifest(encoder, "encoder", ENCODER_MANIFEST).get(
        "training"
    )
    return record


def split_of_record(
    catalogue: Catalogue, titles: Sequence[str], record: Mapping[str, Any]
) -> dict[Split, Rows]:
    """The split of a catalogue that a training record stands for."""
    data: DataConfig = parse_config(record).data
    categories = number_categories(category_values(catalogue), data.rare_category)
    return split_products(titles, categories, data)


def sides_of(encoder: Path, catalogue: Catalogue) -> dict[Split, Rows]:
    """The products of a catalogue that an encoder was trained on, tuned on, and never saw.

    An encoder that keeps no list of them has its split repeated from its training record; one
    without a record has seen none, as far as anybody knows.
    """
    seen = SeenProducts.load(encoder)
    if seen is not None:
        return seen.sides(catalogue)
    titles = [title or "" for title in catalogue.rows(["title"])["title"].to_pylist()]
    record, nothing = training_record(encoder), np.empty(0, np.int64)
    if record is None:
        return {"train": nothing, "validation": nothing, "test": np.arange(len(titles))}
    return split_of_record(catalogue, titles, record)


def kept_from_edits(encoder: Path, catalogue: Catalogue) -> Rows:
    """The products that no composer of this encoder was learnt from: those that its training record
    keeps out, whatever catalogue the composer was learnt on; all without a record."""
    titles = [title or "" for title in catalogue.rows(["title"])["title"].to_pylist()]
    record = training_record(encoder)
    everyone = np.arange(len(titles))
    return everyone if record is None else split_of_record(catalogue, titles, record)["test"]


def open_panel(catalogue: Catalogue, encoders: Sequence[Path]) -> Panel:
    """The products that every one of the encoders kept out of training.

    Raises:
        CatalogueError: if the catalogue has no category, or fewer than two products are left.
    """
    if catalogue.category is None:
        raise CatalogueError(f"{catalogue.path}: names no category, which evaluation compares")
    values = [value or "" for value in category_values(catalogue)]
    names, category = np.unique(values, return_inverse=True)
    rows, trained = np.arange(len(values)), np.zeros(len(names), np.int64)
    for place, encoder in enumerate(encoders):
        sides = sides_of(encoder, catalogue)
        rows = np.intersect1d(rows, sides["test"])
        if place == 0:
            trained = np.bincount(category[sides["train"]], minlength=len(names))
    rows = rows[np.array([bool(values[row]) for row in rows], bool)]
    if len(rows) < 2:
        raise CatalogueError(f"{catalogue.path}: no two products were kept out of training by all")
    return Panel(rows, category[rows], [names[c] for c in category[rows]], trained[category[rows]])


def study_encoder(
    encoder: Encoder, record: Mapping[str, Any] | None, catalogue: Catalogue, panel: Panel
) -> tuple[RunFigures, ItemVectors]:
    """Measure one encoder on a panel; also gives its vectors, without the category in the text."""
    plain = encoder.text_template.replace(f"{{{catalogue.category}}}", "").strip(" .,")
    templates = (plain, with_category(plain, catalogue.category))
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
    return figures, vectors[0]


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


def size_label(trained: int) -> str:
    """The cold-start group of a category of which `trained` products were trained on."""
    for bound in SIZES:
        if trained < bound:
            return f"fewer than {bound}"
    return f"{SIZES[-1]} or more"


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
