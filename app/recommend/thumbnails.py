"""Item pictures as wide as a page shows them, kept for the next page."""

from __future__ import annotations

from enum import IntEnum

from cachetools import LRUCache

from app.concurrency.embedding_cache import digest
from app.concurrency.image_decoding import Decoder
from app.service_errors import Overloaded
from twinset.errors import ImageError
from twinset.index.indexed_items import StoredImage

_Key = tuple[bytes, int]
_OVERHEAD_BYTES = 256  # of an entry beside its picture


class Width(IntEnum):
    """The widths that pictures are narrowed to: few, so that pages share them."""

    SMALL = 240
    MEDIUM = 480
    LARGE = 960


class Thumbnails:
    """Narrows pictures to the width that a page shows, and keeps about `max_bytes` for the next
    page.

    Used from one event loop.
    """

    def __init__(self, decoder: Decoder, max_bytes: int) -> None:
        self._decoder = decoder
        self._kept: LRUCache[_Key, StoredImage] = LRUCache(
            max_bytes, lambda image: len(image.data) + _OVERHEAD_BYTES
        )

    async def narrow(self, image: StoredImage, width: int) -> StoredImage:
        """A JPEG of that width, or the picture itself if it is no wider.

        If the picture does not decode, or too many uploads wait, the picture is returned as it is:
        a page is better off with a large picture than with none.
        """
        key = (await digest(image.data), width)
        kept: StoredImage | None = self._kept.get(key)
        if kept is not None:
            return kept
        try:
            data = await self._decoder.narrow(image.data, width)
        except (ImageError, Overloaded):
            return image
        # A picture that needs no narrowing is not held: it lies in the index.
        if data is None:
            return image
        narrowed = StoredImage(data, "image/jpeg")
        if len(data) + _OVERHEAD_BYTES <= self._kept.maxsize:
            self._kept[key] = narrowed
        return narrowed
