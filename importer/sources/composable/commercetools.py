"""commercetools: both CSV exports, with a row for each variant, and the JSON of its API."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from importer.reading.records import Record
from importer.sources.composable.commercetools_values import (
    in_one_language,
    money_of,
    moneys_in,
    plain_value,
)
from importer.sources.system import HIDDEN, Fields, System, is_no, kind_in, objects_in, pick
from importer.sources.variants_of_product import Product, Variant, items_of_each, records_of
from importer.values.one_currency import OneCurrency

_CURRENT = "masterData.current."
_MASTER = "masterVariant."
# What is for the shop's own staff and programs.
_LEFT_OUT = re.compile(
    r"_|(productType|tax(Category|Mode)?|meta(Title|Description|Keywords|Attributes)?|slug|"
    r"searchKeywords|hasStagedChanges|masterData|version|createdAt|lastModified\w*|lastVariantId|"
    r"categoryOrderHints|priceMode|reviewRatingStatistics|state|creationDate|createdBy)(\.|$)"
)
_OF_PRODUCT = frozenset(
    ["id", "key", "name", "description", "categories", "published", "variants", "variantId", "sku",
     "prices", "images", "assets", "variantKey"]
)  # fmt: skip
_PRICES, _IMAGES, _ATTRIBUTES = "prices.", "images.", "attributes."


@dataclass
class _Gathered:
    """A product, and its variants as they come."""

    record: Record
    fields: dict[str, Any]
    variants: list[dict[str, Any]] = field(default_factory=list)


def csv_products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of an export; a row without a product's name belongs to the one above it."""
    currency = OneCurrency()
    now: _Gathered | None = None
    for record in records:
        if record.fault:
            yield record
            continue
        raw = in_one_language(record.fields)
        is_new = now is None or bool(pick(raw, "name", "productType", "productType.key"))
        if is_new:
            yield from _items(now, currency)
            now = _Gathered(record, raw)
        if now is not None:
            _add_row(now, raw)
    yield from _items(now, currency)


def _add_row(now: _Gathered, raw: dict[str, Any]) -> None:
    """Add a row's variant, or what it says further of the variant above: a price, a picture."""
    nested = {n.removeprefix("variants."): v for n, v in raw.items() if n.startswith("variants.")}
    row = nested or {n: v for n, v in raw.items() if not _LEFT_OUT.match(n)}
    if not now.variants or pick(row, "sku", "key", "variantId"):
        now.variants.append({"moneys": [], "pictures": [], "options": {}})
    variant = now.variants[-1]
    variant.setdefault("sku", pick(row, "sku", "key"))
    variant["moneys"] += moneys_in(row)
    pictures = str(pick(row, "images", "images.url") or "").split(";")
    variant["pictures"] += [one for one in map(str.strip, pictures) if one]
    for name, value in row.items():
        own = name.removeprefix(_ATTRIBUTES)
        if own not in _OF_PRODUCT and not own.startswith((_PRICES, _IMAGES)) and value:
            variant["options"].setdefault(own, str(value))


def json_products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of the API's answers: projections, or whole products as they are shown now."""
    currency = OneCurrency()
    return items_of_each(records, lambda fields: _json_product(fields, currency))


def _json_product(fields: Fields, currency: OneCurrency) -> Product:
    raw = in_one_language({n.removeprefix(_CURRENT): v for n, v in fields.items()})
    if "masterData.published" in raw:
        raw["published"] = raw["masterData.published"]
    variants = [_master(raw), *map(_json_variant, objects_in(raw.get("variants")))]
    return _product(raw, variants, currency)


def _master(raw: Fields) -> dict[str, Any]:
    own = {n.removeprefix(_MASTER): v for n, v in raw.items() if n.startswith(_MASTER)}
    known = ("id", "sku", "key", "prices", "price", "images", "assets", "attributes")
    named = [n for n in own if n not in known and not n.startswith(("availability.", "price."))]
    listed = objects_in(own.get("attributes"))
    attributes = [*listed, *({"name": n, "value": own[n]} for n in named)]
    stock = own.get("availability.isOnStock")
    availability = None if stock is None else {"isOnStock": stock}
    return _json_variant(own | {"attributes": attributes, "availability": availability})


def _json_variant(raw: Fields) -> dict[str, Any]:
    found = {
        str(one.get("name")): plain_value(one.get("value"))
        for one in objects_in(raw.get("attributes"))
    }
    prices = [*objects_in(raw.get("prices")), raw.get("price")]
    images = objects_in(raw.get("images"))
    stock = next(iter(objects_in([raw.get("availability")])), {})
    return {
        "sku": raw.get("sku"),
        "moneys": [money for one in prices if (money := money_of(one)) is not None],
        "pictures": [one["url"] for one in images if one.get("url")],
        "options": {name: value for name, value in found.items() if value not in (None, "", [])},
        "stock": stock.get("isOnStock"),
    }


def _items(gathered: _Gathered | None, currency: OneCurrency) -> Iterator[Record]:
    if gathered is None:
        return
    said = gathered.fields, gathered.variants, currency
    yield from records_of(gathered.record, _product, *said)


def _product(raw: Fields, variants: list[dict[str, Any]], currency: OneCurrency) -> Product:
    pictures = [one for variant in variants for one in variant["pictures"]]
    fields = {
        "id": pick(raw, "key", "id") or variants[0].get("sku"),
        "title": raw.get("name"),
        "description": raw.get("description"),
        "category": _category(raw.get("categories")),
        "image_path": list(dict.fromkeys(pictures)) or None,
        HIDDEN: is_no(pick(raw, "published", "_published")),
    }
    lists = {
        name: value
        for variant in variants
        for name, value in variant["options"].items()
        if isinstance(value, list)
    }
    made = [
        Variant(
            {n: str(v) for n, v in one["options"].items() if not isinstance(v, list)},
            currency.of(one["moneys"]),
            one.get("stock"),
            next(iter(one["pictures"]), None),
        )
        for one in variants
    ]
    return Product(lists | fields, made)


def _category(value: Any) -> Any:
    """The kind that a product's categories say; of those that are mere references none."""
    if isinstance(value, list):
        expanded = [one.get("obj") for one in value if isinstance(one, Mapping)]
        names = [plain_value(one.get("name")) for one in expanded if isinstance(one, Mapping)]
        return kind_in(names) if names else None
    return kind_in(str(value or "").split(";")[0])


def _is_csv(names: Any) -> bool:
    old = {"producttype", "variantid", "prices"} <= names
    new = bool({"variantssku", "variantskey"} & names) and "producttypekey" in names
    return old or new or {"variantssku", "variantspricesvaluecentamount"} <= names


COMMERCETOOLS_CSV = System("commercetools product export", _is_csv, csv_products)
COMMERCETOOLS_JSON = System(
    "commercetools products",
    lambda names: (
        any(name.startswith(("mastervariant", "masterdatacurrentmastervariant")) for name in names)
        and any(name.startswith("producttype") for name in names)
    ),
    json_products,
)
