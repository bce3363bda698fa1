"""Writing the items of a version: fields as Parquet, pictures end to end in one file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from index_builder.build_inputs import ItemSource
from twinset.errors import ImageError
from twinset.images.formats import sniff_format
from twinset.index.index_versions import IMAGE_PLACES_FILE, IMAGES_FILE, ITEMS_FILE
from twinset.index.indexed_items import IMAGE_SCHEMA
from twinset.progress import track


def write_items(catalogue: ItemSource, folder: Path) -> int:
    """Write the files that `ItemTable` and `ImageStore` read; return the number of pictures."""
    pq.write_table(catalogue.rows(), folder / ITEMS_FILE, compression="zstd")
    places: dict[str, list[int | str | None]] = {name: [] for name in IMAGE_SCHEMA.names}
    offset = count = 0
    with (folder / IMAGES_FILE).open("wb") as file:
        for data in track(catalogue.images(), "Copying pictures", len(catalogue)):
            media_type = _media_type(data)
            picture = data if data is not None and media_type is not None else b""
            file.write(picture)
            for name, value in zip(places, (offset, len(picture), media_type), strict=True):
                places[name].append(value)
            offset += len(picture)
            count += bool(picture)
    pq.write_table(pa.table(places, IMAGE_SCHEMA), folder / IMAGE_PLACES_FILE, compression="zstd")
    return count


def _media_type(data: bytes | None) -> str | None:
    """The type that a browser is told, from the bytes; None for what the service must not send."""
    try:
        return sniff_format(data or b"").media_type
    except ImageError:
        return None
