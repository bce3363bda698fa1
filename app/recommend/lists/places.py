"""Which rows of a list share a place: those of a group, and those with the same picture."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

import numpy as np

from app.recommend.query import MAX_VARIANTS, SearchQuery
from app.recommend.selection import (
    Alike,
    Codes,
    Mask,
    Rows,
    count_groups,
    group_column,
    grouped,
    variants_of,
)
from twinset.index.index_versions import IndexVersion
from twinset.repeats.same_pictures import SamePictures


@dataclass(frozen=True)
class Places:
    """Where the rows of `mask` (n,), None for all, stand in a list; rows in `left_out` do not.

    Rows with an equal code in `groups` (n,) share a place, as do rows with one of the `pictures`;
    None of both if each row has a place of its own.
    """

    mask: Mask | None
    left_out: Collection[int] = ()
    groups: Codes | None = None
    pictures: SamePictures | None = None

    @classmethod
    def of(
        cls, version: IndexVersion, query: SearchQuery, mask: Mask | None, left_out: Collection[int]
    ) -> Self:
        """The places in the list that a query asks for. `mask` has no row of `left_out`, if there
        is one.

        Raises:
            UnknownField: the catalogue has no such field to group by.
        """
        pictures = version.pictures if query.lists_pictures_once else None
        if query.group_by is None:
            return cls(mask, left_out, None, pictures)
        column = group_column(version, query.group_by)
        groups = column.group_codes() if pictures is None else pictures.with_styles(column)
        return cls(mask, left_out, groups, pictures)

    @property
    def are_shared(self) -> bool:
        """False if each row has a place of its own."""
        return self.groups is not None or self.pictures is not None

    def codes_of(self, rows: Rows) -> Codes:
        """Codes (m,) of `rows` (m,), equal if two of them share a place, -1 for a row alone."""
        if self.groups is not None:
            return np.asarray(self.groups[rows])
        if self.pictures is not None:
            return self.pictures.codes_of(rows)
        return np.full(len(rows), -1, np.int64)

    def alike(self) -> Alike | None:
        """The rows (m,) that share places, in ascending order, and their codes; None if none do."""
        if self.groups is not None:
            return grouped(self.groups)
        return None if self.pictures is None else (self.pictures.rows, self.pictures.held)

    def count(self, items: int) -> int:
        """How many places there are; `items` is the number of rows that are items."""
        if self.groups is not None:
            return count_groups(self.groups, self.mask)
        listed = items - len(self.left_out)
        if self.mask is not None:
            listed = int(np.count_nonzero(self.mask))
        if self.pictures is None:
            return listed
        return listed - self.pictures.repeats_in(self.mask, self.left_out)

    def variants(self, row: int) -> list[int] | None:
        """The other rows of a row's group, at most `MAX_VARIANTS`; None if nothing is grouped."""
        return None if self.groups is None else variants_of(row, self.groups, self.mask)

    def same_picture(self, row: int) -> list[int]:
        """The other rows with a row's picture, at most `MAX_VARIANTS`, in catalogue order."""
        pictures = self.pictures
        if pictures is None or (code := pictures.code_of(row)) < 0:
            return []
        rows = pictures.rows[pictures.held == code]
        if self.mask is not None:
            rows = rows[self.mask[rows]]
        others = (int(one) for one in rows if one != row and one not in self.left_out)
        return list(others)[:MAX_VARIANTS]


def rows_of_picture(version: IndexVersion, row: int) -> list[int]:
    """The other items with an item's picture, at most `MAX_VARIANTS`."""
    return Places(version.alive, pictures=version.pictures).same_picture(row)
