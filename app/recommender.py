"""The service object: an encoder and the index version it fits, and what can be asked of them.

Immutable once built, so every answer is wholly of one encoder and one index version. Encoding,
decoding and searching each run on threads of their own, bounded, off the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL.Image import Image

from app.batching import Batcher
from app.decoding import Box, Decoder
from app.facets import count_facets
from app.metrics import Metrics
from app.pools import BoundedPool
from app.ranking import ListedPage, RankedPage, browse, group_codes, rank, variants_of
from app.schemas import (
    FacetOptions,
    ListOptions,
    RangeFacet,
    SearchOptions,
    Signal,
    ValuesFacet,
)
from app.settings import Settings
from core.encoders import Encoder, load_encoder
from core.errors import InvalidInput, NotFound, NotReady
from core.index.items import StoredImage
from core.index.store import IndexVersion, open_version

Vector = NDArray[np.float32]
STYLE = "group_id"


class Recommender:
    """Answers by image, by text, by item, and by a blend of them.

    Raises:
        ArtefactError: the index version was built with another encoder.
    """

    def __init__(
        self, encoder: Encoder, version: IndexVersion, settings: Settings, metrics: Metrics
    ) -> None:
        version.require_encoder(encoder)
        self.encoder = encoder
        self.version = version
        threads = settings.threads
        decoding = BoundedPool("decode", threads, settings.max_uploads)
        self._searching = BoundedPool("search", threads, settings.max_searches, one_search_thread)
        self._pools = (decoding, self._searching)
        self._decoder = Decoder(decoding, settings.image_limits, encoder.image_size)
        batch, queue = settings.max_batch, settings.max_queue
        timed = metrics.timed_encoder
        self._images: Batcher[Image] = Batcher(timed("image", encoder.encode_images), batch, queue)
        self._texts: Batcher[str] = Batcher(timed("text", encoder.encode_texts), batch, queue)
        metrics.watch_queue("image", lambda: self._images.waiting)
        metrics.watch_queue("text", lambda: self._texts.waiting)

    @classmethod
    def open(cls, settings: Settings, metrics: Metrics) -> Self:
        """Open the encoder and the live index version that the settings name.

        Raises:
            ArtefactError: a file is missing or damaged, or the two do not belong together.
        """
        encoder = load_encoder(settings.encoder, settings.device, settings.threads)
        return cls(encoder, open_version(settings.index), settings, metrics)

    def close(self) -> None:
        """Finish what runs and stop the threads."""
        self._images.close()
        self._texts.close()
        for pool in self._pools:
            pool.close()

    async def by_image(self, data: bytes, box: Box | None, options: SearchOptions) -> RankedPage:
        """Items like a photo, or like the part of it inside `box`."""
        image = await self._decoder.decode(data, box)
        return await self._rank(await self._images.submit(image), options)

    async def shrink(self, data: bytes, side: int) -> bytes:
        """A photo as a JPEG small enough to travel with a page; see `Decoder.shrink`."""
        return await self._decoder.shrink(data, side)

    async def by_text(self, query: str, options: SearchOptions) -> RankedPage:
        """Items that fit a description."""
        return await self._rank(await self._texts.submit(query), options)

    async def similar(self, item_id: str, options: SearchOptions) -> RankedPage:
        """Items like an item, by its stored vector; never the item itself."""
        row = self.row(item_id)
        return await self._rank(self.version.index.vector(row), options, exclude=[row])

    async def blend(
        self, positive: list[Signal], negative: list[Signal], options: SearchOptions
    ) -> RankedPage:
        """Items like the positive signals and unlike the negative ones; none of the items given.

        The query is the weighted sum of the signals' unit vectors, negative ones subtracted
        (Rocchio, 1971).
        """
        signals = [*positive, *negative]
        named = [self.row(signal.item_id) for signal in signals if signal.item_id is not None]
        vectors = np.stack(await asyncio.gather(*map(self._encode_signal, signals)))
        signs = np.repeat([1.0, -1.0], [len(positive), len(negative)])
        weights = signs * [signal.weight for signal in signals]
        query = (weights[:, None] * vectors).sum(axis=0)
        length = np.linalg.norm(query)
        if length < 1e-6:
            raise InvalidInput("The positive and negative signals cancel out.")
        return await self._rank((query / length).astype(np.float32), options, exclude=named)

    async def _encode_signal(self, signal: Signal) -> Vector:
        if signal.image is not None:
            return await self._images.submit(await self._decoder.decode(signal.image, signal.box))
        if signal.text is not None:
            return await self._texts.submit(signal.text)
        return self.version.index.vector(self.row(signal.item_id or ""))

    async def _rank(
        self, query: Vector, options: SearchOptions, exclude: Iterable[int] = ()
    ) -> RankedPage:
        return await self._searching.run(partial(rank, self.version, query, options, exclude))

    async def browse(self, options: ListOptions) -> ListedPage:
        """Items in catalogue order."""
        return await self._searching.run(partial(browse, self.version, options))

    async def facets(self, options: FacetOptions) -> tuple[int, list[ValuesFacet | RangeFacet]]:
        """See `app.facets.count_facets`."""
        return await self._searching.run(partial(count_facets, self.version, options))

    def row(self, item_id: str) -> int:
        """The row of an item; NotFound where there is none."""
        row = self.version.items.row_of(item_id)
        if row is None:
            raise NotFound("There is no item with this id.")
        return row

    def variants(self, row: int) -> list[int]:
        """The other items of an item's style."""
        if STYLE not in self.version.items.columns:
            return []
        return variants_of(row, group_codes(self.version, STYLE))

    async def image(self, item_id: str) -> StoredImage:
        """The picture of an item; NotFound where it has none."""
        row = self.row(item_id)
        image = await self._searching.run(partial(self.version.images.read, row))
        if image is None:
            raise NotFound("This item has no image.")
        return image

    async def probe(self) -> None:
        """Embed an image and a text and search with both, outside of every queue.

        Raises:
            NotReady: something of it fails or gives numbers that are none.
        """
        await asyncio.to_thread(self._probe)

    def _probe(self) -> None:
        grey = PillowImage.new("RGB", self.encoder.image_size, (127, 127, 127))
        steps: tuple[Callable[[], Vector], ...] = (
            partial(self.encoder.encode_images, [grey]),
            partial(self.encoder.encode_texts, ["shirt"]),
        )
        for step in steps:
            try:
                rows, scores = self.version.index.search(step(), 1)
            except Exception:
                raise NotReady("The encoder or the index does not answer.") from None
            if rows[0, 0] < 0 or not np.isfinite(scores).all():
                raise NotReady("The encoder or the index gives no usable answer.")


def check_artefacts(encoder: Path, index: Path, device: str = "cpu") -> None:
    """Open and discard both artefacts, so that a start with workers fails once and in words."""
    open_version(index).require_encoder(load_encoder(encoder, device))


def one_search_thread() -> None:
    """Keep one FAISS search on one thread.

    The pool already runs a search per core; OpenMP keeps this number per thread, so every thread
    of the pool sets it.
    """
    import faiss

    faiss.omp_set_num_threads(1)
