"""Pictures of index versions: stored once, shared by versions, gone with the last of them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from PIL import Image

from index_builder import picture_packs
from index_builder.item_files import Pictures, write_items
from twinset.index.indexed_items import ImageStore


def jpeg(colour: str | tuple[int, int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (30, 40), colour).save(file, "JPEG")
    return file.getvalue()


NAMES = [f"2026010{day}T000000Z-0000000{day}" for day in range(1, 10)]
RED, GREEN, BLUE = (jpeg(colour) for colour in ("red", "green", "blue"))


@dataclass(frozen=True)
class Items:
    """Items with these pictures, as a build reads them."""

    pictures: list[bytes | None]
    category: str | None = None
    further: tuple[Sequence[bytes], ...] = ()

    def __len__(self) -> int:
        return len(self.pictures)

    def rows(self) -> pa.Table:
        return pa.table({"id": [str(n) for n in range(len(self.pictures))]})

    def images(self) -> Iterator[bytes | None]:
        yield from self.pictures

    def further_images(self) -> Iterator[Sequence[bytes]]:
        yield from self.further or [()] * len(self.pictures)


def write(index: Path, name: str, *pictures: bytes | None) -> tuple[Pictures, Path]:
    folder = index / name
    folder.mkdir()
    return write_items(Items(list(pictures)), folder), folder


def stored(folder: Path) -> list[bytes | None]:
    images = ImageStore(folder / "images.parquet")
    found = [images.read(row) for row in range(len(images))]
    return [None if one is None else one.data for one in found]


def packs(folder: Path) -> list[Path]:
    return sorted(folder.glob("pictures-*.bin"))


def test_a_picture_of_several_items_is_stored_once(tmp_path: Path) -> None:
    counts, folder = write(tmp_path, NAMES[0], RED, None, RED, b"no picture", BLUE)
    assert counts == Pictures(count=3, new=2)
    assert stored(folder) == [RED, None, RED, None, BLUE]
    assert sum(pack.stat().st_size for pack in packs(folder)) == len(RED) + len(BLUE)


def test_versions_share_the_packs_and_outlive_each_other(tmp_path: Path) -> None:
    _, first = write(tmp_path, NAMES[0], RED, GREEN)
    counts, second = write(tmp_path, NAMES[1], GREEN, BLUE, RED)
    assert counts == Pictures(count=3, new=1)
    assert stored(second) == [GREEN, BLUE, RED]
    (old,) = packs(first)
    assert old.stat().st_nlink == 2
    assert sum(p.stat().st_size for p in packs(second) if p.stat().st_nlink == 1) == len(BLUE)
    for path in first.iterdir():
        path.unlink()
    assert stored(second) == [GREEN, BLUE, RED]


def test_without_pictures_there_is_no_pack(tmp_path: Path) -> None:
    counts, folder = write(tmp_path, NAMES[0], None, b"")
    assert (counts, packs(folder), stored(folder)) == (Pictures(0, 0), [], [None, None])


def test_a_damaged_pack_is_not_taken_over(tmp_path: Path) -> None:
    _, first = write(tmp_path, NAMES[0], RED, GREEN)
    (pack,) = packs(first)
    pack.write_bytes(pack.read_bytes()[:-1] + b"x")
    counts, second = write(tmp_path, NAMES[1], RED, GREEN)
    assert counts.new == 2
    assert stored(second) == [RED, GREEN]


def test_many_packs_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_packs, "_MOST_PACKS", 2)
    pictures = [jpeg((n * 40, 40, 90)) for n in range(4)]
    folders = [write(tmp_path, NAMES[n], *pictures[: n + 1])[1] for n in range(4)]
    assert [len(packs(folder)) for folder in folders] == [1, 2, 3, 1]
    assert stored(folders[3]) == pictures


def test_without_links_packs_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError

    _, first = write(tmp_path, NAMES[0], RED)
    monkeypatch.setattr(picture_packs.os, "link", refuse)
    counts, second = write(tmp_path, NAMES[1], RED)
    assert (counts.new, stored(second)) == (0, [RED])
    assert packs(first)[0].read_bytes() == packs(second)[0].read_bytes()


def test_further_pictures_share_packs_with_the_main_ones(tmp_path: Path) -> None:
    first = tmp_path / NAMES[0]
    first.mkdir()
    made = write_items(Items([RED, GREEN], further=([GREEN, BLUE], [])), first)
    assert (made.count, made.further, made.new) == (2, 2, 3)
    assert stored(first) == [RED, GREEN]
    views = ImageStore(first / "view_images.parquet")
    found = [views.read(row) for row in range(len(views))]
    assert [one.data for one in found if one is not None] == [GREEN, BLUE]
    made, _ = write(tmp_path, NAMES[1], BLUE)
    assert made.new == 0
