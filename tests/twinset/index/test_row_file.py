"""Items that are read one by one from a file are those of the table."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from twinset.errors import ArtefactError
from twinset.index.mapped.row_file import RowFile, write_rows

ITEMS = pa.table(
    {
        "id": ["b", "A", "c"],
        "sizes": pa.array([["M", "S"], None, []], pa.list_(pa.string())),
        "sold": pa.array([True, None, False]),
        "empty": pa.array([None] * 3, pa.string()),
    }
)
ODD = pa.table(
    {
        "id": ["1", "2", "3"],
        "title": ["", 'two "lines"\n', "Ärmel \u2028 \N{DRESS}"],
        "price": pa.array([0.1 + 0.2, 5e-324, None]),
        "views": pa.array([2**53 + 1, -1, None], pa.int64()),
    }
)


@pytest.mark.parametrize("table", [ITEMS, ODD, pa.concat_tables([ODD] * 5000)])
def test_each_item_comes_back_as_it_was(tmp_path: Path, table: pa.Table) -> None:
    write_rows(table, tmp_path / "rows.bin")
    file = RowFile(tmp_path / "rows.bin", len(table))
    assert [file.item(row) for row in range(len(table))] == table.to_pylist()


def test_a_file_of_another_count_or_length_is_refused(tmp_path: Path) -> None:
    write_rows(ODD, path := tmp_path / "rows.bin")
    for count in (2, 4, 10**6):
        with pytest.raises(ArtefactError, match=r"rows\.bin: has another count"):
            RowFile(path, count)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ArtefactError, match=r"rows\.bin: has another count"):
        RowFile(path, 3)
    path.unlink()
    with pytest.raises(ArtefactError, match=r"rows\.bin: is missing"):
        RowFile(path, 3)


def test_items_can_be_read_after_the_file_was_removed(tmp_path: Path) -> None:
    write_rows(ODD, path := tmp_path / "rows.bin")
    file = RowFile(path, 3)
    path.unlink()
    assert file.item(1) == ODD.slice(1, 1).to_pylist()[0]
