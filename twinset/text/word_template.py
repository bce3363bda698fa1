"""The words of an item that are embedded, filled into a template from its fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

# A point or comma, and the points and commas that follow it without a word in between.
_GAPS = re.compile(r"\s*([.,])(?:\s*[.,])+")


def render_texts(template: str, rows: pa.Table) -> list[str | None]:
    """Fill `template`, such as "{title}. {description:.160}", from each row.

    `:.160` takes the first 160 letters; of a list all values are taken. A field that is null, or
    that the table lacks, counts as blank; a text without a letter or digit left is None, so that an
    item without words is embedded from its image alone.
    """
    return [render_text(template, row) for row in rows.to_pylist()]


def render_text(template: str, row: Mapping[str, Any]) -> str | None:
    """The same for one row, given as its fields by name."""
    there = {name: value for name, value in row.items() if value is not None}
    given = {k: ", ".join(v) if isinstance(v, list) else v for k, v in there.items()}
    filled = template.format_map(_Blank(given))
    if template.count("{") > 1:
        filled = _GAPS.sub(r"\1", filled)  # the punctuation around a blank field
    text = filled.strip(" .,\n")
    return text if any(c.isalnum() for c in text) else None


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""
