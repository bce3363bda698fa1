"""Values as a column of a certain type holds them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

_LARGEST = 1e307  # Milvus has no nulls, and keeps -1e308 if a number is missing
_INT64 = range(-(2**63), 2**63)


def fit(value: Any, kind: pa.DataType) -> Any:
    """`value` as a column of this type holds it; None if it cannot.

    A column of text takes a list of texts, too: an item may have several values of a field. A log
    is replayed over later versions, whose columns may have changed.
    """
    if kind == pa.list_(pa.string()):
        return _fit_list([value] if isinstance(value, str) else value)
    if kind == pa.string() and isinstance(value, list):
        return _fit_list(value)
    if value is None or isinstance(value, bool) != (kind == pa.bool_()):
        return None
    if kind == pa.string():
        return value if isinstance(value, str) else None
    if kind == pa.bool_():
        return value
    if not isinstance(value, (int, float)) or not abs(value) <= _LARGEST:  # NaN is not
        return None
    if kind == pa.int64():
        whole = int(value)
        return whole if whole == value and whole in _INT64 else None
    return float(value)


def _fit_list(values: Any) -> list[str] | None:
    """Texts without repeats, in their order; None if the list is empty or holds other values."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return None
    return list(dict.fromkeys(values)) or None
