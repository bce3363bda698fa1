"""Embedding a whole catalogue: encoder + catalogue -> embeddings folder. Needs no torch."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from PIL.Image import Image

from twinset.catalogue import Catalogue, render_texts
from twinset.embeddings import EmbeddingsWriter
from twinset.encoders import Encoder
from twinset.errors import CatalogueError, ImageError
from twinset.images.decode import decode_image
from twinset.progress import progress_bar

_BATCH = 256


def embed_catalogue(
    encoder: Encoder, catalogue: Catalogue, out: Path, replace: bool = False
) -> float:
    """Write the embeddings of every item of `catalogue` to the folder `out`; returns items/s.

    Decoding runs ahead of encoding by one batch, so memory holds two batches of images.

    Raises:
        CatalogueError: an item has neither a usable image nor words; it is named.
        ArtefactError: `out` exists and `replace` is false.
    """
    table = catalogue.rows()
    ids = [str(value) for value in table["id"].to_pylist()]
    texts = render_texts(encoder.text_template, table)
    images = catalogue.images()
    started = time.perf_counter()
    with (
        EmbeddingsWriter(out, len(ids), encoder, replace) as writer,
        ThreadPoolExecutor() as pool,
        progress_bar() as progress,
    ):
        task = progress.add_task("embedding", total=len(ids))

        def decode(data: bytes | None) -> Image | None:
            return decode_or_none(data, encoder.image_size)

        pending = [pool.submit(decode, data) for data in islice(images, _BATCH)]
        for start in range(0, len(ids), _BATCH):
            batch = [future.result() for future in pending]
            pending = [pool.submit(decode, data) for data in islice(images, _BATCH)]
            rows = slice(start, start + len(batch))
            _require_content(catalogue, ids[rows], batch, texts[rows])
            writer.write(ids[rows], encoder.encode_items(batch, texts[rows]))
            progress.update(task, completed=start + len(batch))
    return len(ids) / (time.perf_counter() - started)


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
