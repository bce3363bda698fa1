"""One product of a source, checked and turned into a catalogue row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any

from importer.column_mapping import ColumnMap
from importer.pictures.product_pictures import ProductPictures, references_in
from importer.sources.system import kind_in
from importer.values.availability import read_available
from importer.values.dates import DateColumn
from importer.values.html_text import plain_text
from importer.values.kinds import BadValue, Kind, RowRejected, clean, convert, is_blank, text_of
from importer.values.lists import split_list
from importer.values.prices import DecimalMark, Price, read_price
from importer.values.sale_time import is_within
from importer.values.total_lines import is_total
from importer.variants import VariantGroups
from twinset.text.item_ids import id_fault
from twinset.text.text_folding import compose


@dataclass(frozen=True)
class RowBuilder:
    """Turns source rows into catalogue rows; safe to share between threads.

    `kinds` gives each attribute's kind and `separators` what stands between the values of those
    that are lists; `mark` reads prices; `variants` holds the groups found in names, or None.
    """

    columns: ColumnMap
    kinds: Mapping[str, Kind]
    separators: Mapping[str, str]
    mark: DecimalMark
    pictures: ProductPictures | None
    variants: VariantGroups | None = None
    _with_currency: bool = field(default=False)
    _most_further: int = 0
    dates: Mapping[str, DateColumn] = field(default_factory=dict)
    currency: str | None = None
    sale_dates: DateColumn = field(default_factory=DateColumn)

    def build(self, fields: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """A row for `CatalogueWriter.write`, and why optional values were left out of it.

        Raises:
            RowRejected: with the reason; only a bad id, the lack of both title and picture, and a
                line of totals.
        """
        fixed, notes = self.columns.fixed, list[str]()
        raw = {name: fields.get(source) for name, source in fixed.items()}
        if is_total(raw.get("id"), raw.get("title"), fields.values()):
            raise RowRejected("is a line of totals and no product")
        item_id = parse_id(raw.get("id"))
        title = " ".join((_words(raw.get("title"), notes) or "").split())
        pictures = self._pictures(raw, fields, item_id, notes)
        if not title and not pictures:
            raise RowRejected("neither title nor image")
        price = self._price(raw, notes)
        row = {
            "id": item_id,
            "title": title,
            "description": _words(raw.get("description"), notes),
            "link": _noted(text_or_none, raw.get("link"), notes),
            "group_id": _noted(text_or_none, raw.get("group_id"), notes),
            "price": None if price is None else price.amount,
            "available": _noted(read_available, raw.get("available"), notes),
            "image": pictures[0] if pictures else None,
            "further_images": pictures[1:] or None,
        }
        for name, source in self.columns.attributes.items():
            row[name] = self._attribute(name, fields.get(source), notes)
        if price is not None and self._with_currency:
            row["currency"] = row.get("currency") or price.currency or self.currency
        if self.variants is not None and title:
            row["group_id"] = self.variants.group_of(*variant_key(fields, self.columns))
        return row, notes

    def _attribute(self, name: str, value: Any, notes: list[str]) -> Any:
        kind = self.kinds[name]
        if name == self.columns.category:
            value = kind_in(value)
        if value is None or kind is Kind.EMPTY or (isinstance(value, str) and is_blank(value)):
            return None
        try:
            if kind is Kind.LIST:
                parts = split_list(value, self.separators.get(name, ","))
                return None if parts is None else [unescape(part) for part in parts]
            plain = clean(value)
            if kind is Kind.DATE and isinstance(plain, str):
                return self.dates[name].read(plain)
            found = convert(plain, kind)
        except BadValue as bad:
            notes.append(str(bad))
            return None
        return compose(unescape(found)) if isinstance(found, str) else found

    def _price(self, raw: Mapping[str, Any], notes: list[str]) -> Price | None:
        """The regular price, or the sale price if it is lower and the sale is on."""
        start, end = raw.get("sale_start"), raw.get("sale_end")
        is_sale = raw.get("sale_price") not in (None, "") and _noted(
            lambda end: is_within(start, end, self.sale_dates, datetime.now(UTC)), end, notes
        )
        prices = [
            _noted(lambda value: read_price(value, self.mark), raw.get(name), notes)
            for name in ("price", "sale_price")
            if is_sale or name == "price"
        ]
        found = [one for one in prices if one is not None and one.amount > 0]
        free = [one for one in prices if one is not None]
        return min(found, key=lambda one: one.amount) if found else next(iter(free), None)

    def _pictures(
        self, raw: Mapping[str, Any], fields: Mapping[str, Any], item_id: str, notes: list[str]
    ) -> list[bytes]:
        """The pictures of a product, the main one first; the next takes its place if it fails."""
        if self.pictures is None:
            return []
        named = [raw.get("image_path"), *(fields.get(one) for one in self.columns.further)]
        inline = raw.get("image")
        if inline in (None, "", []) and not any(map(references_in, named)):
            named = [fields.get(one) for one in self.columns.spare]
        found, faults = self.pictures.read_all(inline, named, 1 + self._most_further)
        notes.extend(faults)
        if found or {"image", "image_path"} & set(self.columns.fixed):
            return found
        try:
            own = self.pictures.of_id(item_id)
        except BadValue as bad:
            notes.append(str(bad))
            return []
        return [] if own is None else [own]


def parse_id(value: Any) -> str:
    """A product's id as text.

    Raises:
        RowRejected: if it cannot be an id, see `twinset.text.item_ids.id_fault`.
    """
    try:
        text = text_or_none(value) or ""
    except BadValue as bad:
        raise RowRejected(str(bad)) from None
    fault = id_fault(text)
    if fault is not None:
        raise RowRejected(fault)
    return text


def text_or_none(value: Any) -> str | None:
    """Text of a source's value; None if it is blank."""
    plain = clean(value)
    return None if plain is None else compose(text_of(plain))


def variant_key(fields: Mapping[str, Any], columns: ColumnMap) -> tuple[str, str, str, str]:
    """Title, colour, category and gender, blank if missing: arguments of VariantGroups."""

    def read(name: str | None) -> str:
        return "" if name is None else text_or_none(fields.get(columns.attributes[name])) or ""

    title = text_or_none(fields.get(columns.fixed["title"])) or ""
    return title, read(columns.colour), read(columns.category), read(columns.gender)


def _words(value: Any, notes: list[str]) -> str | None:
    """Text without markup; None if it is blank or not text."""
    if isinstance(value, list):  # a column that comes twice, or in several languages
        value = next((one for one in value if one), None)
    text = _noted(text_or_none, value, notes)
    return None if text is None else plain_text(text.replace("\r\n", "\n")) or None


def _noted(read: Any, value: Any, notes: list[str]) -> Any:
    try:
        return read(value)
    except BadValue as bad:
        notes.append(str(bad))
        return None
