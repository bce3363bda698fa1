"""The columns of a large version in a mapped file, so that they take no memory of a service.

A service that makes them from the table holds some 60 bytes an item for itself, and each of its
workers does. Pages of a mapped file are read when a filter needs them, are shared by all processes,
and the system takes them back when memory is short.

    INDEX/VERSION/columns.arrow    Arrow, one row: each array of each column is one list
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from twinset.columns import Column, Columns, Lists, numbers_of
from twinset.errors import ArtefactError
from twinset.index.mapped.mapped_files import map_file
from twinset.text.vocabulary import Vocabulary

COLUMNS_FILE = "columns.arrow"
_FIELDS, _ORDER = b"fields", "order"
_NUMBERS = ("values", "present", "rows", "codes")


def write_columns(columns: Columns, order: NDArray[np.int32], path: Path) -> None:
    """Write columns for `map_columns`.

    `order` (n,) are the rows in the order of their ids' codes.
    """
    lists = {_ORDER: pa.array(order)}
    for number, column in enumerate(columns.values()):
        lists |= {f"{name}{number}": array for name, array in _arrays_of(column)}
    fields = json.dumps([[name, column.kind] for name, column in columns.items()])
    data = {name: _one_list(array) for name, array in lists.items()}
    table = pa.table(data).replace_schema_metadata({_FIELDS: fields})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _arrays_of(column: Column) -> Iterator[tuple[str, pa.Array]]:
    # A truth value is a byte here, as NumPy has it, and not a bit.
    values = column.values.view(np.uint8) if column.kind == "boolean" else column.values
    yield "values", pa.array(values)
    yield "present", pa.array(column.present.view(np.uint8))
    if column.vocabulary is not None:
        yield "vocabulary", column.vocabulary.strings
    if column.lists is not None:
        yield "rows", pa.array(column.lists.rows)
        yield "codes", pa.array(column.lists.codes)


def _one_list(array: pa.Array) -> pa.Array:
    return pa.LargeListArray.from_arrays(pa.array([0, len(array)], pa.int64()), array)


def map_columns(path: Path) -> tuple[dict[str, Column], NDArray[np.int32]]:
    """The columns in a file that `write_columns` made, and the rows in the order of their ids.

    Raises:
        ArtefactError: if it is not such a file.
    """
    try:
        table = pa.ipc.open_file(map_file(path)).read_all()
        fields = json.loads(table.schema.metadata[_FIELDS])
        held = {name: table[name].chunk(0).values for name in table.column_names}
        columns = {
            name: _column(kind, {part: held.get(f"{part}{number}") for part in _PARTS})
            for number, (name, kind) in enumerate(fields)
        }
        return columns, numbers_of(held[_ORDER])
    except (OSError, pa.ArrowException, LookupError, TypeError, ValueError, AttributeError):
        raise ArtefactError(path, "is not a file of columns") from None


_PARTS = (*_NUMBERS, "vocabulary")


def _column(kind: Any, arrays: Mapping[str, pa.Array | None]) -> Column:
    numbers = {name: numbers_of(arrays[name]) for name in _NUMBERS if arrays[name] is not None}
    strings = arrays["vocabulary"]
    values = numbers["values"]
    return Column(
        kind,
        values.view(np.bool_) if kind == "boolean" else values,
        numbers["present"].view(np.bool_),
        None if strings is None else Vocabulary(strings),
        Lists(numbers["rows"], numbers["codes"]) if "rows" in numbers else None,
    )
