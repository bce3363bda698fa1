"""The filter language: `gender = "Women" AND price 10 TO 50 AND baseColour NOT IN ["Black"]`.

`parse_filter` turns a string into a small tree, `evaluate` the tree and a table of columns into
the rows that match. The tree is plain data, for others to walk or translate.
"""

from twinset.filters.evaluation import evaluate
from twinset.filters.expression import (
    And,
    Between,
    Compare,
    Exists,
    Expr,
    In,
    Not,
    Or,
    Value,
    conditions_of,
    fields_of,
    without_field,
)
from twinset.filters.parser import parse_filter, quote_name, quote_value

__all__ = [
    "And",
    "Between",
    "Compare",
    "Exists",
    "Expr",
    "In",
    "Not",
    "Or",
    "Value",
    "conditions_of",
    "evaluate",
    "fields_of",
    "parse_filter",
    "quote_name",
    "quote_value",
    "without_field",
]
