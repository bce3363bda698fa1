"""Columns from Arrow: what they say, whatever lies behind them."""

import subprocess
import sys
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from twinset.columns import Selection, column_from_arrow


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (pa.string(), ["a", "", None, "ü", "a", None, "b"] * 5),
        (pa.bool_(), [True, None, False, True, True, None, False, True, True] * 4),
        (pa.int64(), [3, None, -1, 2**53] * 9),
        (pa.float64(), [1.5, None, float("nan"), -2.0, 0.0] * 7),
    ],
)
@pytest.mark.parametrize("start", [0, 1, 7, 8, 9, 35])
def test_a_column_says_what_arrow_says(kind, values, start):
    # Slices begin inside of a byte of Arrow's bitmaps.
    whole = pa.array(values, kind)
    for chunks in ([whole[start:]], [whole[start:], whole[:start]]):
        array = pa.chunked_array(chunks, kind)
        column = column_from_arrow(array)
        said = [None if v is None or v != v else v for v in array.to_pylist()]
        assert [column.value(row) for row in range(len(column))] == said


def test_columns_are_read_without_pandas(tmp_path):
    code = (
        "import sys, pyarrow as pa, pyarrow.parquet as pq;"
        "from twinset.columns import columns_from_table;"
        "table = pq.ParquetFile(sys.argv[1]).read(use_threads=False);"
        "columns_from_table(table, table.column_names);"
        "sys.exit('pandas' in sys.modules)"
    )
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": ["x", None], "b": [1.5, None], "c": [True, None]}), path)
    subprocess.run([sys.executable, "-c", code, path], check=True)


VALUES = {
    "text": ["Red", None, "Blue", "Red", "red", None, "Blue", "Red"] * 8,
    "text, nearly complete": ["Red", "Blue"] * 31 + [None, "Blue"],
    "lists": [["S", "M"], None, ["M"], [], ["L", "M", "S"], ["S"], None, ["M"]] * 8,
    "numbers": [0.0, None, 2.5, 0.0, -1.0, None, 2.5, 7.0] * 8,
    "truth values": [True, None, False, True, True, None, False, False] * 8,
}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_values_are_counted_once_for_each_group_of_chosen_rows(values):
    column = column_from_arrow(pa.chunked_array([values]))
    chance = np.random.default_rng(0)
    for _ in range(20):
        chosen = Selection.of(chance.random(len(values)) < chance.random())
        groups = np.where(chance.random(len(values)) < 0.5, chance.integers(0, 9, len(values)), -1)
        alike = np.flatnonzero((groups >= 0) & chosen.mask)
        held = set()
        for row in chosen.rows.tolist():
            several = values[row] if isinstance(values[row], list) else [values[row]]
            place = ("alone", row) if groups[row] < 0 else ("group", int(groups[row]))
            held |= {(value, place) for value in several if value is not None}
        expected = Counter(value for value, _ in held)
        counts, distinct = column.most_frequent(chosen, None, (alike, groups[alike]))
        assert dict(counts) == expected
        assert distinct == len(expected)
        assert [count for _, count in counts] == sorted(expected.values(), reverse=True)
