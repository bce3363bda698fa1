"""Columns in a file that is mapped are those that are made from the table."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from twinset.columns import columns_from_table
from twinset.errors import ArtefactError
from twinset.filters import evaluate, parse_filter
from twinset.index.indexed_items import ItemTable
from twinset.index.mapped.mapped_columns import map_columns

ITEMS = pa.table(
    {
        "id": ["b", "A", "c", "a"],
        "title": ["one", "two", "three", "four"],
        "colour": ["Red", None, "red", "Ärmel"],
        "sizes": pa.array([["M", "S"], None, [], ["XL"]], pa.list_(pa.string())),
        "price": pa.array([1.5, None, 3.0, -2.0]),
        "year": pa.array([2001, None, 2003, 2003], pa.int64()),
        "sold": pa.array([True, None, False, True]),
        "empty": pa.array([None] * 4, pa.string()),
    }
)


@pytest.fixture
def stored(tmp_path):
    pq.write_table(ITEMS, tmp_path / "items.parquet")
    ItemTable(tmp_path / "items.parquet").write_columns(tmp_path / "columns.arrow")
    return tmp_path / "columns.arrow"


def test_every_array_comes_back_as_it_was(stored):
    made = columns_from_table(ITEMS, [name for name in ITEMS.column_names if name != "title"])
    mapped, _ = map_columns(stored)
    assert list(mapped) == list(made)
    for name, column in made.items():
        found = mapped[name]
        assert (found.kind, found.values.dtype) == (column.kind, column.values.dtype)
        np.testing.assert_array_equal(found.values, column.values)
        np.testing.assert_array_equal(found.present, column.present)
        assert [found.held(row) for row in range(4)] == [column.held(row) for row in range(4)]
        assert found.counts() == column.counts()


@pytest.mark.parametrize(
    "text",
    ['colour = "RED"', 'sizes IN ["s", "XL"]', "price > 0", "NOT sold = true", "year = 2003"],
)
def test_filters_match_the_same_rows(stored, text):
    made = columns_from_table(ITEMS, ["colour", "sizes", "price", "year", "sold"])
    expr = parse_filter(text)
    np.testing.assert_array_equal(evaluate(expr, map_columns(stored)[0]), evaluate(expr, made))


def test_a_mapped_table_finds_items_by_their_ids_and_holds_no_array_of_its_own(stored):
    table = ItemTable(stored.with_name("items.parquet"), stored=stored)
    assert [table.row_of(name) for name in ("a", "A", "b", "c", "d")] == [3, 1, 0, 2, None]
    owned = [column.values.flags.owndata for column in table.columns.values()]
    assert not any(owned)


@pytest.mark.parametrize("content", [b"", b"ARROW1", b"[]"])
def test_another_file_is_refused_by_name(tmp_path, content):
    (tmp_path / "columns.arrow").write_bytes(content)
    with pytest.raises(ArtefactError, match=r"columns\.arrow"):
        map_columns(tmp_path / "columns.arrow")
