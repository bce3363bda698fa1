"""The first pass over a source: what needs every row to be known."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from importer.catalogue_rows import variant_key
from importer.column_mapping import ColumnMap
from importer.import_options import ColumnReport, ImportOptions
from importer.reading.records import Record, Source
from importer.sources.system import kind_in
from importer.values.dates import DateColumn, is_date
from importer.values.dollars import DollarJudge, is_bare
from importer.values.kinds import BadValue, CommaColumn, Kind, clean, kind_of
from importer.values.lists import ListJudge
from importer.values.prices import DecimalMark, currency_in_name, read_price
from importer.values.sale_time import add_date
from importer.variants import VariantGroups
from twinset.errors import CatalogueError
from twinset.progress import track

_SAMPLE_LENGTH = 60
# A column that says the same of every one of so many products tells them apart in nothing.
_LEAST_CONSTANT = 20
_NEVER_CONSTANT = frozenset({"brand", "currency", "gender", "colour", "color"})
_PRICES = ("price", "sale_price")
_SALE_TIME = ("sale_start", "sale_end")
_CODE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class Survey:
    """What the first pass learns of a source.

    `kinds`, `separators` and `dates` are by attribute, `filled` and `samples` by source column.
    """

    count: int
    kinds: dict[str, Kind]
    separators: dict[str, str]
    mark: DecimalMark
    currencies: tuple[str, ...]
    variants: VariantGroups | None
    filled: Counter[str]
    samples: dict[str, str]
    constant: frozenset[str] = frozenset()
    dates: Mapping[str, DateColumn] = field(default_factory=dict)
    currency: str | None = None  # that the name of the price's column says
    dollars: DollarJudge | None = None  # if any price has a `$` alone
    sale_dates: DateColumn = field(default_factory=DateColumn)  # of starts and ends together

    def columns(self, columns: ColumnMap) -> list[ColumnReport]:
        """What becomes of each source column."""
        roles = {source: name for name, source in columns.fixed.items()}
        roles |= {
            source: f"attribute {name}, {self.kinds[name].value}"
            + (" (the kind)" if name == columns.category else "")
            for name, source in columns.attributes.items()
            if source not in roles
        }
        roles |= dict.fromkeys(columns.further, "further pictures")
        roles |= dict.fromkeys(columns.spare, "a picture if there is no other")
        roles |= dict.fromkeys(columns.private, "kept private")
        roles |= {columns.attributes[n]: "the same everywhere, left out" for n in self.constant}
        return [
            ColumnReport(
                column,
                role,
                self.samples.get(column),
                self.filled[column] / self.count if self.count else 0.0,
            )
            for column, role in roles.items()
        ]


@dataclass
class _Judges:
    columns: ColumnMap
    kinds: dict[str, Kind]
    lists: dict[str, ListJudge]
    mark: DecimalMark
    parse_text: bool
    firsts: dict[str, Any] = field(default_factory=dict)
    varying: set[str] = field(default_factory=set)
    dates: dict[str, DateColumn] = field(default_factory=dict)
    commas: dict[str, CommaColumn] = field(default_factory=dict)
    sale_dates: DateColumn = field(default_factory=DateColumn)

    def look(self, record: Record) -> None:
        """Take one row into account."""
        fields = record.fields
        for name, source in self.columns.attributes.items():
            value = fields.get(source)
            if name == self.columns.category:
                value = kind_in(value)
            if value is None or value == "":
                continue
            if name != self.columns.category:  # an item is of one kind
                self.lists[name].add(value)
            if name not in self.varying and self.firsts.setdefault(name, value) != value:
                self.varying.add(name)
            if self.kinds[name] is not Kind.TEXT:  # which holds whatever comes
                self._judge_kind(name, value)
        for name, source in self.columns.fixed.items():
            if name in _PRICES:
                self.mark.add(fields.get(source))
            elif name in _SALE_TIME:
                add_date(self.sale_dates, fields.get(source))

    def _judge_kind(self, name: str, value: Any) -> None:
        try:
            plain = clean(value)
        except BadValue:
            return
        kind = kind_of(plain, self.parse_text)
        if kind is Kind.TEXT and self.parse_text and isinstance(plain, str) and is_date(plain):
            kind = Kind.DATE
            self.dates.setdefault(name, DateColumn()).add(plain)
        if kind is Kind.COMMA:
            self.commas.setdefault(name, CommaColumn()).add(str(plain))
        self.kinds[name] = self.kinds[name].join(kind)

    def settled(self) -> dict[str, Kind]:
        """The kinds after every row: commas are no decimals in sizes, nor if nothing says so."""
        said = self.mark.comma and not self.mark.is_mixed
        unlike = {
            name: Kind.TEXT
            for name, one in self.commas.items()
            if self.kinds[name] is Kind.COMMA
            and (self.lists[name].is_usual or not one.is_decimal(said))
        }
        return self.kinds | unlike


def survey_rows(rows: Source, columns: ColumnMap, options: ImportOptions) -> Survey:
    """Read every row without its image; unreadable rows only count.

    Raises:
        CatalogueError: if the prices can be read in two ways.
    """
    judges = _Judges(
        columns,
        dict.fromkeys(columns.attributes, Kind.EMPTY),
        {n: ListJudge(n, source in options.lists) for n, source in columns.attributes.items()},
        DecimalMark(options.decimal),
        parse_text=not rows.typed,
    )
    derives = options.group_by_name and "group_id" not in columns.fixed and "title" in columns.fixed
    variants = VariantGroups() if derives and columns.colour is not None else None
    filled: Counter[str] = Counter()
    samples: dict[str, str] = {}
    named = currency_in_name(columns.fixed.get("price", ""))
    currencies, dollars = Counter[str](), DollarJudge(named)
    count = 0
    for record in track(rows.records(without=columns.image_sources), "Reading columns"):
        count += 1
        if record.fault is not None:
            continue
        judges.look(record)
        _fill(record.fields, filled, samples)
        _count_currency(record.fields, columns, currencies, dollars)
        if variants is not None:
            _add_variant(variants, record, columns)
    if judges.mark.is_ambiguous:
        raise CatalogueError(
            "prices such as 1.299 may be a thousand or one and a bit, and no other price says "
            "which; pass --decimal , or --decimal ."
        )
    separators = {name: one.separator for name, one in judges.lists.items()}
    known = {name: separator for name, separator in separators.items() if separator is not None}
    kinds = {n: Kind.LIST if n in known else kind for n, kind in judges.settled().items()}
    constant = _constant(judges, columns, filled, count) - frozenset(options.columns.keep)
    kinds |= dict.fromkeys(constant, Kind.EMPTY)
    if dollars.bare:
        judges.mark.dollar = dollars.currency
        currencies[dollars.currency] += dollars.bare
    money = tuple(currencies) or ((named,) if named else ())
    dates = {name: one for name, one in judges.dates.items() if kinds[name] is Kind.DATE}
    kinds |= {name: Kind.TEXT for name, one in dates.items() if not one.is_clear}
    return Survey(
        count, kinds, known, judges.mark, money, variants, filled, samples, constant,
        dates, named, dollars if dollars.bare else None, judges.sale_dates,
    )  # fmt: skip


def _constant(
    judges: _Judges, columns: ColumnMap, filled: Counter[str], count: int
) -> frozenset[str]:
    """Attributes that say the same of every product of a catalogue that has some."""
    if count < _LEAST_CONSTANT:
        return frozenset()
    kept = {columns.category, columns.colour, columns.gender, *_NEVER_CONSTANT}
    return frozenset(
        name
        for name, source in columns.attributes.items()
        if filled[source] == count and name not in judges.varying and name.casefold() not in kept
    )


def _fill(fields: Any, filled: Counter[str], samples: dict[str, str]) -> None:
    for column, value in fields.items():
        if value is None or value == "" or value == []:
            continue
        filled[column] += 1
        if column not in samples:
            samples[column] = " ".join(str(value)[: 4 * _SAMPLE_LENGTH].split())[:_SAMPLE_LENGTH]


def _count_currency(
    fields: Any, columns: ColumnMap, currencies: Counter[str], dollars: DollarJudge
) -> None:
    source = columns.fixed.get("price")
    value = fields.get(source) if source is not None else None
    said = columns.attributes.get("currency")
    own = str(fields.get(said) or "").strip().upper() if said is not None else ""
    if value is None or (isinstance(value, str) and not value.strip()):
        return
    if _CODE.fullmatch(own):
        currencies[own] += 1
        dollars.add_currency(own)
        return
    if isinstance(value, str) and value[-1:].isdigit() and value[:1].isdigit():
        return  # a plain number names no currency
    if is_bare(value):
        dollars.add(fields, value, fields.get(columns.fixed.get("link", "")))
        return
    try:
        price = read_price(value, DecimalMark())
    except BadValue:
        return
    if price is not None and price.currency is not None:
        currencies[price.currency] += 1
        dollars.add_currency(price.currency)


def _add_variant(variants: VariantGroups, record: Record, columns: ColumnMap) -> None:
    try:
        variants.add(*variant_key(record.fields, columns))
    except BadValue:
        return
