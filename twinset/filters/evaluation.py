"""From a filter's tree and a table of columns to the rows that match."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinset.columns import Column, Columns, Mask
from twinset.errors import FilterError
from twinset.filters.expression import And, Between, Compare, Exists, Expr, In, Not, Or, Test, Value
from twinset.text.vocabulary import Vocabulary

# Errors are sent to callers in a small body, whatever names a catalogue has.
_MAX_LISTED_BYTES = 700
_MAX_NAME_CHARACTERS = 64
# So many comparisons of each code are quicker than to look it up in a table.
_FEW_VALUES = 6
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
    """Which of the n rows match; (n,). Numbers compare as float64, strings by `text_folding.fold`.

    A row of several values matches a test if any of its values does, and `!=` or NOT IN if none
    of its values is one of those named.

    Raises:
        FilterError: if a field is unknown (the message lists the known ones), a value is of another
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
    if column.vocabulary is None:
        return _test_values(test, column.values) & column.present
    stored = column.values if column.lists is None else column.lists.codes
    matching, negated = _test_codes(test, stored, column.vocabulary)
    if column.lists is not None:
        matching = column.lists.any_of(matching, len(column))
    return (~matching if negated else matching) & column.present


def _test_values(test: Compare | Between | In, values: NDArray[Any]) -> Mask:
    """(n,) which numbers or truth values pass a test."""
    match test:
        case Compare(_, operator, value):
            return np.asarray(_COMPARISONS[operator](values, value), np.bool_)
        case Between(_, low, high):
            return np.asarray((values >= low) & (values <= high), np.bool_)
        case In(_, listed, negated):
            return np.isin(values, np.array(listed, values.dtype), invert=negated)


def _test_codes(
    test: Compare | Between | In, codes: NDArray[Any], vocabulary: Vocabulary
) -> tuple[Mask, bool]:
    """(m,) which codes pass a test, or fail it if the second value is true.

    Strings that fold to the same have codes beside each other, and codes stand in the order of
    strings, so each test is a comparison with the ends of a span.
    """
    match test:
        case Compare(_, "=" | "!=" as operator, value):
            return _within(codes, *vocabulary.span(str(value))), operator == "!="
        case Compare(_, operator, value):
            first, end = vocabulary.span(str(value))
            limit = end if operator in ("<=", ">") else first
            return (codes < limit if operator in ("<", "<=") else codes >= limit), False
        case Between(_, low, high):
            first, end = vocabulary.span(str(low))[0], vocabulary.span(str(high))[1]
            return _within(codes, first, end), False
        case In(_, values, negated) if len(values) <= _FEW_VALUES:
            spans = (vocabulary.span(str(value)) for value in values)
            parts = [_within(codes, *span) for span in spans]
            return np.logical_or.reduce(parts or [np.zeros(len(codes), np.bool_)]), negated
        case In(_, values, negated):
            wanted = np.zeros(max(len(vocabulary), 1), np.bool_)
            for value in values:
                wanted[slice(*vocabulary.span(str(value)))] = True
            return wanted[codes], negated


def _within(codes: NDArray[Any], first: int, end: int) -> Mask:
    """(m,) which codes are in a span."""
    if end == first + 1:  # as nearly all spans are
        return np.asarray(codes == first)
    return np.asarray((codes >= first) & (codes < end))


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
