"""From a filter's tree and a table of columns to the rows that match."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinset.columns import Column, Columns, Mask, Vocabulary
from twinset.errors import FilterError
from twinset.filters.expression import And, Between, Compare, Exists, Expr, In, Not, Or, Test, Value

# Errors are sent to callers in a small body, whatever names a catalogue has.
_MAX_LISTED_BYTES = 700
_MAX_NAME_CHARACTERS = 64
_NOUNS = {"string": "a string", "number": "a number", "boolean": "true or false"}
_COMPARISONS: Mapping[str, Callable[[NDArray[Any], Any], Any]] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def evaluate(expr: Expr, columns: Columns) -> Mask:
    """Which of the n rows match; (n,). Numbers compare as float64, strings by exact code points.

    Raises:
        FilterError: a field is unknown (the message lists the known ones), a value is of another
            type than its field, or truth values are ordered.
    """
    match expr:
        case And(operands):
            return np.asarray(np.logical_and.reduce([evaluate(o, columns) for o in operands]))
        case Or(operands):
            return np.asarray(np.logical_or.reduce([evaluate(o, columns) for o in operands]))
        case Not(operand):
            return ~evaluate(operand, columns)
        case _:
            return _test(expr, columns)


def _test(test: Test, columns: Columns) -> Mask:
    column = columns.get(test.field)
    if column is None:
        raise _unknown_field(columns)
    if isinstance(test, Exists):
        return column.present.copy()
    _check_types(test, column)
    match test:
        case Compare(_, operator, value):
            matching = _compare(column, operator, value)
        case Between(_, low, high):
            matching = _compare(column, ">=", low) & _compare(column, "<=", high)
        case In(_, values, negated):
            matching = np.isin(column.values, _stored(column, values), invert=negated)
    return matching & column.present


def _compare(column: Column, operator: str, value: Value) -> Mask:
    if column.vocabulary is not None:
        operator, value = _code_comparison(column.vocabulary, operator, str(value))
    return np.asarray(_COMPARISONS[operator](column.values, value), np.bool_)


def _code_comparison(vocabulary: Vocabulary, operator: str, value: str) -> tuple[str, int]:
    """The comparison of codes that is equal to one of strings: codes stand in string order."""
    code, place = vocabulary.code(value), vocabulary.place(value)
    after = place + (code >= 0)
    match operator:
        case "<" | ">=":
            return operator, place
        case "<=":
            return "<", after
        case ">":
            return ">=", after
        case _:
            return operator, code  # -1 equals no code


def _stored(column: Column, values: tuple[Value, ...]) -> NDArray[Any]:
    """`values` as the column holds them."""
    if column.vocabulary is not None:
        return np.array([column.vocabulary.code(str(value)) for value in values], np.int32)
    return np.array(values, column.values.dtype)


def _check_types(test: Compare | Between | In, column: Column) -> None:
    values: tuple[Value, ...]
    match test:
        case Compare(_, operator, value):
            values, ordered = (value,), operator not in ("=", "!=")
        case Between(_, low, high):
            values, ordered = (low, high), True
        case In():
            values, ordered = test.values, False
    name = test.field[:_MAX_NAME_CHARACTERS]
    if any(_kind_of(value) != column.kind for value in values):
        raise FilterError(f"Field {name!r} takes {_NOUNS[column.kind]}.")
    if ordered and column.kind == "boolean":
        raise FilterError(f"Field {name!r} is true or false and has no order.")


def _kind_of(value: Value) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number"


def _unknown_field(columns: Columns) -> FilterError:
    listed: list[str] = []
    size = 0
    for name in columns:
        size += len(name.encode()) + 2
        if size > _MAX_LISTED_BYTES:
            listed.append(f"and {len(columns) - len(listed)} more")
            break
        listed.append(name)
    return FilterError(f"The filter names an unknown field; known fields: {', '.join(listed)}.")
