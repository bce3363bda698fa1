"""A folder of pictures and nothing else: file names are titles, sub-folders are kinds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from importer.reading.records import NO_COLUMNS, Record

PICTURE_SUFFIXES = frozenset(
    [".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".bmp", ".heic", ".heif", ".jpe", ".jfif"]
)


class PictureFolder:
    """Each picture below a folder as a product; the id is its path without the suffix."""

    typed = True
    skipped: Sequence[str] = ()
    columns: Sequence[str] = ("id", "title", "category", "image_path")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files: Sequence[Path] = []
        self._pictures = sorted(pictures_below(folder))

    def records(
        self,
        without: AbstractSet[str] = NO_COLUMNS,  # noqa: ARG002 - nothing is read here
    ) -> Iterator[Record]:
        for number, path in enumerate(self._pictures, start=1):
            relative = path.relative_to(self._folder)
            folders = relative.parts[:-1]
            title = re.sub(r"[\s_-]+", " ", relative.stem).strip()
            yield Record(
                self._folder.name,
                number,
                {
                    "id": relative.with_suffix("").as_posix(),
                    "title": title,
                    "category": folders[-1] if folders else None,
                    "image_path": relative.as_posix(),
                },
            )


def pictures_below(folder: Path) -> Iterator[Path]:
    """Every picture file below a folder, by its suffix; links are not followed."""
    for path in folder.rglob("*"):
        if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file() and not path.is_symlink():
            yield path
