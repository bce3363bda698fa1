"""Square: the export of the item library, with a row for each variation of an item."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from importer.reading.records import Record
from importer.sources.registers.rows_of_product import products_of
from importer.sources.system import HIDDEN, System, is_no, pick, plain_fields, plain_name
from importer.sources.variants_of_product import Product, Variant

_OPTIONS = range(1, 7)
_ONE_VARIATION = frozenset({"", "regular", "default"})  # what Square calls the only one
# `Dresses (#ABC123)`: the number that Square gives a category.
_NUMBER = re.compile(r"\(#?\w+\)$")
_KNOWN = frozenset(
    """token referencehandle itemname variationname sku description category categories price
    onlinesaleprice archived squareonlineitemvisibility""".split()  # noqa: SIM905
)
_UNTOLD = re.compile(
    r"option(name|value)\d|(current|new)quantity|stockalert|tax|permalink|sociallink|seo|sellable|"
    r"stockable|skipdetail|shipping|delivery|pickup|selfserve|unitandprecision|containsalcohol"
)


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The items of an export; rows of one name and category are variations of one item."""
    yield from products_of(records, _key, _product)


def _key(fields: Mapping[str, Any]) -> str:
    raw = plain_fields(fields)
    name = str(raw.get("itemname") or "").strip()
    return name and f"{name}\n{_category(raw)}"


def _product(rows: list[Record]) -> Product:
    whole, raw = rows[0].fields, plain_fields(rows[0].fields)
    own = {
        name: value
        for name, value in whole.items()
        if plain_name(name) not in _KNOWN and not _UNTOLD.match(plain_name(name))
    }
    given = [plain_fields(row.fields) for row in rows]
    fields = {
        **own,
        "id": pick(raw, "referencehandle", "token", "sku"),
        "title": raw.get("itemname"),
        "description": raw.get("description"),
        "sku": raw.get("sku"),
        "category": _category(raw),
        "price": _price(raw),
        "available": _available(raw),
        HIDDEN: all(_is_hidden(one) for one in given),
    }
    shown = [one for one in given if not _is_hidden(one)]
    return Product(fields, [_variant(one) for one in shown] if len(rows) > 1 else ())


def _variant(raw: Mapping[str, Any]) -> Variant:
    options = {
        str(raw[f"optionname{n}"]): str(raw.get(f"optionvalue{n}") or "")
        for n in _OPTIONS
        if raw.get(f"optionname{n}")
    }
    named = str(raw.get("variationname") or "")
    if not options and named.casefold() not in _ONE_VARIATION:
        options = {"variation": named}
    return Variant(options, _price(raw), _available(raw))


def _category(raw: Mapping[str, Any]) -> str | None:
    first = str(pick(raw, "reportingcategory", "categories", "category") or "").split(",")[0]
    return _NUMBER.sub("", first.strip()).strip() or None


def _price(raw: Mapping[str, Any]) -> Any:
    """The price; `variable` is asked at the till and is none."""
    price = pick(raw, "onlinesaleprice", "price")
    return None if str(price or "").strip().casefold() == "variable" else price


def _available(raw: Mapping[str, Any]) -> bool | None:
    """True if any of the shop's places has some; None if no place counts its stock."""
    counts = [str(v) for name, v in raw.items() if name.startswith("currentquantity") and v]
    numbers = [float(one) for one in counts if re.fullmatch(r"-?\d+(\.\d+)?", one)]
    return any(one > 0 for one in numbers) if numbers else None


def _is_hidden(raw: Mapping[str, Any]) -> bool:
    is_archived = bool(raw.get("archived")) and not is_no(raw["archived"])
    seen = str(raw.get("squareonlineitemvisibility") or "").casefold()
    return is_archived or seen in ("hidden", "unavailable")


SQUARE = System(
    "Square item library",
    lambda names: {"token", "itemname", "variationname"} <= names,
    products,
)
