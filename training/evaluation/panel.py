"""The products that are asked about: what an encoder saw of a catalogue, and what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.config import DataConfig
from training.config_file import parse_config
from training.data.product_data import category_values, number_categories
from training.data.seen_products import SeenProducts
from training.data.split import Split, split_products
from twinset.artefacts import read_manifest
from twinset.catalogue import Catalogue
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.errors import CatalogueError

Rows = NDArray[np.int64]
# Upper bounds of how many products of a category were trained on, for the cold start.
SIZES = (5, 20, 100)


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

    If an encoder keeps no such list, its split is repeated from its training record; one
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


def size_label(trained: int) -> str:
    """The cold-start group of a category of which `trained` products were trained on."""
    for bound in SIZES:
        if trained < bound:
            return f"fewer than {bound}"
    return f"{SIZES[-1]} or more"
