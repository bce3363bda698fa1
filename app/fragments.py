"""Items as JSON, made once: what a list of results holds most of."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import quote
from weakref import WeakKeyDictionary

import orjson
from cachetools import LRUCache

from core.index.items import Items
from core.index.store import IndexVersion

IMAGE_URL = "image_url"
# An id, and the item as a JSON object.
_Kept = tuple[str, bytes]


Entry = dict[str, object]


class Fragments:
    """Whole items as JSON by row, the most recently used ones up to `max_bytes`.

    Each table of items has its own, gone with the table: a row says something else in another
    version. Used from the event loop alone.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept: WeakKeyDictionary[Items, LRUCache[int, _Kept]] = WeakKeyDictionary()

    def entry(self, version: IndexVersion, row: int, fields: Collection[str] = ()) -> Entry:
        """`{"id", "item"}` of a row, the item with the named fields, by default all."""
        if fields:
            values = item_values(version, row, fields)
            return {"id": version.items.id_of(row), "item": values}
        kept = self._kept.get(version.items)
        if kept is None:
            kept = self._kept[version.items] = LRUCache(self._max_bytes, lambda pair: len(pair[1]))
        pair = kept.get(row)
        if pair is None:
            pair = version.items.id_of(row), orjson.dumps(item_values(version, row))
            if len(pair[1]) <= self._max_bytes:
                kept[row] = pair
        return {"id": pair[0], "item": orjson.Fragment(pair[1])}


def item_values(version: IndexVersion, row: int, fields: Collection[str] = ()) -> dict[str, object]:
    """The named fields of a row, by default all, without its id and with its picture's address."""
    values: dict[str, object] = version.items.item(row)
    item_id = str(values.pop("id"))
    has_image = bool(version.images.has_image[row])
    values[IMAGE_URL] = f"/items/{quote(item_id, safe='')}/image" if has_image else None
    if fields:
        return {name: value for name, value in values.items() if name in fields}
    return values
