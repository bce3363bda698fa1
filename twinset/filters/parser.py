"""From a filter string to its tree, with lark's LALR(1) parser.

The parser keeps its own stack and the tree is built as rules are reduced, so that no input, however
deeply nested, can exhaust Python's.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, cast

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError

from twinset.errors import FilterError
from twinset.filters.expression import (
    And,
    Between,
    Compare,
    Exists,
    Expr,
    In,
    Not,
    Operator,
    Or,
    Test,
    Value,
)

MAX_LENGTH = 2048
MAX_DEPTH = 32
MAX_VALUES = 256

# Words of the language; a field of such a name stands in backquotes.
KEYWORDS = ("and", "or", "not", "in", "to", "exists", "true", "false")
_GRAMMAR = r"""
start: either
either: both (OR both)*
both: term (AND term)*
?term: NOT term                      -> negation
     | "(" either ")"                -> group
     | test
test: field OPERATOR value           -> compare
    | field IN values                -> member
    | field NOT IN values            -> non_member
    | field value TO value           -> between
    | EXISTS field                   -> exists
values: "[" [value ("," value)*] "]"
field: NAME                          -> bare_name
     | QUOTED_NAME                   -> quoted_name
value: STRING                        -> string
     | NUMBER                        -> number
     | TRUE                          -> true
     | FALSE                         -> false

%%KEYWORDS%%
OPERATOR: "=" | "!=" | "<=" | ">=" | "<" | ">"
NAME: /[^\W\d]\w*/
QUOTED_NAME: /`(?:[^`]|``)+`/
STRING: /"(?:[^"\\]|\\["'\\])*"|'(?:[^'\\]|\\["'\\])*'/
NUMBER: /-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.])/
%ignore /\s+/
""".replace("%%KEYWORDS%%", "\n".join(f"{one.upper()}.2: /{one}\\b/i" for one in KEYWORDS))


def quote_name(name: str) -> str:
    """A field's name as a filter writes it: in backquotes if it is no plain word."""
    plain = name.isidentifier() and name.lower() not in KEYWORDS
    return name if plain else "`" + name.replace("`", "``") + "`"


def quote_value(value: str) -> str:
    """A text as a filter writes it."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


_READABLE = {
    "NAME": "a field",
    "QUOTED_NAME": "a field",
    "STRING": "a string in quotes",
    "NUMBER": "a number",
    "TRUE": "true",
    "FALSE": "false",
    "OPERATOR": "= != < <= > >=",
    "LPAR": "(",
    "RPAR": ")",
    "LSQB": "[",
    "RSQB": "]",
    "COMMA": "a comma",
    "$END": "the end",
}


@lru_cache(512)
def parse_filter(text: str) -> Expr:
    """Parse a filter; shops send the same few, so the last ones are kept.

    Words of the language may be in any case. A field whose name is not a plain word, or is a word
    of the language, stands in backquotes (a backquote in it is doubled). Strings stand in double
    or single quotes; a backslash escapes a quote or itself.

    Raises:
        FilterError: if the filter does not parse, has over `MAX_LENGTH` characters, nests deeper
            than `MAX_DEPTH`, lists over `MAX_VALUES` values, or holds a number out of range. The
            message repeats nothing of the filter; `position` says where it fails.
    """
    if len(text) > MAX_LENGTH:
        raise FilterError(f"The filter is longer than {MAX_LENGTH} characters.")
    try:
        # With a transformer lark returns what that makes of `start`, not a tree of its own.
        return cast("Expr", _parser().parse(text))
    except VisitError as error:
        if isinstance(error.orig_exc, FilterError):
            raise error.orig_exc from None
        raise
    except UnexpectedInput as error:
        raise _syntax_error(error, text) from None


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", transformer=_Builder())


def _syntax_error(error: UnexpectedInput, text: str) -> FilterError:
    position = error.pos_in_stream or 0
    names = set(error.allowed or ()) if isinstance(error, UnexpectedCharacters) else set()
    if isinstance(error, UnexpectedToken):
        names = error.expected
        if error.token.type == "$END":  # it carries the place of the token before it
            position = len(text)
    expected = ", ".join(sorted({_READABLE.get(name, name) for name in names}))
    place = "at its end" if position == len(text) else f"at character {position + 1}"
    return FilterError(f"The filter fails {place}; expected {expected}.", position)


@dataclass(frozen=True)
class _Nested:
    """An expression, and how many parentheses and NOTs lie around its innermost test."""

    expr: Expr
    depth: int


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """Makes an `Expr` of each rule's parts; keywords arrive as tokens and are passed over."""

    def start(self, nested: _Nested) -> Expr:
        return nested.expr

    def either(self, *parts: _Nested | Token) -> _Nested:
        return _combine(Or, parts)

    def both(self, *parts: _Nested | Token) -> _Nested:
        return _combine(And, parts)

    def negation(self, word: Token, nested: _Nested) -> _Nested:
        return _Nested(Not(nested.expr), _deeper(nested, word))

    def group(self, nested: _Nested) -> _Nested:
        return _Nested(nested.expr, _deeper(nested, None))

    def compare(self, field: str, operator: Token, value: Value) -> _Nested:
        return _leaf(Compare(field, cast("Operator", str(operator)), value))

    def member(self, field: str, _in: Token, values: tuple[Value, ...]) -> _Nested:
        return _leaf(In(field, values))

    def non_member(self, field: str, _not: Token, _in: Token, values: tuple[Value, ...]) -> _Nested:
        return _leaf(In(field, values, negated=True))

    def between(self, field: str, low: Value, _to: Token, high: Value) -> _Nested:
        return _leaf(Between(field, low, high))

    def exists(self, _exists: Token, field: str) -> _Nested:
        return _leaf(Exists(field))

    def values(self, *values: Value | None) -> tuple[Value, ...]:
        if len(values) > MAX_VALUES:
            raise FilterError(f"A list in the filter has more than {MAX_VALUES} values.")
        return tuple(value for value in values if value is not None)

    def bare_name(self, token: Token) -> str:
        return str(token)

    def quoted_name(self, token: Token) -> str:
        return token[1:-1].replace("``", "`")

    def string(self, token: Token) -> str:
        return re.sub(r"\\(.)", r"\1", token[1:-1])

    def number(self, token: Token) -> float:
        number = float(token)
        if not math.isfinite(number):
            raise FilterError("A number in the filter is out of range.", token.start_pos)
        return number

    def true(self, _token: Token) -> bool:
        return True

    def false(self, _token: Token) -> bool:
        return False


def _leaf(test: Test) -> _Nested:
    return _Nested(test, 0)


def _combine(kind: type[And] | type[Or], parts: tuple[_Nested | Token, ...]) -> _Nested:
    nested = [part for part in parts if isinstance(part, _Nested)]
    if len(nested) == 1:
        return nested[0]
    return _Nested(kind(tuple(n.expr for n in nested)), max(n.depth for n in nested))


def _deeper(nested: _Nested, word: Token | None) -> int:
    if nested.depth >= MAX_DEPTH:
        position = None if word is None else word.start_pos
        raise FilterError(f"The filter nests deeper than {MAX_DEPTH} levels.", position)
    return nested.depth + 1
