"""Items' fields as Milvus columns, and filters as Milvus expressions.

What a missing value does in an expression has changed between versions of Milvus. So there are no
nulls: a text is stored folded, behind an equals sign, and a missing text is empty; a missing number
is one that no catalogue holds, a truth value is -1, 0 or 1. The order of values stays, a plain
`not` is a plain negation, and the answer is that of `twinset.filters.evaluate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from twinset.columns import Column, Columns, Value
from twinset.errors import InvalidInput
from twinset.filters import And, Between, Compare, Exists, Expr, In, Not, Or
from twinset.text.text_folding import fold

ROW = "row"
VECTOR = "vector"
# A collection is searched exactly in parts: those of a row's number modulo so many.
PART, PARTS = "part", 16
# Of a row whose vector occurs more than once, the first row that holds it.
COPIES, NO_COPY = "copies", -1
# A collection holds 64 fields at most; what is beyond is filtered by the mask alone.
MAX_FIELDS = 60
# Texts are stored by `fold`, so that they compare as filters do; 0.1 stored them as they are.
FieldKind = Literal["folded", "texts", "string", "number", "boolean"]
# The most texts that an array holds.
MAX_TEXTS = 4096
# What an item has in a field: a value, several texts, or nothing.
Cell = Value | list[str] | None
MAX_BYTES = 65_535
_NO_STRING = ""
_NO_NUMBER = -1e308
_NO_TRUTH = -1
_NONE = f"{ROW} < 0"
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


@dataclass(frozen=True)
class FieldMap:
    """Which fields a collection carries, in order; the n-th is its column `f<n>`."""

    kinds: Mapping[str, FieldKind]

    @classmethod
    def of(cls, columns: Columns) -> Self:
        """The fields of some columns that fit into a collection."""
        return cls({name: _kind_of(columns[name]) for name in list(columns)[:MAX_FIELDS]})

    def column(self, name: str) -> str:
        return f"f{list(self.kinds).index(name)}"

    def cells(self, fields: Mapping[str, Cell]) -> dict[str, Any]:
        """One item's columns; a field that it lacks has no value.

        Raises:
            InvalidInput: if a string is too long or no Unicode text, or a number is out of range.
        """
        return {
            f"f{number}": _cell(kind, fields.get(name))
            for number, (name, kind) in enumerate(self.kinds.items())
        }


def _kind_of(column: Column) -> FieldKind:
    if column.lists is not None:
        return "texts"
    return "folded" if column.kind == "string" else column.kind


def _cell(kind: FieldKind, value: Any) -> Any:
    if kind == "texts":
        values = value if isinstance(value, list) else [value]
        if len(values) > MAX_TEXTS:
            raise InvalidInput(f"A field of an item has more than {MAX_TEXTS} texts.")
        return [_cell("folded", one) for one in values]
    if kind == "boolean":
        return _NO_TRUTH if value is None else int(value)
    if kind == "number":
        if value is None or value != value:  # NaN is no value
            return _NO_NUMBER
        if not _NO_NUMBER < value < -_NO_NUMBER:
            raise InvalidInput("A number of an item is out of range.")
        return float(value)
    if kind == "folded" and isinstance(value, str):
        value = fold(value)
    text = _NO_STRING if value is None else f"={value}"
    if _is_broken(text) or len(text.encode()) > MAX_BYTES:
        raise InvalidInput(f"A text of an item is no Unicode or has over {MAX_BYTES - 1} bytes.")
    return text


class Untranslatable(Exception):
    """A filter, or a part of one, that has no equal among Milvus expressions."""


def translate(expr: Expr, fields: FieldMap) -> str | None:
    """A Milvus expression that every row matching `expr` matches; None if there is none.

    It matches no other row either, unless a part of an AND could not be translated.
    """
    parts = expr.operands if isinstance(expr, And) else (expr,)
    translated = []
    for part in parts:
        try:
            translated.append(_exact(part, fields))
        except Untranslatable:
            continue
    return _joined("and", translated) if translated else None


def _exact(expr: Expr, fields: FieldMap) -> str:
    match expr:
        case And(operands):
            return _joined("and", [_exact(o, fields) for o in operands])
        case Or(operands):
            return _joined("or", [_exact(o, fields) for o in operands])
        case Not(operand):
            return f"(not {_exact(operand, fields)})"
    if expr.field not in fields.kinds:
        raise Untranslatable
    column, kind = fields.column(expr.field), fields.kinds[expr.field]
    return _list_test(expr, column) if kind == "texts" else _test(expr, column, kind)


def _test(expr: Compare | Between | In | Exists, column: str, kind: FieldKind) -> str:
    if kind == "string" and not isinstance(expr, Exists):
        raise Untranslatable  # a collection of 0.1 holds texts as they are written
    present = f"{column} > {_literal(kind, None)}"
    match expr:
        case Exists():
            return f"({present})"
        case Compare(_, operator, value):
            sign = "==" if operator == "=" else operator
            return f"({present} and {column} {sign} {_literal(kind, value)})"
        case Between(_, low, high):
            ends = _literal(kind, low), _literal(kind, high)
            return f"({present} and {column} >= {ends[0]} and {column} <= {ends[1]})"
        case In(_, values, negated):
            return _membership(column, present, [_literal(kind, v) for v in values], negated)


def _membership(column: str, present: str, values: Sequence[str], negated: bool) -> str:
    if not values:
        return f"({present})" if negated else f"({_NONE})"
    listed = f"[{', '.join(values)}]"
    return f"({present} and {column} {'not in' if negated else 'in'} {listed})"


def _list_test(expr: Compare | Between | In | Exists, column: str) -> str:
    """Tests of which texts a list holds; what asks for their order is left to the mask."""
    present = f"not array_contains({column}, {_literal('folded', None)})"
    match expr:
        case Exists():
            return f"({present})"
        case Compare(_, "=", value):
            return f"(array_contains({column}, {_literal('folded', value)}))"
        case Compare(_, "!=", value):
            return f"({present} and not array_contains({column}, {_literal('folded', value)}))"
        case In(_, values, negated):
            listed = ", ".join(_literal("folded", value) for value in values)
            if not listed:
                return f"({present})" if negated else f"({_NONE})"
            held = f"array_contains_any({column}, [{listed}])"
            return f"({present} and not {held})" if negated else f"({held})"
    raise Untranslatable


def _joined(word: str, parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else "(" + f" {word} ".join(parts) + ")"


def _literal(kind: FieldKind, value: Value | None) -> str:
    """A value, or the lack of one, the way `_cell` stores it."""
    try:
        cell = _cell(kind, value)
    except (InvalidInput, TypeError, ValueError):
        raise Untranslatable from None
    if not isinstance(cell, str):
        return repr(cell)
    if any(ord(character) < 32 and character not in "\n\r\t" for character in cell):
        raise Untranslatable
    return f'"{cell.translate(_ESCAPES)}"'


def _is_broken(text: str) -> bool:
    """True if a text holds half a surrogate pair, which has no UTF-8."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def rows_in(rows: Sequence[int]) -> str:
    return f"{ROW} in [{','.join(map(str, rows))}]"


def rows_not_in(rows: Sequence[int]) -> str:
    """The rows but these; no expression at all, which is every row, if there are none."""
    return f"{ROW} not in [{','.join(map(str, rows))}]" if len(rows) else ""
