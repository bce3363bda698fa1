"""Embedding a whole catalogue: encoder + catalogue -> embeddings folder. Needs no torch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL.Image import Image

from training.export.kept_vectors import KeptRows, KeptSides, KnownSides, earlier_exports
from training.export.shards import Shards
from twinset.catalogue import Catalogue
from twinset.embeddings import MATRICES, EmbeddingsWriter
from twinset.encoders import Encoder, ItemVectors
from twinset.encoders.encoder import Vectors, fuse
from twinset.errors import CatalogueError, ImageError
from twinset.images.decode import decode_image
from twinset.item_content import SideHashes, content_hash
from twinset.progress import progress_bar
from twinset.text.word_template import render_texts

_BATCH = 256


@dataclass(frozen=True)
class Embedded:
    """What an export did: how many items there are, how many were embedded, and how fast."""

    items: int
    embedded: int
    seconds: float

    @property
    def rate(self) -> float:
        """Items embedded a second."""
        return self.embedded / max(self.seconds, 1e-9)


@dataclass(frozen=True)
class _Row:
    """What one vector is made of: an item, or an item's words with a further picture of it."""

    owner: int
    text: str | None
    picture: bytes | None


class _Sides(Protocol):
    """What is known of a row's sides before it is encoded."""

    def hashes(self, row: _Row, content: str) -> SideHashes: ...

    def known(self, row: _Row, now: SideHashes) -> KnownSides: ...


@dataclass(frozen=True)
class _ItemSides:
    """Of items: the sides that an earlier export made of the same words or picture."""

    ids: Sequence[str]
    earlier: KeptSides

    def hashes(self, row: _Row, content: str) -> SideHashes:
        return self.earlier.hashes(self.ids[row.owner], content, row.text, row.picture)

    def known(self, row: _Row, now: SideHashes) -> KnownSides:
        return self.earlier.known(self.ids[row.owner], now)


@dataclass(frozen=True)
class _ViewSides:
    """Of further pictures: the words of their items, which are encoded by then."""

    writer: EmbeddingsWriter

    def hashes(self, row: _Row, content: str) -> SideHashes:  # noqa: ARG002
        return SideHashes(None, None)  # of items alone these are stored

    def known(self, row: _Row, now: SideHashes) -> KnownSides:  # noqa: ARG002
        return KnownSides(text=None if row.text is None else self.writer.text_row(row.owner))


@dataclass(frozen=True)
class _Prepared:
    """A row whose content is known; its picture is decoded only if that has to be encoded."""

    row: _Row
    content: str
    sides: SideHashes
    known: KnownSides
    picture: Image | None

    @property
    def words(self) -> str | None:
        """The words that have to be encoded."""
        return None if self.known.text is not None else self.row.text

    @property
    def is_usable(self) -> bool:
        """True if there is anything to make a vector of."""
        known = (self.known.image, self.known.text)
        return bool(self.picture or self.words is not None or any(_is_there(k) for k in known))


class _Embedding:
    """Embeds rows in batches; decoding runs ahead of encoding by one batch."""

    def __init__(self, encoder: Encoder, shards: Shards, pool: Executor) -> None:
        self._encoder, self._shards, self._pool = encoder, shards, pool
        self.embedded = 0

    def batches(
        self, rows: Iterator[_Row], kept: KeptRows, sides: _Sides
    ) -> Iterator[tuple[list[_Prepared], ItemVectors]]:
        """Rows with their vectors; what neither decodes nor has words is zero."""
        pending = self._ahead(rows, kept, sides)
        while pending:
            batch = [future.result() for future in pending]
            pending = self._ahead(rows, kept, sides)
            contents = [one.content for one in batch]
            vectors = _blank(len(batch), self._encoder.dimension)
            kept.fill(vectors, contents)
            usable = [n for n, one in enumerate(batch) if one.content not in kept and one.is_usable]
            if usable:
                made = self._encode([batch[n] for n in usable])
                self._shards.add([contents[n] for n in usable], made)
                _place(vectors, made, usable)
            self.embedded += len(usable)
            yield batch, vectors

    def _encode(self, batch: Sequence[_Prepared]) -> ItemVectors:
        """The vectors of rows, of which only the sides that are not known are encoded."""
        vectors = _blank(len(batch), self._encoder.dimension)
        new = [n for n, one in enumerate(batch) if one.picture or one.words is not None]
        if new:
            images, words = [batch[n].picture for n in new], [batch[n].words for n in new]
            _place(vectors, self._encoder.encode_items(images, words), new)
        weight = self._encoder.item_image_weight
        joined = [n for n, one in enumerate(batch) if one.known]
        if weight is None or not joined:
            return vectors
        for n in joined:
            known = batch[n].known
            for side, row in ((vectors.image, known.image), (vectors.text, known.text)):
                if row is not None:
                    side[n] = row
        vectors.item[joined] = fuse(vectors.image[joined], vectors.text[joined], weight)
        return vectors

    def _ahead(
        self, rows: Iterator[_Row], kept: KeptRows, sides: _Sides
    ) -> list[Future[_Prepared]]:
        return [self._pool.submit(self._prepare, row, kept, sides) for row in islice(rows, _BATCH)]

    def _prepare(self, row: _Row, kept: KeptRows, sides: _Sides) -> _Prepared:
        content = content_hash(row.text, row.picture)
        hashes = sides.hashes(row, content)
        if content in kept:
            return _Prepared(row, content, hashes, KnownSides(), None)
        joins = self._encoder.item_image_weight is not None
        known = sides.known(row, hashes) if joins else KnownSides()
        data = None if known.image is not None else row.picture
        picture = decode_or_none(data, self._encoder.image_size)
        return _Prepared(row, content, hashes, known, picture)


