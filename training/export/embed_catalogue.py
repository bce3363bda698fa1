"""Embedding a whole catalogue: encoder + catalogue -> embeddings folder. Needs no torch."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
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


def _of_folder(folder: Path, fingerprint: str, template: str) -> Iterator[MadeRows]:
    """The rows of an embeddings folder, if this encoder made them of the same words."""
    try:
        old = open_embeddings(folder)
    except ArtefactError:
        return  # missing, damaged or of another kind: everything is made anew
    if (old.fingerprint, old.text_template) == (fingerprint, template):
        yield MadeRows(old.contents or (), ItemVectors(old.image, old.text, old.item))


def _kept(old: Path | None, shards: Shards, fingerprint: str, template: str) -> _Kept:
    return _Kept(chain(_of_folder(old, fingerprint, template) if old else (), shards.made()))


def embed_catalogue(
    encoder: Encoder, catalogue: Catalogue, out: Path, replace: bool = False
) -> Embedded:
    """Write the embeddings of every item of `catalogue` to the folder `out`.

    The words are those that the catalogue names, else those that the encoder was trained on. With
    `replace`, vectors in `out` whose words and picture are unchanged are kept. What an export made
    before it was cut off lies in shards beside `out`, and the next one goes on there. Decoding runs
    ahead of encoding by one batch, so memory holds two batches of images.

    Raises:
        CatalogueError: if an item has neither a usable image nor words; it is named.
        ArtefactError: if `out` exists and `replace` is false.
    """
    ids = [str(value) for value in catalogue.rows(["id"])["id"].to_pylist()]
    template = catalogue.notes.text_template or encoder.text_template
    texts = render_texts(template, catalogue.rows())
    shards = Shards(out, encoder.fingerprint, template)
    kept = _kept(out if replace else None, shards, encoder.fingerprint, template)
    started, embedded = time.perf_counter(), 0
    with (
        EmbeddingsWriter(out, len(ids), encoder, replace, template) as writer,
        ThreadPoolExecutor() as pool,
        progress_bar() as progress,
    ):
        task = progress.add_task("embedding", total=len(ids))

        def prepare(text: str | None, data: bytes | None) -> tuple[str, Image | None]:
            content = content_hash(text, data)
            return content, None if content in kept else decode_or_none(data, encoder.image_size)

        rows = zip(texts, catalogue.images(), strict=True)
        pending = [pool.submit(prepare, *one) for one in islice(rows, _BATCH)]
        for start in range(0, len(ids), _BATCH):
            batch = [future.result() for future in pending]
            pending = [pool.submit(prepare, *one) for one in islice(rows, _BATCH)]
            part = slice(start, start + len(batch))
            contents = [content for content, _ in batch]
            new = [place for place, content in enumerate(contents) if content not in kept]
            images, words = [batch[n][1] for n in new], [texts[part][n] for n in new]
            _require_content(catalogue, [ids[part][n] for n in new], images, words)
            vectors = _blank(len(batch), encoder.dimension)
            kept.fill(vectors, contents)
            if new:
                made = encoder.encode_items(images, words)
                shards.add([contents[n] for n in new], made)
                _place(vectors, made, new)
            writer.write(ids[part], vectors, contents)
            embedded += len(new)
            progress.update(task, completed=start + len(batch))
    shards.clear()
    return Embedded(len(ids), embedded, time.perf_counter() - started)


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


def _require_content(
    catalogue: Catalogue, ids: list[str], images: list[Image | None], texts: list[str | None]
) -> None:
    for item, image, text in zip(ids, images, texts, strict=True):
        if image is None and text is None:
            raise CatalogueError(f"{catalogue.path}: item {item!r} has neither image nor words")
