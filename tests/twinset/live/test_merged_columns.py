"""Columns with live writes over them."""

import numpy as np
import pyarrow as pa

from twinset.columns import columns_from_table
from twinset.live.merged_columns import MergedColumns

TABLE = pa.table(
    {
        "colour": ["red", None, "blue"],
        "sizes": pa.array([["M", "S"], None, ["L"]], pa.list_(pa.string())),
        "price": [1.0, 2.0, None],
        "sold": [True, False, None],
    }
)


def merged(base, changes, total=3, dead=()):
    rows = np.array(sorted(changes), np.int64)
    return MergedColumns(
        base, total, np.array(dead, np.int64), (rows, [changes[row] for row in rows.tolist()])
    )


def test_a_column_that_no_write_changed_is_the_one_of_the_base():
    base = columns_from_table(TABLE, TABLE.column_names)
    items = TABLE.to_pylist()
    found = merged(base, {0: items[0] | {"price": 5.0}, 2: items[2] | {"price": 7.0}})
    assert [found[name] is base[name] for name in base] == [True, True, False, True]
    assert [found["price"].value(row) for row in range(3)] == [5.0, 2.0, 7.0]


def test_a_row_that_came_or_went_changes_every_column():
    base = columns_from_table(TABLE, TABLE.column_names)
    items = TABLE.to_pylist()
    gone, come = merged(base, {}, dead=[1]), merged(base, {3: items[0]}, total=4)
    for name in base:
        assert not gone[name].present[1]
        assert come[name].held(3) == base[name].held(0)
