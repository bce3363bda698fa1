"""The threads, queues and caches that every recommender of one encoder shares."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL.Image import Image

from app.concurrency.batching import Batcher
from app.concurrency.embedding_cache import EmbeddingCache, digest
from app.concurrency.gathered_calls import GatheredCalls
from app.concurrency.image_decoding import WHOLE, Box, Decoder
from app.concurrency.pools import BoundedPool
from app.observability.prometheus_metrics import Metrics
from app.recommend.item_json import ItemJsonCache
from app.recommend.photos.photo_search import PhotoSearch
from app.recommend.thumbnails import Thumbnails
from app.recommend.word_search import WordSearch
from app.settings import Settings
from twinset.edits.composer import composer_of
from twinset.encoders import Encoder
from twinset.errors import NotReady
from twinset.index.index_versions import IndexVersion
from twinset.languages import ENGLISH, Language, MultilingualTexts
from twinset.photo.photo_head import PhotoHead
from twinset.photo.photo_reading import PhotoReading
from twinset.text.text_folding import plain
from twinset.words.synonyms.synonym_file import SynonymFile

Vector = NDArray[np.float32]
Result = TypeVar("Result")


class Closes(Protocol):
    def close(self) -> None: ...


class ReadsPhotos(Protocol):
    """An encoder with a photo head."""

    def read_photos(self, images: Sequence[Image]) -> Vector: ...


class Engine:
    """Encodes queries and runs searches off the event loop, each on bounded threads of its own.

    Used from one event loop. The threads end when the last recommender that holds the engine is
    gone, or when `close` is called.

    Raises:
        Overloaded: from every coroutine, if more work waits than the settings allow.
    """

    def __init__(self, encoder: Encoder, settings: Settings, metrics: Metrics) -> None:
        self.encoder = encoder
        self.composer = composer_of(encoder)
        synonyms = SynonymFile(settings.index, settings.synonyms)
        self.words = WordSearch(synonyms, getattr(encoder, "knows_word", None))
        self.item_json = ItemJsonCache(settings.max_fragment_bytes)
        self._queue_s = wait = settings.queue_s
        self._threads = threads = settings.threads
        decoding = BoundedPool("decode", threads, settings.max_uploads, max_wait_s=wait)
        self._searching = searching = BoundedPool(
            "search", threads, settings.max_searches, one_search_thread, max_wait_s=wait
        )
        prepare = getattr(encoder, "prepare_image", None)
        self.decoder = Decoder(decoding, settings.image_limits, encoder.image_size, prepare)
        self.thumbnails = Thumbnails(self.decoder, settings.max_picture_bytes)
        timed, limits = metrics.timed_encoder, (settings.max_batch, settings.max_queue, wait)
        head: PhotoHead | None = getattr(encoder, "photo_head", None)
        read = encoder.encode_images if head is None else cast("ReadsPhotos", encoder).read_photos
        self._reads = head is not None
        self.photos = PhotoSearch(head)
        images: Batcher[Image] = Batcher(timed("image", read), *limits)
        self.languages: MultilingualTexts | None = getattr(encoder, "languages", None)
        english = getattr(encoder, "encode_english", encoder.encode_texts)
        texts: Batcher[str] = Batcher(timed("text", english), *limits)
        # Apart, so that English texts never wait until the sentence encoder is opened.
        other = self.languages.encode if self.languages else english
        foreign: Batcher[str] = Batcher(timed("foreign", other), *limits)
        self._images, self._texts, self._foreign = images, texts, foreign
        kept, count = settings.kept_embeddings, metrics.count_embedding
        self.count_page = metrics.count_page
        self._image_cache = EmbeddingCache(kept, partial(count, "image"))
        self._text_cache = EmbeddingCache(kept, partial(count, "text"))
        # The metrics outlive an engine that is replaced, so they must not hold `self`.
        metrics.watch_queue("image", lambda: images.waiting)
        metrics.watch_queue("text", lambda: texts.waiting)
        metrics.watch_queue("foreign", lambda: foreign.waiting)
        metrics.watch_queue("decode", lambda: decoding.pending)
        metrics.watch_queue("search", lambda: searching.pending)
        self._closing = weakref.finalize(
            self, close_all, images, texts, foreign, decoding, searching
        )
        self._closing.atexit = False

    def close(self) -> None:
        """Finish what runs and stop the threads, for every recommender that shares them."""
        self._closing()

    async def search(self, work: Callable[[], Result], quick: bool = False) -> Result:
        """Run `work` on a search thread, or in place if it is quick."""
        return self._searching.run_here(work) if quick else await self._searching.run(work)

    def gathered(self) -> GatheredCalls:
        """What runs the searches of one batch: in one group for each thread that searches."""
        return GatheredCalls(self._searching.run, self._threads)

    async def encode_image(self, data: bytes, box: Box | None = None) -> Vector:
        """The vector (d,) of an image file, or of the part inside `box` if there is one.

        If the encoder has a photo head, it leans to where the head corrected it.
        """
        return (await self.read_photo(data, box)).leaning

    async def read_photo(self, data: bytes, box: Box | None = None) -> PhotoReading:
        """What an image file shows, or the part of it inside `box`; without a photo head, its
        vector."""

        async def encode() -> Vector:
            # One deadline for both queues: a request that waited long for the first queue has no
            # time left for the second.
            deadline = time.monotonic() + self._queue_s
            image = await self.decoder.decode(data, box, deadline)
            return await self._images.submit(image, deadline)

        row = await self._image_cache.get((await digest(data), box or WHOLE), encode)
        return PhotoReading.of_row(row) if self._reads else _unread(row)

    def language_of(self, text: str, given: str | None = None) -> Language:
        """The language of a text, or the one that is given; English if the encoder knows no other.

        Ask this before anything that holds for English alone is done to a query.
        """
        if self.languages is None:
            return ENGLISH
        return self.languages.find(plain(text), given)

    async def encode_text(self, text: str, language: Language | None = None) -> Vector:
        """The vector (d,) of a text, read as `twinset.text.text_folding.plain` has it if it is not
        ASCII; in the language that is given, else in the one that it is found to be."""
        text = plain(text)
        language = language or self.language_of(text)
        if self.languages is None or not self.languages.reads(language):
            return await self._text_cache.get(text, partial(self._texts.submit, text))
        submit = partial(self._foreign.submit, text)
        return await self._text_cache.get((text, "foreign"), submit)


def _unread(vector: Vector) -> PhotoReading:
    """What an encoder without a photo head says of a photo: where it is, and no more."""
    return PhotoReading(vector, vector, vector, studio=1.0, garment=1.0, familiar=1.0)


def close_all(*parts: Closes) -> None:
    """Close each part; a function, because a finaliser must not hold the object it ends."""
    for part in parts:
        part.close()


def one_search_thread() -> None:
    """Keep one FAISS search on one thread, since the pool already runs a search per core.

    OpenMP keeps this number per thread, so every thread of the pool sets it when it starts.
    """
    import faiss

    faiss.omp_set_num_threads(1)


def probe(encoder: Encoder, version: IndexVersion) -> None:
    """Embed an image and a text and search with both.

    Raises:
        NotReady: a step fails, or its numbers are not finite.
    """
    grey = PillowImage.new("RGB", encoder.image_size, (127, 127, 127))
    steps: tuple[Callable[[], Vector], ...] = (
        partial(encoder.encode_images, [grey]),
        partial(encoder.encode_texts, ["shirt"]),
    )
    for step in steps:
        try:
            rows, scores = version.index.search(step(), 1)
        except Exception:
            raise NotReady("The encoder or the index does not answer.") from None
        if version.count and (rows[0, 0] < 0 or not np.isfinite(scores).all()):
            raise NotReady("The encoder or the index gives no usable answer.")
