"""Rows of one group, such as the sizes of a shoe, folded into the item that a shopper chooses.

Sizes and other options are collected into lists; colours stay apart, as items of one group, if each
has a picture of its own; the price is the lowest that can be bought.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from typing import Any

from importer.column_mapping import ColumnMap
from importer.pictures.product_pictures import references_in
from importer.reading.records import NO_COLUMNS, Record, Source
from importer.sources.variants_of_product import amount_of, is_colour, state_of

_OPTIONS = re.compile(
    r"size|grö(ß|ss)e|groesse|taille|talla|taglia|maat|rozmiar|tamanho|length|länge|width|weite|cup|"
    r"pattern|material|fit$"
)
Fields = Mapping[str, Any]


class FoldedSource:
    """The rows of a source, those of one group together; rows without a group stay as they are.

    A folded item has the group's id, and its colour's after it if the group has several items.
    """

    def __init__(self, rows: Source, columns: ColumnMap) -> None:
        self._rows, self._columns = rows, columns
        self.columns: Sequence[str] = rows.columns
        self.files: Sequence[Path] = rows.files
        self.skipped: Sequence[str] = rows.skipped
        self.typed = rows.typed
        self._sizes = Counter(group for one in rows.records() if (group := self._group(one)))

    def records(self, without: AbstractSet[str] = NO_COLUMNS) -> Iterator[Record]:
        """Every item; that of a group comes when its last row is read."""
        waiting: dict[str, list[Record]] = {}
        for record in self._rows.records(without):
            group = self._group(record)
            if group is None or self._sizes[group] == 1:
                yield record
                continue
            members = waiting.setdefault(group, [])
            members.append(record)
            if len(members) == self._sizes[group]:
                yield from self._fold(group, waiting.pop(group))

    def _group(self, record: Record) -> str | None:
        source = self._columns.fixed.get("group_id")
        value = None if source is None or record.fault else record.fields.get(source)
        return str(value).strip() or None if isinstance(value, (str, int)) else None

    def _fold(self, group: str, members: list[Record]) -> Iterator[Record]:
        by_colour: dict[str, list[Record]] = {}
        for one in members:
            by_colour.setdefault(self._colour(one.fields), []).append(one)
        pictures = {colour: self._pictures(rows)[:1] for colour, rows in by_colour.items()}
        own = {repr(first) for first in pictures.values() if first}
        if len(by_colour) == 1 or len(own) < len(by_colour):
            yield self._merged(group, members)
            return
        for colour, rows in by_colour.items():
            yield self._merged(f"{group}-{colour}" if colour else group, rows)

    def _colour(self, fields: Fields) -> str:
        names = [name for name in fields if is_colour(name) and fields[name]]
        value = fields[names[0]] if names else ""
        return "-".join(map(str, value)) if isinstance(value, list) else str(value).strip()

    def _pictures(self, rows: Sequence[Record]) -> list[Any]:
        """Every picture that the rows name, each once."""
        sources = [self._columns.fixed.get(name) for name in ("image", "image_path")]
        named = (one.fields.get(source) for one in rows for source in sources if source)
        return list(dict.fromkeys(one for value in named for one in references_in(value)))

    def _merged(self, item_id: str, rows: list[Record]) -> Record:
        fixed = self._columns.fixed
        stock = [state_of(one.fields.get(fixed.get("available", ""))) for one in rows]
        buyable = [one for one, state in zip(rows, stock, strict=True) if state is not False]
        priced = [one for one in buyable or rows if self._amount(one) is not None]
        chosen = min(priced, key=lambda one: self._amount(one) or 0.0) if priced else rows[0]
        fields = dict(rows[0].fields)
        for name in ("price", "sale_price", "available", "link"):
            if name in fixed:
                fields[fixed[name]] = chosen.fields.get(fixed[name])
        for source in self._columns.attributes.values():
            if _OPTIONS.search(source.casefold()) or is_colour(source):
                fields[source] = _together([one.fields.get(source) for one in rows])
        if "image_path" in fixed and "image" not in fixed:
            fields[fixed["image_path"]] = self._pictures(rows)
        fields[fixed["id"]] = item_id
        return replace(rows[0], fields=fields)

    def _amount(self, record: Record) -> float | None:
        fixed = self._columns.fixed
        prices = [
            amount_of(record.fields.get(fixed[name]))
            for name in ("price", "sale_price")
            if name in fixed
        ]
        return min((one for one in prices if one), default=None)


def _together(values: Sequence[Any]) -> Any:
    """The distinct values, lists taken apart; one alone if there is no other."""
    parts = [one for value in values for one in (value if isinstance(value, list) else [value])]
    kept: list[Any] = []
    for one in parts:  # which may be objects of JSON, so they are compared one by one
        if one not in (None, "") and one not in kept:
            kept.append(one)
    return kept[0] if len(kept) == 1 else kept or None
