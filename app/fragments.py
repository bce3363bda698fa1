"""Items as JSON, made once: what a list of results holds most of."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import quote
from weakref import WeakKeyDictionary

import orjson
from cachetools import LRUCache

from core.index.items import ItemTable
from core.index.store import IndexVersion

IMAGE_URL = "image_url"


class Fragments:
    """JSON objects of whole items by row, the most recently used ones up to `max_bytes`.

    Each table of items has its own, gone with the table: a row says something else in another
    version. Used from the event loop alone.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept: WeakKeyDictionary[ItemTable, LRUCache[int, bytes]] = WeakKeyDictionary()

    def render(
        self, version: IndexVersion, row: int, fields: Collection[str] = ()
    ) -> orjson.Fragment:
        """The named fields of a row, by default all; the id stands beside the item, not in it."""
        if fields:
            return orjson.Fragment(_dump(version, row, fields))
        kept = self._kept.get(version.items)
        if kept is None:
            kept = self._kept[version.items] = LRUCache(self._max_bytes, len)
        fragment = kept.get(row)
        if fragment is None:
            fragment = _dump(version, row)
            if len(fragment) <= self._max_bytes:
                kept[row] = fragment
        return orjson.Fragment(fragment)


def _dump(version: IndexVersion, row: int, fields: Collection[str] = ()) -> bytes:
    return orjson.dumps(item_values(version, row, fields))


def item_values(version: IndexVersion, row: int, fields: Collection[str] = ()) -> dict[str, object]:
    """The named fields of a row, by default all, without its id and with its picture's address."""
    values: dict[str, object] = version.items.item(row)
    item_id = str(values.pop("id"))
    has_image = bool(version.images.has_image[row])
    values[IMAGE_URL] = f"/items/{quote(item_id, safe='')}/image" if has_image else None
    if fields:
        return {name: value for name, value in values.items() if name in fields}
    return values
