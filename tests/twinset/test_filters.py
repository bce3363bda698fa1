"""The filter language: parsing, meaning (against a plain-Python evaluator), and refusals."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.filter_expressions import COLUMNS, EXPRESSIONS, OPERATORS, ROWS, SETTINGS
from twinset.columns import columns_from_table
from twinset.errors import FilterError
from twinset.filters import (
    And,
    Between,
    Compare,
    Exists,
    In,
    Not,
    Or,
    evaluate,
    fields_of,
    parse_filter,
    without_field,
)


def matches(text):
    return np.flatnonzero(evaluate(parse_filter(text), COLUMNS)).tolist()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('gender = "Women"', [0, 3, 4]),
        ("gender = 'wOMEN'", [0, 3, 4]),
        ('gender\u00a0=\u3000"Women"\u2028', [0, 3, 4]),  # as copied from a page
        ('gender != "Women"', [1]),
        ('NOT gender = "Women"', [1, 2]),
        ('sizes = "M"', [0, 1]),
        ('sizes IN ["xl", "S"]', [0, 1, 4]),
        ('sizes != "xl"', [0, 3]),
        ('sizes NOT IN ["m", "zz"]', [4]),
        ('NOT sizes = "m"', [2, 3, 4]),
        ('sizes = "GRÖSSE"', [3]),
        ("EXISTS sizes", [0, 1, 3, 4]),
        ('`base colour` = "GRO\\u0308SSE\\\\"'.replace("\\u0308", "\u0308"), [3]),
        ("price 10 TO 50", [0, 1, 4]),
        ("price 50 TO 10", []),
        ("price < 0 OR price >= 50", [3, 4]),
        ("price = 1e1", [0]),
        ("year IN [2011, 2016]", [0, 2, 3]),
        ("year NOT IN [2011, 2016]", [4]),
        ("year IN []", []),
        ("year NOT IN []", [0, 2, 3, 4]),
        ("available = true", [0, 3]),
        ("available NOT IN [true]", [1, 4]),
        ("EXISTS year", [0, 2, 3, 4]),
        ("NOT EXISTS year", [1]),
        ('gender > "Men"', [0, 3, 4]),
        ('gender "Men" TO "Women"', [0, 1, 3, 4]),
        ('`base colour` = "Off \\"w\\""', [1]),
        ('`base colour` = "Größe\\\\"', [3]),
        ('`base colour` = ""', [4]),
        ('gender = "nobody"', []),
        ('gender != "nobody"', [0, 1, 3, 4]),
        ('gender = "Women" and price > 0 or available = FALSE', [0, 1, 4]),
        ('gender = "Women" AND (price > 0 OR available = false)', [0, 4]),
    ],
)
def test_meaning(text, rows):
    assert matches(text) == rows


def test_the_tree_can_be_walked():
    tree = parse_filter('gender = "a" AND NOT (price 1 TO 2 OR EXISTS year) AND year NOT IN [3]')
    assert tree == And(
        (
            Compare("gender", "=", "a"),
            Not(Or((Between("price", 1.0, 2.0), Exists("year")))),
            In("year", (3.0,), negated=True),
        )
    )
    assert list(fields_of(tree)) == ["gender", "price", "year", "year"]


def test_a_word_of_the_language_is_a_field_in_backquotes():
    assert parse_filter("`to` = 1 AND `a``b` = 2 AND island = 3") == And(
        (Compare("to", "=", 1.0), Compare("a`b", "=", 2.0), Compare("island", "=", 3.0))
    )


# Random trees, rendered to a string and compared with the plain reading of the rules.


def render(expr):
    match expr:
        case Compare(field, name, value):
            return f"`{field}` {name} {literal(value)}"
        case In(field, values, negated):
            listed = ", ".join(map(literal, values))
            return f"`{field}` {'NOT IN' if negated else 'in'} [{listed}]"
        case Between(field, low, high):
            return f"`{field}` {literal(low)} TO {literal(high)}"
        case Exists(field):
            return f"EXISTS `{field}`"
        case Not(operand):
            return f"NOT ({render(operand)})"
        case And(operands):
            return " AND ".join(f"({render(o)})" for o in operands)
        case Or(operands):
            return " OR ".join(f"({render(o)})" for o in operands)


def literal(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


def holds(expr, row):
    match expr:
        case Not(operand):
            return not holds(operand, row)
        case And(operands):
            return all(holds(o, row) for o in operands)
        case Or(operands):
            return any(holds(o, row) for o in operands)
    value = row[expr.field]
    if value is None:
        return False
    each = [key(one) for one in (value if isinstance(value, list) else [value])]
    match expr:
        case Compare(_, "!=", other):
            return all(one != key(other) for one in each)
        case Compare(_, name, other):
            return any(OPERATORS[name](one, key(other)) for one in each)
        case In(_, values, negated):
            return any(one in map(key, values) for one in each) != negated
        case Between(_, low, high):
            return any(key(low) <= one <= key(high) for one in each)
        case Exists():
            return True


def key(value):
    """A text as people compare it, in plain Python; anything else as it is."""
    if not isinstance(value, str):
        return value
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())


@pytest.mark.fuzz
@SETTINGS
@given(EXPRESSIONS)
def test_random_filters_mean_what_plain_python_says(expr):
    parsed = parse_filter(render(expr))
    expected = [holds(expr, row) for row in ROWS]
    assert evaluate(parsed, COLUMNS).tolist() == expected
    assert evaluate(expr, COLUMNS).tolist() == expected


@pytest.mark.fuzz
@SETTINGS
@given(st.text(max_size=200))
def test_any_text_is_parsed_or_refused(text):
    parse_or_refuse(text)


TOKENS = [
    "price",
    "gender",
    "=",
    "(",
    ")",
    "[",
    "]",
    ",",
    "1",
    '"a"',
    "AND",
    "NOT",
    "IN",
    "TO",
    "`",
]


@pytest.mark.fuzz
@SETTINGS
@given(st.lists(st.sampled_from([*TOKENS, "OR", "EXISTS", "true", "\\", "-", "1e999"])))
def test_any_order_of_words_is_parsed_or_refused(tokens):
    parse_or_refuse(" ".join(tokens))


def parse_or_refuse(text):
    try:
        evaluate(parse_filter(text), COLUMNS)
    except FilterError as error:
        refusal = error
    else:
        return
    assert len(str(refusal).encode()) < 1024
    assert refusal.position is None or 0 <= refusal.position <= len(text)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("price", 5),
        ("price = ", 8),
        ("price == 1", 7),
        ("price = 10abc", 8),
        ("price = 1.", 8),
        ("price = NaN", 8),
        ("price = 1e999", 8),
        ("price = " + "9" * 1500, 8),
        ("price = ٣", 8),
        ("price\u200b= 1", 5),
        ('gender = "a', 9),
        ('gender = "\\q"', 9),
        ("price 1", 7),
        ("price = 1 AND", 13),
        ("price = 1)", 9),
        ("gender = \ud800", 9),
    ],
)
def test_a_wrong_filter_is_refused_with_its_place(text, position):
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    assert caught.value.position == position


def test_a_lone_surrogate_in_a_string_matches_nothing():
    assert matches('gender = "\ud800"') == []


@pytest.mark.parametrize("opening", ["(", "NOT "])
def test_nesting_is_limited(opening):
    closing = ")" if opening == "(" else ""
    assert matches(opening * 32 + "price = 10" + closing * 32) == [0]
    with pytest.raises(FilterError, match="deeper than 32"):
        parse_filter(opening * 33 + "price = 10" + closing * 33)
    with pytest.raises(FilterError):
        parse_filter(opening * 500 + "price = 10" + closing * 500)


def test_lists_and_length_are_limited():
    assert matches(f"price IN [{','.join(['10'] * 256)}]") == [0]
    with pytest.raises(FilterError, match="more than 256 values"):
        parse_filter(f"price IN [{','.join(['10'] * 257)}]")
    assert matches("price = 10".ljust(2048)) == [0]
    with pytest.raises(FilterError, match="longer than 2048"):
        parse_filter("price = 10".ljust(2049))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("secret = 1", "known fields: gender, price, year, available, base colour"),
        ("gender = 1", "'gender' takes a string"),
        ('price IN [1, "a"]', "'price' takes a number"),
        ("price true TO false", "'price' takes a number"),
        ("available = 1", "'available' takes true or false"),
        ("available > false", "'available' is true or false and has no order"),
    ],
)
def test_a_wrong_field_or_type_is_refused(text, message):
    with pytest.raises(FilterError, match=message) as caught:
        matches(text)
    assert "secret" not in str(caught.value)


def test_many_known_fields_make_a_short_message():
    table = pa.table({f"attribute number {n}": [n] for n in range(500)})
    columns = columns_from_table(table, table.column_names)
    with pytest.raises(FilterError, match=r"and \d+ more") as caught:
        evaluate(parse_filter("x = 1"), columns)
    assert len(str(caught.value)) < 1024


def test_columns_count_and_group():
    assert COLUMNS["gender"].counts() == [("Women", 2), ("Men", 1), ("women", 1)]
    assert COLUMNS["year"].counts(np.array([0, 0, 1, 1, 1], np.bool_)) == [(2016.0, 2), (0.0, 1)]
    assert COLUMNS["gender"].group_codes().tolist() == [1, 0, -1, 1, 2]
    assert COLUMNS["year"].group_codes().tolist()[1:4] == [-1, 2, 2]
    assert [COLUMNS["available"].value(row) for row in range(3)] == [True, False, None]


def test_a_column_without_a_value():
    columns = columns_from_table(pa.table({"a": pa.array([None, None], pa.string())}), ["a"])
    assert evaluate(parse_filter('a != "x"'), columns).tolist() == [False, False]
    assert columns["a"].counts() == []


@pytest.mark.parametrize(
    ("text", "field", "left"),
    [
        ("a = 1", "a", None),
        ("a = 1", "b", "a = 1"),
        ("a = 1 AND b = 2 AND a < 3", "a", "b = 2"),
        ("a = 1 AND (b = 2 AND (NOT a > 3 AND c = 4))", "a", "b = 2 AND c = 4"),
        ("(a = 1 OR a = 2) AND b = 2", "a", "b = 2"),
        ("(a = 1 OR b = 2) AND c = 3", "a", "(a = 1 OR b = 2) AND c = 3"),
        ("NOT (a = 1 AND a = 2) AND EXISTS b", "a", "EXISTS b"),
    ],
)
def test_a_filter_without_one_field(text: str, field: str, left: str | None) -> None:
    expected = None if left is None else parse_filter(left)
    assert without_field(parse_filter(text), field) == expected
