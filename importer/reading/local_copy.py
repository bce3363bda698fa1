"""A feed as a file or folder on this machine, whether packed, piped or at an address."""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Protocol

from importer.pictures.web_client import Downloads
from twinset.errors import CatalogueError

STDIN = "-"
SEVERAL = "several"
_FEEDS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".xml", ".rss", ".atom", ".parquet")
_BLOCK = 1024 * 1024
MAX_EXPANDED_BYTES = 20 * 1024**3
# Text packs to a twentieth, tables of zeros to a hundredth; a bomb to a thousandth.
MAX_RATIO = 200
_MOST_PACKINGS = 2  # a zip of a gz, say
_OFFICE = "[Content_Types].xml"  # that every Office document begins with
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"


class _Reads(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Writes(Protocol):
    def write(self, data: bytes, /) -> int: ...


def is_address(source: str) -> bool:
    """True for a source that is fetched over HTTP."""
    return source.startswith(("http://", "https://"))


def local_copy(source: str, work: Path, downloads: Downloads) -> Path:
    """Where the feed lies on this machine, unpacked; copies go into the folder `work`.

    Raises:
        CatalogueError: if it is not there, cannot be fetched, or unpacks to more than the limits.
    """
    if source == STDIN:
        path = work / "stdin"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
    elif is_address(source):
        path = downloads.feed(source, work)
    else:
        path = Path(source)
        if not path.exists():
            path = _several(source, work)
    for _ in range(_MOST_PACKINGS):
        if not path.is_file() or (unpacked := _unpacked(path, work)) == path:
            break
        path = unpacked
    return path


def _several(pattern: str, work: Path) -> Path:
    """A folder with the files that a pattern such as `products_*.csv` names."""
    asked = Path(pattern)
    found = sorted(one for one in asked.parent.glob(asked.name) if one.is_file())
    if not found:
        raise CatalogueError(f"{pattern}: not found")
    folder = work / SEVERAL
    folder.mkdir()
    for number, path in enumerate(found):
        (folder / f"{number:04d}-{path.name}").symlink_to(path.resolve())
    return folder


def _unpacked(path: Path, work: Path) -> Path:
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(_GZIP):
        name = path.name[:-3] if path.name.lower().endswith(".gz") else path.name + ".text"
        return _expand_gzip(path, work / name)
    if start == _ZIP and path.suffix.lower() not in (".xlsx", ".docx"):
        return _expand_zip(path, work / f"{path.stem}-unpacked")
    return path


def _expand_gzip(path: Path, target: Path) -> Path:
    try:
        with gzip.open(path) as packed, target.open("wb") as file:
            _copy_within(packed, file, path, path.stat().st_size)
    except (OSError, EOFError, zlib.error) as error:
        raise CatalogueError(f"{path}: cannot be unpacked, {error}") from None
    _keep_time(path, target)
    return target


def _keep_time(packed: Path, target: Path) -> None:
    """Give what was unpacked the time of its archive: when the shop wrote the feed."""
    times = packed.stat()
    os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))


def _expand_zip(path: Path, folder: Path) -> Path:
    """Every file of an archive below `folder`; the file itself if there is only one."""
    files = []
    try:
        with zipfile.ZipFile(path) as archive:
            if _OFFICE in archive.namelist():  # by whatever name it was saved
                raise CatalogueError(f"{path}: is an Excel workbook; save it as CSV (UTF-8)")
            left = min(MAX_EXPANDED_BYTES, MAX_RATIO * path.stat().st_size + _BLOCK)
            for info in archive.infolist():
                inner = PurePosixPath(info.filename.replace("\\", "/"))
                if info.is_dir() or inner.name.startswith(".") or "__MACOSX" in inner.parts:
                    continue
                if inner.is_absolute() or ".." in inner.parts:
                    raise CatalogueError(f"{path}: holds a path that leaves its folder")
                target = folder / inner
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as packed, target.open("wb") as file:
                    left -= _copy_within(packed, file, path, left // MAX_RATIO)
                _keep_time(path, target)
                files.append(target)
    except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
        raise CatalogueError(f"{path}: cannot be unpacked, {error}") from None
    if not files:
        raise CatalogueError(f"{path}: holds no file")
    if len(files) == 1:
        return files[0]
    tables = {one.parent for one in files if one.suffix.lower() in _FEEDS}
    return tables.pop() if len(tables) == 1 else folder


def _copy_within(packed: _Reads, target: _Writes, path: Path, packed_bytes: int) -> int:
    """Copy, up to the limits; returns how many bytes were written."""
    most = min(MAX_EXPANDED_BYTES, MAX_RATIO * max(packed_bytes, 1) + _BLOCK)
    written = 0
    while block := packed.read(_BLOCK):
        written += len(block)
        if written > most:
            raise CatalogueError(f"{path}: unpacks to more than {most:,} bytes, which is refused")
        target.write(block)
    return written
