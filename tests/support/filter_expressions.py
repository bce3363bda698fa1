"""Random filters, and the few rows that they are asked of."""

import operator

import pyarrow as pa
from hypothesis import settings
from hypothesis import strategies as st

from twinset.columns import columns_from_table
from twinset.filters import And, Between, Compare, Exists, In, Not, Or

ROWS = [
    {"gender": "Women", "price": 10.0, "year": 2011, "available": True, "base colour": "Black"},
    {"gender": "Men", "price": 49.5, "year": None, "available": False, "base colour": 'Off "w"'},
    {"gender": None, "price": None, "year": 2016, "available": None, "base colour": None},
    {"gender": "Women", "price": -1.0, "year": 2016, "available": True, "base colour": "Größe\\"},
    {"gender": "women", "price": 50.0, "year": 0, "available": False, "base colour": ""},
]
for _row, _sizes in zip(
    ROWS, (["S", "M"], ["m", "XL"], None, ["Größe", "zz"], ["XL"]), strict=True
):
    _row["sizes"] = _sizes
# No deadline: the first filter of a process also builds the parser.
SETTINGS = settings(deadline=None, database=None)
COLUMNS = columns_from_table(pa.Table.from_pylist(ROWS), list(ROWS[0]))
OPERATORS = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


STRINGS = st.sampled_from(["Women", "Men", "women", "", "Black", 'Off "w"', "Größe\\", "zz'"])
NUMBERS = st.sampled_from([-1.0, 0.0, 10.0, 49.5, 50.0, 2011.0, 2016.0, 1e-3])
VALUES = {
    "gender": STRINGS,
    "base colour": STRINGS,
    "sizes": st.sampled_from(["S", "m", "XL", "GRÖSSE", "zz", "no such size", ""]),
    "price": NUMBERS,
    "year": NUMBERS,
    "available": st.booleans(),
}


@st.composite
def field_tests(draw):
    field = draw(st.sampled_from(list(VALUES)))
    values = VALUES[field]
    names = ["=", "!="] if field == "available" else list(OPERATORS)
    kinds = [
        st.builds(Compare, st.just(field), st.sampled_from(names), values),
        st.builds(In, st.just(field), st.lists(values, max_size=3).map(tuple), st.booleans()),
        st.builds(Exists, st.just(field)),
    ]
    if field != "available":
        kinds.append(st.builds(Between, st.just(field), values, values))
    return draw(st.one_of(kinds))


def combine(inner):
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, inner), st.builds(And, several), st.builds(Or, several))


EXPRESSIONS = st.recursive(field_tests(), combine, max_leaves=12)
