"""Composed queries made from any catalogue: a product, what should change, and what answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.edits.edit_fields import EditField, EditFields

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
# A query is asked only if so many products answer it, so that all of the first ten can be right.
LEAST_ANSWERS = 10


@dataclass(frozen=True)
class Triplets:
    """q edits of one field: the products (q,) that are asked about, and the values (q,) wanted.

    An item answers if it has the value that is wanted, and the product's own value of each field
    in `kept`. The product itself is never an answer.
    """

    changed: EditField
    kept: list[EditField]
    rows: Rows
    wanted: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def answers(self, part: slice) -> Mask:
        """(part, n): which of all products answer which query."""
        right: Mask = self.changed.codes[None, :] == self.wanted[part, None]
        for field in self.kept:
            right &= field.codes[None, :] == field.codes[self.rows[part], None]
        return right

    def texts(self, template: str) -> list[str]:
        """The queries' words."""
        return [template.format(self.changed.values[value].lower()) for value in self.wanted]


def make_triplets(
    fields: EditFields,
    changed: EditField,
    rows: Rows,
    queries: int,
    only: Sequence[str] | None = None,
    seed: int = 0,
) -> Triplets:
    """Edits of products in `rows` to values that at least `LEAST_ANSWERS` other products answer.

    The value is drawn evenly among those, so that rare values count as much as black. `only` names
    the values that may be wanted.
    """
    random = np.random.default_rng(seed)
    kept = fields.kept(changed)
    allowed = np.array([only is None or value in only for value in changed.values], bool)
    asked: list[int] = []
    wanted: list[int] = []
    for row in random.permutation(rows).tolist():
        if len(asked) == queries:
            break
        if changed.codes[row] < 0 or any(field.codes[row] < 0 for field in kept):
            continue
        alike = np.all([field.codes == field.codes[row] for field in kept], axis=0)
        known = changed.codes[alike & (changed.codes >= 0)]
        counts = np.bincount(known, minlength=len(changed.values))
        choices = np.flatnonzero((counts >= LEAST_ANSWERS) & allowed)
        choices = choices[choices != changed.codes[row]]
        if len(choices):
            asked.append(row)
            wanted.append(int(random.choice(choices)))
    return Triplets(changed, kept, np.array(asked, np.int64), np.array(wanted, np.int64))
