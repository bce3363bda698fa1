"""Files that are mapped, and hand their pages back."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from twinset.columns import numbers_of
from twinset.index.mapped import mapped_files
from twinset.index.mapped.mapped_files import map_file, return_pages

COUNT = 2_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    table = pa.table({"number": np.arange(COUNT)})
    path = tmp_path / "numbers.arrow"
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    return path


def resident_kb(path: Path) -> int:
    """What a file takes of this process's resident memory, by `/proc`."""
    total, here = 0, False
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        if "-" in line.split()[0]:  # the first line of a mapping: its addresses
            here = line.endswith(path.name)
        elif here and line.startswith("Rss:"):
            total += int(line.split()[1])
    return total


def read_and_hand_back(path: Path) -> tuple[list[int], list[int]]:
    """What the file takes after its numbers were read and after its pages were handed back, and
    their sum before and after."""
    numbers = numbers_of(pa.ipc.open_file(map_file(path)).read_all()["number"].chunk(0))
    sums, taken = [int(numbers.sum())], [resident_kb(path)]
    return_pages()
    taken.append(resident_kb(path))
    return taken, [*sums, int(numbers.sum())]


def test_pages_that_are_handed_back_take_no_memory_and_hold_what_they_held(path: Path) -> None:
    # In a process of its own: services of other tests may hand the pages of this one back.
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        (before, after), sums = process.submit(read_and_hand_back, path).result(timeout=120)
    assert after < before / 10
    assert sums == [COUNT * (COUNT - 1) // 2] * 2


def test_a_file_that_nobody_reads_any_more_is_forgotten(path: Path) -> None:
    others = set(mapped_files._mapped)
    table = pa.ipc.open_file(map_file(path)).read_all()
    (own,) = set(mapped_files._mapped) - others
    kept = weakref.ref(own)
    del own, others
    assert kept() in mapped_files._mapped
    del table
    gc.collect()
    assert kept() is None


def test_an_empty_file_cannot_be_mapped(tmp_path: Path) -> None:
    (empty := tmp_path / "empty.arrow").touch()
    with pytest.raises(OSError, match=r"empty\.arrow is empty"):
        map_file(empty)
