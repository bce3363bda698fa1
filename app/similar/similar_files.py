"""Lists of similar items as files: one JSON file for each item, and one Parquet table.

    OUT/
      items/3f/S0001.json       the item's card, and ids and scores of the items like it
      pictures/3f/S0001.jpg     its picture
      similar.parquet           id, rank, similar_id, score
      widget.js                 the widget, which reads these files by its attribute `source`

A list names items by id, and each card stands in its own item's file: a new price changes one file.
Folder and name of a file follow from the id alone, see `file_stem`; the widget does the same.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from app.recommend.item_json import IMAGE_URL, item_values
from app.recommend.ranking import Ranked
from app.similar.similar_lists import SimilarRows
from twinset.errors import ConfigError
from twinset.index.index_versions import IndexVersion

ITEMS, PICTURES, TABLE, WIDGET = "items", "pictures", "similar.parquet", "widget.js"
_WIDGET_FILE = Path(__file__).parents[1] / "storefront" / "static" / WIDGET
_LONGEST = 180
_FNV_START, _FNV_PRIME, _MASK = 0x811C9DC5, 0x01000193, 0xFFFFFFFF
_SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
_SCHEMA = pa.schema(
    [
        ("id", pa.dictionary(pa.int32(), pa.string())),
        ("rank", pa.int16()),
        ("similar_id", pa.dictionary(pa.int32(), pa.string())),
        ("score", pa.float32()),
    ]
)


@dataclass(frozen=True)
class WriteReport:
    """How many files were written, stayed as they were, and were removed."""

    written: int
    unchanged: int
    removed: int


def file_stem(item_id: str) -> str:
    """Folder and name of an item's files, without the suffix: `3f/S0001`.

    The folder is the start of the id's 32-bit FNV-1a hash; the name is the id as an address writes
    it, with = for %, and if that is long its beginning and the hash.
    """
    value = _FNV_START
    for byte in item_id.encode():
        value = ((value ^ byte) * _FNV_PRIME) & _MASK
    name = quote(item_id, safe="!*'()").replace("%", "=")
    if len(name) > _LONGEST:
        name = f"{name[:_LONGEST]}={value:08x}"
    return f"{value:08x}"[:2] + f"/{name}"


class SimilarFiles:
    """Writes the files of a version into a folder; `fields` are those of the cards, () for all.

    Raises:
        ConfigError: if the folder holds something else.
    """

    def __init__(
        self, folder: Path, version: IndexVersion, fields: Sequence[str], pictures: bool
    ) -> None:
        self._folder, self._version = folder, version
        self._fields, self._pictures = fields, pictures
        self._expected: set[Path] = set()
        self._written = self._unchanged = 0
        unknown = [f for f in fields if f not in (*version.items.names, IMAGE_URL) or f == "id"]
        if unknown:
            raise ConfigError(f"the catalogue has no field {unknown[0]!r} for --field")
        if folder.exists() and any(folder.iterdir()) and not (folder / TABLE).is_file():
            raise ConfigError(f"{folder}: holds other files; name a new or empty folder")

    def write(self, lists: Iterable[SimilarRows]) -> WriteReport:
        """Write what changed, and remove the files of items that are gone."""
        version = self._version
        columns: dict[str, list[Any]] = {name: [] for name in _SCHEMA.names}
        self._folder.mkdir(parents=True, exist_ok=True)
        # The table marks the folder as ours; an export that is killed can be begun again.
        self._put(self._folder / WIDGET, _WIDGET_FILE.read_bytes())
        if not (self._folder / TABLE).exists():
            self._put(self._folder / TABLE, _parquet({name: [] for name in _SCHEMA.names}))
            self._written -= 1
        for row, hits in lists:
            item_id = version.items.id_of(row)
            similar = [_listed(version, hit) for hit in hits]
            self._put_item(row, item_id, similar)
            columns["id"] += [item_id] * len(similar)
            columns["rank"] += range(1, len(similar) + 1)
            columns["similar_id"] += [hit["id"] for hit in similar]
            columns["score"] += [hit["score"] for hit in similar]
        self._put(self._folder / TABLE, _parquet(columns))
        return WriteReport(self._written, self._unchanged, self._remove_others())

    def _put_item(self, row: int, item_id: str, similar: list[dict[str, Any]]) -> None:
        stem = file_stem(item_id)
        path = self._folder / ITEMS / f"{stem}.json"
        if path in self._expected:
            raise ConfigError(f"two long ids share the file {path.name}; shorten {item_id!r}")
        values = item_values(self._version, row, self._fields)
        if values.get(IMAGE_URL) is not None:
            values[IMAGE_URL] = self._put_picture(row, stem)
        content = {"id": item_id, "item": values, "similar": similar}
        self._put(path, orjson.dumps(content))

    def _put_picture(self, row: int, stem: str) -> str | None:
        """Write a picture, if pictures are wanted; its address beside the files, or None."""
        if not self._pictures:
            return None
        picture = self._version.images.read(row)
        if picture is None:
            return None
        suffix = _SUFFIXES.get(picture.media_type, picture.media_type.rpartition("/")[2])
        self._put(self._folder / PICTURES / f"{stem}.{suffix}", picture.data)
        return f"{PICTURES}/{quote(stem, safe='/')}.{suffix}"

    def _put(self, path: Path, content: bytes) -> None:
        self._expected.add(path)
        try:
            if path.read_bytes() == content:
                self._unchanged += 1
                return
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
        # Not synced: after a crash the next export compares every file again.
        staging = path.with_name(f".{path.name[:_LONGEST]}.tmp")
        staging.write_bytes(content)
        staging.replace(path)
        self._written += 1

    def _remove_others(self) -> int:
        """Remove files of ours that this export did not name."""
        others = [
            path
            for name in (ITEMS, PICTURES)
            for path in (self._folder / name).glob("??/*")
            if path not in self._expected
        ]
        for path in others:
            path.unlink()
        return len(others)


def _listed(version: IndexVersion, hit: Ranked) -> dict[str, Any]:
    ids = version.items.id_of
    listed = {"id": ids(hit.row), "score": hit.score}
    return listed | (
        {"same_picture": [ids(row) for row in hit.same_picture]} if hit.same_picture else {}
    )


def _parquet(columns: dict[str, list[Any]]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns, schema=_SCHEMA), buffer, compression="zstd")
    return buffer.getvalue()
