"""Embedding a whole catalogue: encoder + catalogue -> embeddings folder. Needs no torch."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from PIL.Image import Image

from training.export.shards import MadeRows, Shards
from twinset.catalogue import Catalogue
from twinset.embeddings import MATRICES, EmbeddingsWriter, open_embeddings
from twinset.encoders import Encoder, ItemVectors
from twinset.errors import ArtefactError, CatalogueError, ImageError
from twinset.images.decode import decode_image
from twinset.item_content import content_hash
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


class _Kept:
    """Vectors of earlier exports that still fit, by the hash of what they were made from."""

    def __init__(self, rows: Iterable[MadeRows]) -> None:
        self._places: dict[str, tuple[ItemVectors, int]] = {}
        for made in rows:
            for row, content in enumerate(made.contents):
                self._places[content] = (made.vectors, row)

    def __contains__(self, content: str) -> bool:
        return content in self._places

    def fill(self, vectors: ItemVectors, contents: Sequence[str]) -> None:
        """Write the kept rows into `vectors`, each at the place of its content."""
        for place, content in enumerate(contents):
            found = self._places.get(content)
            if found is not None:
                for name in MATRICES:
                    getattr(vectors, name)[place] = getattr(found[0], name)[found[1]]


@dataclass(frozen=True)
class _Earlier:
    """What earlier exports made: of items, and of items or further pictures.

    Of a further picture only the whole vector is kept, so an item that has it as its main picture
    now is embedded again.
    """

    items: _Kept
    views: _Kept


def _earlier(old: Path | None, shards: Shards, fingerprint: str, template: str) -> _Earlier:
    """The rows of a folder, if this encoder made them of the same words, and of shards."""
    items, views = list(shards.made()), list[MadeRows]()
    try:
        found = None if old is None else open_embeddings(old)
    except ArtefactError:
        found = None  # missing, damaged or of another kind: everything is made anew
    if found is not None and (found.fingerprint, found.text_template) == (fingerprint, template):
        items.append(
            MadeRows(found.contents or (), ItemVectors(found.image, found.text, found.item))
        )
        kept = found.views.vectors
        views.append(MadeRows(found.views.contents, ItemVectors(kept, np.zeros_like(kept), kept)))
    return _Earlier(_Kept(items), _Kept([*views, *items]))


@dataclass(frozen=True)
class _Row:
    """What one vector is made of: an item, or an item's words with a further picture of it."""

    owner: int
    text: str | None
    picture: bytes | None


class _Embedding:
    """Embeds rows in batches; decoding runs ahead of encoding by one batch."""

    def __init__(self, encoder: Encoder, shards: Shards, pool: Executor) -> None:
        self._encoder, self._shards, self._pool = encoder, shards, pool
        self.embedded = 0

    def batches(
        self, rows: Iterator[_Row], kept: _Kept
    ) -> Iterator[tuple[list[_Row], ItemVectors, list[str]]]:
        """Rows with their vectors and contents; what neither decodes nor has words is zero."""
        pending = self._ahead(rows, kept)
        while pending:
            batch = [(row, *future.result()) for row, future in pending]
            pending = self._ahead(rows, kept)
            contents = [content for _, content, _ in batch]
            new = [n for n, content in enumerate(contents) if content not in kept]
            vectors = _blank(len(batch), self._encoder.dimension)
            kept.fill(vectors, contents)
            usable = [n for n in new if batch[n][2] is not None or batch[n][0].text is not None]
            if usable:
                images = [batch[n][2] for n in usable]
                made = self._encoder.encode_items(images, [batch[n][0].text for n in usable])
                self._shards.add([contents[n] for n in usable], made)
                _place(vectors, made, usable)
            self.embedded += len(usable)
            yield [row for row, _, _ in batch], vectors, contents

    def _ahead(
        self, rows: Iterator[_Row], kept: _Kept
    ) -> list[tuple[_Row, Future[tuple[str, Image | None]]]]:
        size = self._encoder.image_size
        return [(row, self._pool.submit(_prepare, row, kept, size)) for row in islice(rows, _BATCH)]


def _prepare(row: _Row, kept: _Kept, size: tuple[int, int]) -> tuple[str, Image | None]:
    content = content_hash(row.text, row.picture)
    return content, None if content in kept else decode_or_none(row.picture, size)


def embed_catalogue(
    encoder: Encoder, catalogue: Catalogue, out: Path, replace: bool = False
) -> Embedded:
    """Write the embeddings of every item of `catalogue`, and of every further picture, to `out`.

    The words are those that the catalogue names, else those that the encoder was trained on. With
    `replace`, vectors in `out` whose words and picture are unchanged are kept. What an export made
    before it was cut off lies in shards beside `out`, and the next one goes on there. Memory holds
    two batches of pictures.

    Raises:
        CatalogueError: if an item has neither a usable image nor words; it is named.
        ArtefactError: if `out` exists and `replace` is false.
    """
    ids = [str(value) for value in catalogue.rows(["id"])["id"].to_pylist()]
    template = catalogue.notes.text_template or encoder.text_template
    texts = render_texts(template, catalogue.rows())
    shards = Shards(out, encoder.fingerprint, template)
    earlier = _earlier(out if replace else None, shards, encoder.fingerprint, template)
    started = time.perf_counter()
    with (
        EmbeddingsWriter(out, len(ids), encoder, replace, template) as writer,
        ThreadPoolExecutor() as pool,
        progress_bar() as progress,
    ):
        task = progress.add_task("embedding", total=len(ids))
        embedding = _Embedding(encoder, shards, pool)
        for rows, vectors, contents in embedding.batches(_items(texts, catalogue), earlier.items):
            owners = [row.owner for row in rows]
            _require_content(catalogue, [ids[n] for n in owners], vectors)
            writer.write([ids[n] for n in owners], vectors, contents)
            progress.update(task, completed=owners[-1] + 1)
        for rows, vectors, contents in embedding.batches(_views(texts, catalogue), earlier.views):
            pictured = vectors.item * vectors.image.any(axis=1, keepdims=True)
            writer.write_views([row.owner for row in rows], pictured, contents)
    shards.clear()
    return Embedded(len(ids), embedding.embedded, time.perf_counter() - started)


def _items(texts: Sequence[str | None], catalogue: Catalogue) -> Iterator[_Row]:
    for owner, picture in enumerate(catalogue.images()):
        yield _Row(owner, texts[owner], picture)


def _views(texts: Sequence[str | None], catalogue: Catalogue) -> Iterator[_Row]:
    for owner, pictures in enumerate(catalogue.further_images()):
        for picture in pictures:
            yield _Row(owner, texts[owner], picture)


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