def embed_catalogue(
    encoder: Encoder, catalogue: Catalogue, out: Path, replace: bool = False
) -> Embedded:
    """Write the embeddings of every item of `catalogue`, and of every further picture, to `out`.

    The words are those that the catalogue names, else those that the encoder was trained on. With
    `replace`, vectors in `out` whose words and picture are unchanged are kept. If only one of these
    changed, the side of the other is kept, unless the encoder joins sides by a model. What an
    export made before it was cut off lies in shards beside `out`, and the next one goes on there.
    Memory holds two batches of pictures.

    Raises:
        CatalogueError: if an item has neither a usable image nor words; it is named.
        ArtefactError: if `out` exists and `replace` is false.
    """
    ids = [str(value) for value in catalogue.rows(["id"])["id"].to_pylist()]
    template = catalogue.notes.text_template or encoder.text_template
    texts = render_texts(template, catalogue.rows())
    shards = Shards(out, encoder.fingerprint, template)
    earlier = earlier_exports(out if replace else None, shards, encoder, template)
    started = time.perf_counter()
    with (
        EmbeddingsWriter(out, len(ids), encoder, replace, template) as writer,
        ThreadPoolExecutor() as pool,
        progress_bar() as progress,
    ):
        task = progress.add_task("embedding", total=len(ids))
        embedding = _Embedding(encoder, shards, pool)
        sides = _ItemSides(ids, earlier.sides)
        for rows, vectors in embedding.batches(_items(texts, catalogue), earlier.items, sides):
            owners = [one.row.owner for one in rows]
            _require_content(catalogue, [ids[n] for n in owners], vectors)
            contents, hashes = [one.content for one in rows], [one.sides for one in rows]
            writer.write([ids[n] for n in owners], vectors, contents, hashes)
            progress.update(task, completed=owners[-1] + 1)
        views = _views(texts, catalogue)
        for rows, vectors in embedding.batches(views, earlier.views, _ViewSides(writer)):
            pictured = vectors.item * vectors.image.any(axis=1, keepdims=True)
            owners, contents = [one.row.owner for one in rows], [one.content for one in rows]
            writer.write_views(owners, pictured, contents)
    shards.clear()
    return Embedded(len(ids), embedding.embedded, time.perf_counter() - started)


def _items(texts: Sequence[str | None], catalogue: Catalogue) -> Iterator[_Row]:
    for owner, picture in enumerate(catalogue.images()):
        yield _Row(owner, texts[owner], picture)


def _views(texts: Sequence[str | None], catalogue: Catalogue) -> Iterator[_Row]:
    for owner, pictures in enumerate(catalogue.further_images()):
        for picture in pictures:
            yield _Row(owner, texts[owner], picture)


def _is_there(side: Vectors | None) -> bool:
    return side is not None and bool(side.any())


def _blank(count: int, dimension: int) -> ItemVectors:
    return ItemVectors(*(np.zeros((count, dimension), np.float32) for _ in range(3)))


def _place(vectors: ItemVectors, made: ItemVectors, places: Sequence[int]) -> None:
    for name in MATRICES:
        getattr(vectors, name)[list(places)] = getattr(made, name)


def decode_or_none(data: bytes | None, size: tuple[int, int]) -> Image | None:
    """An image that does not decode counts as missing: the item's words still find it."""
    if data is None:
        return None
    try:
        return decode_image(data, target=size)
    except ImageError:
        return None


def _require_content(catalogue: Catalogue, ids: Sequence[str], vectors: ItemVectors) -> None:
    found = np.any(vectors.item, axis=1)
    for place, item in enumerate(ids):
        if not found[place]:
            raise CatalogueError(f"{catalogue.path}: item {item!r} has neither image nor words")
