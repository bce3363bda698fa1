"""Writing the items of a version: fields as Parquet, pictures in packs that versions share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from index_builder.build_inputs import ItemSource
from index_builder.picture_packs import PackWriter
from index_builder.picture_repeats import SignatureWriter
from twinset.index.index_versions import IMAGE_PLACES_FILE, ITEMS_FILE, MAPPED_ITEMS_FILE
from twinset.index.indexed_items import ItemTable, read_places, write_mapped
from twinset.index.mapped.mapped_columns import COLUMNS_FILE
from twinset.index.mapped.picture_places import MAPPED_PLACES_FILE
from twinset.index.mapped.row_file import ROWS_FILE, write_rows
from twinset.progress import track
from twinset.views.stored_views import VIEW_PLACES_FILE

# From so many items on, a table takes more memory than a service should for it; its files are then
# written in a form that is mapped as well.
MAPPED_FROM = 200_000


@dataclass(frozen=True)
class Pictures:
    """How many items have a picture, how many further ones they have, and how many pictures no
    earlier version held."""

    count: int
    new: int
    further: int = 0


def write_items(catalogue: ItemSource, folder: Path) -> Pictures:
    """Write the files that `ItemTable`, `ImageStore` and `StoredPictures` read.

    `folder` is the version that is being built, beside the versions whose pictures it may share.
    """
    rows = catalogue.rows()
    pq.write_table(rows, folder / ITEMS_FILE, compression="zstd")
    is_large = len(rows) >= MAPPED_FROM
    if is_large:
        write_mapped(rows, folder / MAPPED_ITEMS_FILE)
        write_rows(rows, folder / ROWS_FILE)
        ItemTable(folder / ITEMS_FILE).write_columns(folder / COLUMNS_FILE)
    counts: list[int] = []
    with PackWriter(folder) as packs, SignatureWriter(folder) as signatures:
        for data in track(catalogue.images(), "Storing pictures", len(catalogue)):
            packs.add(data)
            signatures.add(data)
        pictured = packs.count
        for pictures in catalogue.further_images():
            counts.append(len(pictures))
            for data in pictures:
                packs.add(data)
    places = packs.places()
    items, views = places.slice(0, len(counts)), places.slice(len(counts))
    pq.write_table(items, folder / IMAGE_PLACES_FILE, compression="zstd")
    if is_large:
        read_places(folder / IMAGE_PLACES_FILE).write(folder / MAPPED_PLACES_FILE)
    if len(views):
        pq.write_table(views, folder / VIEW_PLACES_FILE, compression="zstd")
    return Pictures(pictured, packs.new, len(views))
