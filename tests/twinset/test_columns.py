"""Columns from Arrow: what they say, whatever lies behind them."""

import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from twinset.columns import column_from_arrow


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
