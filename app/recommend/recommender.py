"""The service object: an encoder and the index version it fits, and what can be asked of them.

Immutable once built, so every answer is wholly of one encoder and one index version. Encoding,
decoding and searching each run on threads of their own, bounded, off the event loop.
"""

from __future__ import annotations

import asyncio
import copy
import time
import weakref
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL.Image import Image

from app.api.schemas import (
    FacetOptions,
    ListOptions,
    RangeFacet,
    SearchOptions,
    Signal,
    ValuesFacet,
)
from app.concurrency.batching import Batcher
from app.concurrency.embedding_cache import SharedEmbeddings, digest
from app.concurrency.image_decoding import WHOLE, Box, Decoder
from app.concurrency.pools import BoundedPool
from app.observability.prometheus_metrics import Metrics
from app.recommend.facets import count_facets
from app.recommend.item_json import Fragments
from app.recommend.ranking import ListedPage, RankedPage, browse, group_codes, rank, variants_of
from app.recommend.thumbnails import Pictures
from app.settings import Settings
from twinset.encoders import Encoder
from twinset.errors import InvalidInput, NotFound, NotReady
from twinset.index.index_versions import IndexVersion
from twinset.index.indexed_items import StoredImage

Vector = NDArray[np.float32]


class Closes(Protocol):
    def close(self) -> None: ...


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
        self.fragments = Fragments(settings.max_fragment_bytes)
        self._queue_s = settings.queue_s
        threads = settings.threads
        wait = settings.queue_s
        decoding = BoundedPool("decode", threads, settings.max_uploads, max_wait_s=wait)
        self._searching = BoundedPool(
            "search", threads, settings.max_searches, one_search_thread, max_wait_s=wait
        )
        self._pools = (decoding, self._searching)
        self._decoder = Decoder(decoding, settings.image_limits, encoder.image_size)
        self._pictures = Pictures(self._decoder, settings.max_picture_bytes)
        batch, queue = settings.max_batch, settings.max_queue
        timed = metrics.timed_encoder
        limits = (batch, queue, wait)
        self._images: Batcher[Image] = Batcher(timed("image", encoder.encode_images), *limits)
        self._texts: Batcher[str] = Batcher(timed("text", encoder.encode_texts), *limits)
        kept, count = settings.kept_embeddings, metrics.count_embedding
        self._shared_images = SharedEmbeddings(kept, partial(count, "image"))
        self._shared_texts = SharedEmbeddings(kept, partial(count, "text"))
        images, texts = self._images, self._texts  # not `self`, which goes when it is replaced
        metrics.watch_queue("image", lambda: images.waiting)
        metrics.watch_queue("text", lambda: texts.waiting)
        searching = self._searching
        metrics.watch_queue("decode", lambda: decoding.pending)
        metrics.watch_queue("search", lambda: searching.pending)
        self._lease = Lease()
        self._closing = weakref.finalize(self._lease, close_all, images, texts, *self._pools)
        self._closing.atexit = False

    def with_version(self, version: IndexVersion) -> Self:
        """A recommender of another index version, with the same encoder, queues and threads.

        The threads end when the last of those that share them is gone.

        Raises:
            ArtefactError: the version was built with another encoder.
        """
        version.require_encoder(self.encoder)
        other = copy.copy(self)
        other.version = version
        return other

    def close(self) -> None:
        """Finish what runs and stop the threads, of all that share them."""
        self._closing()

    async def by_image(self, data: bytes, box: Box | None, options: SearchOptions) -> RankedPage:
        """Items like a photo, or like the part of it inside `box`."""
        return await self._rank(await self._encode_image(data, box), options)

    @property
    def takes_no_image(self) -> bool:
        """Whether one more image would be refused now, so that its bytes need not be read."""
        return self._decoder.is_full

    async def shrink(self, data: bytes, side: int) -> bytes:
        """A photo as a JPEG small enough to travel with a page; see `Decoder.shrink`."""
        return await self._decoder.shrink(data, side)

    async def by_text(self, query: str, options: SearchOptions) -> RankedPage:
        """Items that fit a description."""
        return await self._rank(await self._encode_text(query), options)

    async def similar(self, row: int, options: SearchOptions) -> RankedPage:
        """Items like that of a row, by its stored vector; never the item itself."""

        def search() -> RankedPage:  # where vectors are kept elsewhere, to read one takes time too
            return rank(self.version, self.version.index.vector(row), options, exclude=[row])

        return await self._searching.run(search)

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
            return await self._encode_image(signal.image, signal.box)
        if signal.text is not None:
            return await self._encode_text(signal.text)
        row = self.row(signal.item_id or "")
        return await self._searching.run(partial(self.version.index.vector, row))

    async def _encode_image(self, data: bytes, box: Box | None = None) -> Vector:
        async def encode() -> Vector:
            # One for both queues: whoever waited long for the first has no time for the second.
            deadline = time.monotonic() + self._queue_s
            image = await self._decoder.decode(data, box, deadline)
            return await self._images.submit(image, deadline)

        # The encoder and its preprocessing are the same for as long as this object lives.
        return await self._shared_images.get((await digest(data), box or WHOLE), encode)

    async def _encode_text(self, text: str) -> Vector:
        return await self._shared_texts.get(text, partial(self._texts.submit, text))

    async def _rank(
        self, query: Vector, options: SearchOptions, exclude: Iterable[int] = ()
    ) -> RankedPage:
        return await self._searching.run(partial(rank, self.version, query, options, exclude))

    async def browse(self, options: ListOptions) -> ListedPage:
        """Items in catalogue order."""
        return await self._searching.run(partial(browse, self.version, options))

    async def facets(self, options: FacetOptions) -> tuple[int, list[ValuesFacet | RangeFacet]]:
        """See `app.recommend.facets.count_facets`."""
        return await self._searching.run(partial(count_facets, self.version, options))

    @property
    def revision(self) -> str:
        """Changes whenever any answer could: with the encoder, the index or the items."""
        return f"{self.encoder.fingerprint} {self.version.revision}"

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

    async def image(self, item_id: str, width: int | None = None) -> StoredImage:
        """The picture of an item, as stored or narrowed; NotFound where it has none."""
        row = self.row(item_id)
        image = await self._searching.run(partial(self.version.images.read, row))
        if image is None:
            raise NotFound("This item has no image.")
        return image if width is None else await self._pictures.narrow(image, width)

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
            if self.version.count and (rows[0, 0] < 0 or not np.isfinite(scores).all()):
                raise NotReady("The encoder or the index gives no usable answer.")


class Lease:
    """Lives as long as a recommender that uses the same threads."""


def close_all(*parts: Closes) -> None:
    for part in parts:
        part.close()


def one_search_thread() -> None:
    """Keep one FAISS search on one thread.

    The pool already runs a search per core; OpenMP keeps this number per thread, so every thread
    of the pool sets it.
    """
    import faiss

    faiss.omp_set_num_threads(1)
