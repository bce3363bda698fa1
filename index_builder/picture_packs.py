"""The pictures of index versions: stored once, by their content, and shared between versions.

A pack is a file of pictures end to end, named after the sha256 of its bytes. A new version writes
one pack with the pictures that no version beside it has, and takes the other packs over as hard
links, so that every version folder is whole by itself and a picture lies on the disk once. The file
system frees a pack when the last version that links to it is pruned. If links are not possible
there, packs are copied.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from twinset.artefacts import sha256_of
from twinset.errors import ImageError
from twinset.images.formats import sniff_format
from twinset.index.index_versions import IMAGE_PLACES_FILE
from twinset.index.indexed_items import IMAGE_SCHEMA
from twinset.index.shared.version_line import list_versions
from twinset.views.stored_views import VIEW_PLACES_FILE

_STAGING = "pictures.part"
# Beyond this many packs everything goes into one new pack, which also leaves out old pictures.
_MOST_PACKS = 16


@dataclass(frozen=True)
class _Place:
    """Where a picture lies: a pack by its name, None for the one being written."""

    pack: str | None
    offset: int
    length: int


class PackWriter:
    """Stores the pictures of a version in `folder`, in the order of its items.

        with PackWriter(folder) as packs:
            packs.add(data)
        table = packs.places()  # for `IMAGE_PLACES_FILE`

    `count` is the number of items with a picture, `new` how many pictures went into the new pack.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._homes: dict[str, Path] = {}
        self._known: dict[bytes, _Place] = {}
        self._rows: list[tuple[bytes, str] | None] = []
        self._name: str | None = None
        self.count = self.new = 0
        _collect(folder.parent, self._known, self._homes)

    def __enter__(self) -> Self:
        self._file = (self._folder / _STAGING).open("wb")
        self._seen = hashlib.sha256()
        return self

    def add(self, data: bytes | None) -> None:
        """Store the picture of the next item; what the service must not send counts as none."""
        media_type = _media_type(data)
        if data is None or media_type is None:
            self._rows.append(None)
            return
        digest = hashlib.sha256(data).digest()
        if digest not in self._known:
            self._known[digest] = _Place(None, self._file.tell(), len(data))
            self._file.write(data)
            self._seen.update(data)
            self.new += 1
        self._rows.append((digest, media_type))
        self.count += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        staging = self._folder / _STAGING
        if error is not None or not self.new:
            staging.unlink()
        else:
            self._name = f"pictures-{self._seen.hexdigest()}.bin"
            staging.rename(self._folder / self._name)
        if error is None:
            for pack in {self._known[row[0]].pack for row in self._rows if row}:
                if pack is not None:
                    _link(self._homes[pack], self._folder / pack)

    def places(self) -> pa.Table:
        """The table of where each item's picture lies."""
        columns: dict[str, list[object]] = {name: [] for name in IMAGE_SCHEMA.names}
        for row in self._rows:
            digest, media_type = row or (None, None)
            place = _Place(None, 0, 0) if digest is None else self._known[digest]
            pack = None if digest is None else place.pack or self._name
            values = (place.offset, place.length, media_type, pack, digest)
            for name, value in zip(columns, values, strict=True):
                columns[name].append(value)
        return pa.table(columns, IMAGE_SCHEMA)


def _collect(index_dir: Path, known: dict[bytes, _Place], homes: dict[str, Path]) -> None:
    """The pictures of the versions of an index, by digest, and where their packs lie.

    A pack whose bytes are not those of its name is passed over: its pictures are written anew.
    """
    for version in reversed(list_versions(index_dir)):
        for file in (IMAGE_PLACES_FILE, VIEW_PLACES_FILE):
            table = _places_of(index_dir / version / file)
            if table is not None:
                _collect_table(table, index_dir / version, known, homes)
    if len(homes) > _MOST_PACKS:
        known.clear()


def _collect_table(
    table: pa.Table, version: Path, known: dict[bytes, _Place], homes: dict[str, Path]
) -> None:
    for pack in table["pack"].unique().to_pylist():
        path = version / str(pack)
        if pack and pack not in homes and _is_sound(path):
            homes[pack] = path
    rows = table.select(["sha256", "pack", "offset", "length"]).to_pydict()
    for digest, pack, offset, length in zip(*rows.values(), strict=True):
        if pack in homes:
            known.setdefault(digest, _Place(pack, offset, length))


def _places_of(places: Path) -> pa.Table | None:
    try:
        table = pq.read_table(places)
    except (OSError, pa.ArrowException):
        return None
    return table if table.schema.names == IMAGE_SCHEMA.names else None


def _is_sound(pack: Path) -> bool:
    try:
        return pack.name == f"pictures-{sha256_of(pack)}.bin"
    except OSError:
        return False


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)


def _media_type(data: bytes | None) -> str | None:
    """The type that a browser is told, from the bytes; None for what the service must not send."""
    try:
        return sniff_format(data or b"").media_type
    except ImageError:
        return None
