"""The fields of a large version's items, each item in one piece that is read when it is shown.

In a table that is mapped, each field of an item lies elsewhere, and the system brings sixteen pages
for each, so that a few answers bring many megabytes into a service's memory.

    INDEX/VERSION/rows.bin    n + 1 offsets of 64 bits, little-endian, then n JSON objects
"""

from __future__ import annotations

import json
import os
import struct
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from twinset.errors import ArtefactError
from twinset.progress import track

ROWS_FILE = "rows.bin"
_BLOCK = 10_000
_OFFSETS = struct.Struct("<qq")


def write_rows(table: pa.Table, path: Path) -> None:
    """Write the rows of a table for `RowFile`. Its fields are texts, lists of texts, numbers and
    truth values, all of which JSON gives back as they were."""
    ends = np.empty(len(table) + 1, "<i8")
    ends[0] = end = ends.nbytes
    with path.open("wb") as file:
        file.seek(end)
        row = 0
        for batch in track(table.to_batches(_BLOCK), "Writing items", -(-len(table) // _BLOCK)):
            for item in batch.to_pylist():
                data = json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode()
                file.write(data)
                row, end = row + 1, end + len(data)
                ends[row] = end
        file.seek(0)
        file.write(ends.tobytes())


class RowFile:
    """The items in a file that `write_rows` made; safe from several threads.

    The file stays open, so items can be read after its folder was pruned; it is closed when the
    object is no longer referenced.

    Raises:
        ArtefactError: if the file does not hold `count` items.
    """

    def __init__(self, path: Path, count: int) -> None:
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            raise ArtefactError(path, "is missing or cannot be read") from None
        weakref.finalize(self, os.close, self._file)
        if not self._fits(count):
            raise ArtefactError(path, "has another count than the items")

    def _fits(self, count: int) -> bool:
        size = os.fstat(self._file).st_size
        if size < 8 * (count + 1):
            return False
        ends = os.pread(self._file, 8, 0) + os.pread(self._file, 8, 8 * count)
        return _OFFSETS.unpack(ends) == (8 * (count + 1), size)

    def item(self, row: int) -> dict[str, Any]:
        """All fields of a row by name; None if the item has no value."""
        start, end = _OFFSETS.unpack(os.pread(self._file, 16, 8 * row))
        return dict(json.loads(os.pread(self._file, end - start, start)))
