"""Items' fields as SQL columns, and filters as SQL conditions with the same meaning.

Texts are stored folded and compared byte by byte (`COLLATE "C"`), which is the order of
`twinset.filters.evaluate`. A test on a field without a value is false, not null, so a plain `NOT`
is a plain negation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from twinset.columns import Column, Columns
from twinset.errors import InvalidInput
from twinset.filters import And, Between, Compare, Exists, Expr, In, Not, Or, Value
from twinset.text.text_folding import fold

# A table has 1,600 columns at most; what is beyond is filtered by the mask alone.
MAX_FIELDS = 1000
SqlKind = Literal["text", "texts", "number", "boolean"]
COLUMN_TYPES: Mapping[SqlKind, str] = {
    "text": 'text COLLATE "C"',
    "texts": 'text[] COLLATE "C"',
    "number": "float8",
    "boolean": "bool",
}
_OPERATORS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
# A list holds a smaller value if the value asked for is larger than any of its own.
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True)
class SqlFields:
    """Which fields a table carries, in order; the n-th is its column `f<n>`."""

    kinds: Mapping[str, SqlKind]

    @classmethod
    def of(cls, columns: Columns) -> Self:
        """The fields of some columns that fit into a table."""
        return cls({name: _kind(columns[name]) for name in list(columns)[:MAX_FIELDS]})

    def column(self, name: str) -> str:
        return f"f{list(self.kinds).index(name)}"

    def cells(self, row: int, columns: Columns) -> list[Any]:
        """One row's values, in order.

        Raises:
            InvalidInput: if a text is no Unicode or holds the character NUL.
        """
        return [_cell(columns[name], row) for name in self.kinds]


def _kind(column: Column) -> SqlKind:
    if column.lists is not None:
        return "texts"
    return "text" if column.kind == "string" else column.kind


def _cell(column: Column, row: int) -> Any:
    value = column.held(row)
    if isinstance(value, list):
        return [_text(text) for text in value]
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    folded = fold(value)
    if "\0" in folded or any("\ud800" <= character <= "\udfff" for character in folded):
        raise InvalidInput("A text of an item is no Unicode, or holds the character NUL.")
    return folded


class Untranslatable(Exception):
    """A filter, or a part of one, that has no equal in SQL."""


Sql = tuple[str, list[Any]]


def translate(expr: Expr, fields: SqlFields) -> Sql | None:
    """An SQL condition that every row matching `expr` meets, and its values; None if there is none.

    No other row meets it, unless a part of an AND could not be translated.
    """
    parts = expr.operands if isinstance(expr, And) else (expr,)
    translated = []
    for part in parts:
        try:
            translated.append(_exact(part, fields))
        except Untranslatable:
            continue
    return _joined("AND", translated) if translated else None


def _exact(expr: Expr, fields: SqlFields) -> Sql:
    match expr:
        case And(operands):
            return _joined("AND", [_exact(o, fields) for o in operands])
        case Or(operands):
            return _joined("OR", [_exact(o, fields) for o in operands])
        case Not(operand):
            sql, values = _exact(operand, fields)
            return f"(NOT {sql})", values
    if expr.field not in fields.kinds:
        raise Untranslatable
    column, kind = fields.column(expr.field), fields.kinds[expr.field]
    if isinstance(expr, Exists):
        return f"({column} IS NOT NULL)", []
    sql, values = (_list_test if kind == "texts" else _test)(expr, column)
    return f"({column} IS NOT NULL AND {sql})", values


def _test(expr: Compare | Between | In, column: str) -> Sql:
    match expr:
        case Compare(_, operator, value):
            return f"{column} {_OPERATORS[operator]} %s", [_literal(value)]
        case Between(_, low, high):
            return f"{column} BETWEEN %s AND %s", [_literal(low), _literal(high)]
        case In(_, values, negated):
            listed = [_literal(value) for value in values]
            if not listed:
                return ("TRUE" if negated else "FALSE"), []
            return f"{column} {'<> ALL' if negated else '= ANY'}(%s)", [listed]


def _list_test(expr: Compare | Between | In, column: str) -> Sql:
    match expr:
        case Compare(_, "!=", value):
            return f"%s <> ALL({column})", [_literal(value)]
        case Compare(_, operator, value):
            return f"%s {_MIRRORED[operator]} ANY({column})", [_literal(value)]
        case Between(_, low, high):
            test = f"EXISTS (SELECT FROM unnest({column}) AS v WHERE v BETWEEN %s AND %s)"
            return test, [_literal(low), _literal(high)]
        case In(_, values, negated):
            listed = [_literal(value) for value in values]
            return f"{'NOT ' if negated else ''}{column} && %s::text[]", [listed]


def _joined(word: str, parts: list[Sql]) -> Sql:
    if len(parts) == 1:
        return parts[0]
    sql = "(" + f" {word} ".join(part for part, _ in parts) + ")"
    return sql, [value for _, values in parts for value in values]


def _literal(value: Value) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            return _text(value)
        except InvalidInput:
            raise Untranslatable from None
    return float(value)
