"""The mask of one search, in the forms that its steps need."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import faiss
import numpy as np

from twinset.index.vector_index import Mask, Rows


class Request:
    """The mask (n,) of one search, None for all of `total` rows, and how many rows it allows."""

    def __init__(self, mask: Mask | None, total: int) -> None:
        self.mask, self._total = mask, total
        self.count = total if mask is None else int(np.count_nonzero(mask))

    def matching(self) -> Rows:
        """The rows of the mask (m,), in ascending order."""
        return np.arange(self._total) if self.mask is None else np.flatnonzero(self.mask)

    @cached_property
    def selector(self) -> Any:
        """The mask as FAISS reads it; None if there is none."""
        if self.mask is None:
            return None
        return faiss.IDSelectorBitmap(np.packbits(self.mask, bitorder="little"))
