"""Which products an encoder was trained and tuned on, kept beside it, so that it is
measured with the other products of a catalogue: with every product of a shop that it never saw."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import typer
from numpy.typing import NDArray

from training.config import TrainingConfig
from training.config_file import parse_config
from training.data.product_data import category_values, number_categories
from training.data.split import Split, split_products
from twinset.artefacts import read_manifest, refresh_manifest, sha256_of
from twinset.catalogue import Catalogue
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.name_split import normalised_name

SEEN = "trained_on.npz"
Keys = NDArray[np.uint64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class SeenProducts:
    """Sorted keys of the products that were trained on, and of those that tuned the run.

    A key is a hash of a product's name, since twins of one name are as good as seen; if a run was
    split `by_row`, of its id and name. No name can be read from it. `digest` is the sha256 of the
    catalogue file.
    """

    trained: Keys
    tuned: Keys
    by_row: bool
    digest: str

    def save(self, folder: Path) -> None:
        """Write `trained_on.npz` into an encoder folder."""
        np.savez_compressed(
            folder / SEEN,
            trained=self.trained,
            tuned=self.tuned,
            by_row=np.array(self.by_row),
            digest=np.array(self.digest),
        )

    @classmethod
    def load(cls, folder: Path) -> SeenProducts | None:
        """What an encoder folder says, or None for an encoder that does not say."""
        if not (folder / SEEN).is_file():
            return None
        with np.load(folder / SEEN, allow_pickle=False) as held:
            by_row, digest = bool(held["by_row"]), str(held["digest"])
            return cls(held["trained"], held["tuned"], by_row, digest)

    def with_those_of(self, earlier: SeenProducts, catalogue: Catalogue) -> SeenProducts:
        """Also what `earlier` lists; if it lists by another key, its products of the catalogue."""
        trained, tuned = earlier.trained, earlier.tuned
        if earlier.by_row != self.by_row:
            keys, sides = product_keys(catalogue, self.by_row), earlier.sides(catalogue)
            trained, tuned = keys[sides["train"]], keys[sides["validation"]]
        trained = np.union1d(self.trained, trained)
        return replace(self, trained=trained, tuned=np.union1d(self.tuned, tuned))

    def sides(self, catalogue: Catalogue) -> dict[Split, Rows]:
        """The rows of a catalogue that were trained on, that tuned the run, and the others."""
        keys = product_keys(catalogue, self.by_row)
        trained = np.isin(keys, self.trained)
        tuned = np.isin(keys, self.tuned) & ~trained
        masks: dict[Split, Any] = {
            "train": trained,
            "validation": tuned,
            "test": ~trained & ~tuned,
        }
        return {side: np.flatnonzero(mask) for side, mask in masks.items()}


def product_keys(catalogue: Catalogue, by_row: bool) -> Keys:
    """(n,) the key of each product of a catalogue."""
    table = catalogue.rows(["id", "title"])
    names = [normalised_name(title) for title in table["title"].to_pylist()]
    ids: Sequence[str] = table["id"].to_pylist()
    if by_row:
        names = [f"{name}\n{number}" for name, number in zip(names, ids, strict=True)]
    digests = (hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)


def seen_products(catalogue: Catalogue, config: TrainingConfig) -> SeenProducts:
    """What a run with this configuration sees of a catalogue."""
    data = config.data
    titles = [title or "" for title in catalogue.rows(["title"])["title"].to_pylist()]
    categories = number_categories(category_values(catalogue), data.rare_category)
    sides = split_products(titles, categories, data)
    by_row = data.split == "row"
    keys = product_keys(catalogue, by_row)
    trained, tuned = (np.unique(keys[sides[side]]) for side in ("train", "validation"))
    return SeenProducts(trained, tuned, by_row, sha256_of(catalogue.path))


def main(encoder: Path, catalog: Path) -> None:
    """Add the list to an encoder that was trained on a catalogue, by its training record."""
    manifest = read_manifest(encoder, "encoder", ENCODER_MANIFEST)
    seen_products(Catalogue(catalog), parse_config(manifest["training"])).save(encoder)
    refresh_manifest(encoder, "encoder", ENCODER_MANIFEST)


if __name__ == "__main__":
    typer.run(main)
