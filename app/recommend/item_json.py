"""Items as JSON, made once and reused: most bytes of an answer are items."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from urllib.parse import quote
from weakref import WeakKeyDictionary

import orjson

from twinset.index.index_versions import IndexVersion
from twinset.index.indexed_items import Items

IMAGE_URL = "image_url"
# What a kept item takes beside its bytes: their header, its row's number, its place in the table.
_OVERHEAD_BYTES = 128


class ItemJsonCache:
    """Keeps items as JSON by row, so that an answer copies bytes instead of encoding fields.

    Holds up to `max_bytes` for each table of items; when they are full, the oldest entries make
    room. A table's entries go when the table goes, because the same row is another item in another
    version. Used from the event loop alone.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept: WeakKeyDictionary[Items, _Kept] = WeakKeyDictionary()

    def entries(
        self,
        version: IndexVersion,
        listed: Iterable[tuple[int, Mapping[str, object]]],
        fields: Collection[str] = (),
    ) -> list[orjson.Fragment]:
        """The entries of a list: of each row `{"id", "item"}`, and the values that come with it.

        If `fields` names any, the items hold only those.
        """
        kept = self._kept.get(version.items)
        if kept is None:
            kept = self._kept[version.items] = _Kept(self._max_bytes)
        entries = []
        for row, beside in listed:
            head = _dump(version, row, fields) if fields else kept.get(row)
            head = head or kept.add(row, _dump(version, row))
            tail = b"," + orjson.dumps(beside)[1:] if beside else b"}"
            entries.append(orjson.Fragment(head + tail))
        return entries


class _Kept:
    """Bytes by row. The first in is the first out, which needs less bookkeeping than least recently
    used."""

    def __init__(self, max_bytes: int) -> None:
        self._entries: dict[int, bytes] = {}
        self._max_bytes = max_bytes
        self.size = 0
        self.get = self._entries.get

    def add(self, row: int, entry: bytes) -> bytes:
        """Keep `entry` and return it."""
        self._entries[row] = entry
        self.size += len(entry) + _OVERHEAD_BYTES
        while self.size > self._max_bytes:
            oldest = self._entries.pop(next(iter(self._entries)))
            self.size -= len(oldest) + _OVERHEAD_BYTES
        return entry


def _dump(version: IndexVersion, row: int, fields: Collection[str] = ()) -> bytes:
    """`{"id", "item"}` without the closing brace, which more may come before."""
    item = item_values(version, row, fields)
    dumped = orjson.dumps({"id": version.items.id_of(row), "item": item})
    # A copy takes as much memory as it has bytes. What orjson gives holds on to the buffer that it
    # was written in, some kilobytes: kept, fifteen times as much.
    return bytes(memoryview(dumped)[:-1])


def item_values(version: IndexVersion, row: int, fields: Collection[str] = ()) -> dict[str, object]:
    """The named fields of a row, or all if none is named, with the picture's address and without
    the id."""
    values: dict[str, object] = version.items.item(row)
    item_id = str(values.pop("id"))
    has_image = bool(version.images.has_image[row])
    values[IMAGE_URL] = picture_address(item_id) if has_image else None
    if fields:
        return {name: value for name, value in values.items() if name in fields}
    return values


def picture_address(item_id: str, view: int = 0) -> str:
    """Where a picture of an item is: 0 is the main one, further ones follow."""
    address = f"/items/{quote(item_id, safe='')}/image"
    return f"{address}?view={view}" if view else address
