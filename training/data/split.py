"""Which products are trained on.

All products of one name fall on one side. By "name-hash" the name alone decides, so it stays
there when the catalogue grows or is shuffled. "stratified" is the study's: first the names kept
out, then validation and test among them, each in the shares of every category. "row" is as
the study was published: products are drawn without regard to their names, so that a twin of the
same name may stand on the other side, and the figures flatter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from training.config import DataConfig
from twinset.name_split import name_position, normalised_name

Split = Literal["train", "validation", "test"]
SIDES: tuple[Split, ...] = ("train", "validation", "test")


def split_products(
    titles: Sequence[str | None], categories: NDArray[np.int32], config: DataConfig
) -> dict[Split, NDArray[np.int64]]:
    """Row numbers of each side, ascending, as a configuration says.

    `categories` (n,) are numbers; a name belongs to the category of its first product. Products
    that a `train_share` below 1 leaves out are on no side.
    """
    fractions = config.test_fraction, config.validation_fraction
    if config.split == "name-hash":
        sides = split_rows(titles, *fractions)
    else:
        # By row, every row is a name of its own, and the rest is as by name.
        rows = [str(number) for number in range(len(titles))]
        names = rows if config.split == "row" else titles
        sides = split_stratified(names, categories, *fractions)
    if config.train_share < 1:
        sides["train"] = thin_out(sides["train"], titles, config.train_share)
    return sides


def split_of(title: str | None, test_fraction: float, validation_fraction: float) -> Split:
    """The side of a product by its name, case and spacing aside."""
    position = name_position(normalised_name(title))
    if position < test_fraction:
        return "test"
    return "validation" if position < test_fraction + validation_fraction else "train"


def split_rows(
    titles: Sequence[str | None], test_fraction: float, validation_fraction: float
) -> dict[Split, NDArray[np.int64]]:
    """Row numbers of each side, ascending, by the hash of each name."""
    sides = np.array([split_of(title, test_fraction, validation_fraction) for title in titles])
    return {side: np.flatnonzero(sides == side) for side in SIDES}


def split_stratified(
    titles: Sequence[str | None],
    categories: NDArray[np.int32],
    test_fraction: float,
    validation_fraction: float,
) -> dict[Split, NDArray[np.int64]]:
    """Row numbers of each side, ascending, in two stages within each category.

    A category with too few names to fill a share keeps them in training.
    """
    names = [normalised_name(title) for title in titles]
    members: dict[int, dict[str, None]] = defaultdict(dict)
    first: dict[str, int] = {}
    for name, category in zip(names, categories.tolist(), strict=True):
        members[first.setdefault(name, category)][name] = None
    side_of: dict[str, Split] = {}
    kept_out = test_fraction + validation_fraction
    due, given = 0.0, 0  # names that are owed to the test side so far, and those it has
    for group in members.values():
        shuffled = sorted(group, key=name_position)
        out = round(len(shuffled) * kept_out)
        # What is rounded off a small category goes to the next: one name alone goes by turns.
        due += out * test_fraction / kept_out if kept_out else 0
        test = min(out, round(due) - given)
        given += test
        for place, name in enumerate(shuffled):
            side_of[name] = "train" if place >= out else "validation" if place >= test else "test"
    sides = np.array([side_of[name] for name in names])
    return {side: np.flatnonzero(sides == side) for side in SIDES}


def thin_out(
    rows: NDArray[np.int64], titles: Sequence[str | None], share: float
) -> NDArray[np.int64]:
    """The rows whose names fall into a share (0 to 1] of all names; smaller shares nest."""
    # Salted, since the unsalted position decides the side and is not uniform within one.
    kept = [name_position("share " + normalised_name(titles[row])) < share for row in rows]
    thinned: NDArray[np.int64] = rows[np.array(kept, bool)]
    return thinned
