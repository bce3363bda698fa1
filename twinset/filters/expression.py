"""The tree of a parsed filter.

A test on a field is false for a row that has no value there, `!=` and `NOT IN` included: a shopper
who asks for anything but black does not ask for items of unknown colour. `Not` is plain negation,
so `NOT colour = "Black"` does match them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Value: TypeAlias = str | float | bool
Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True)
class Compare:
    """`field operator value`; strings are compared without regard to case or Unicode form."""

    field: str
    operator: Operator
    value: Value


@dataclass(frozen=True)
class In:
    """`field IN [values]`, or `field NOT IN [values]` if `negated`."""

    field: str
    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True)
class Between:
    """`field low TO high`, both ends included; nothing lies between swapped ends."""

    field: str
    low: Value
    high: Value


@dataclass(frozen=True)
class Exists:
    """`EXISTS field`: the row has a value there."""

    field: str


@dataclass(frozen=True)
class Not:
    operand: Expr


@dataclass(frozen=True)
class And:
    """All of at least two operands."""

    operands: tuple[Expr, ...]


@dataclass(frozen=True)
class Or:
    """Any of at least two operands."""

    operands: tuple[Expr, ...]


Test: TypeAlias = Compare | In | Between | Exists
Expr: TypeAlias = Test | Not | And | Or


def fields_of(expr: Expr) -> Iterator[str]:
    """The field of each test in the tree, left to right, with repeats."""
    match expr:
        case Not(operand):
            yield from fields_of(operand)
        case And(operands) | Or(operands):
            for operand in operands:
                yield from fields_of(operand)
        case _:
            yield expr.field


def without_field(expr: Expr, field: str) -> Expr | None:
    """The filter without its conditions on one field; None if nothing is left.

    Conditions are what a filter joins by AND at its top. One that names other fields as well, such
    as `colour = "Red" OR price < 10`, stays.
    """
    conditions = tuple(conditions_of(expr))
    kept = tuple(one for one in conditions if {*fields_of(one)} != {field})
    if len(kept) == len(conditions):
        return expr
    return And(kept) if len(kept) > 1 else (kept[0] if kept else None)


def conditions_of(expr: Expr) -> Iterator[Expr]:
    """The parts that a filter joins by AND at its top, left to right; the filter if it has none."""
    if isinstance(expr, And):
        for operand in expr.operands:
            yield from conditions_of(operand)
    else:
        yield expr
