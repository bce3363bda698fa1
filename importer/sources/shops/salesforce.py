"""Salesforce Commerce Cloud: the catalogue in XML, with price books and stock lists beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no, leaf, pick
from importer.sources.variants_of_product import Product, Variant, records_of

_VARIANTS = "variations.variants.variant.@product-id"
_PRICES = "amount"
_VALUES = (
    "variations.attributes.variation-attribute.variation-attribute-values.variation-attribute-value"
)


@dataclass
class _Export:
    """The files of an export, by the id of the product that an element is about."""

    products: dict[str, Record] = field(default_factory=dict)
    faults: list[Record] = field(default_factory=list)
    categories: dict[str, str] = field(default_factory=dict)
    prices: dict[str, Any] = field(default_factory=dict)
    stock: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # of categories
    currency: str | None = None  # of the price book that is read

    def add(self, record: Record) -> None:
        """Sort one element."""
        raw = record.fields
        number = str(raw.get("@product-id") or "")
        if record.fault:
            self.faults.append(record)
        elif not number:
            self.currency = pick(raw, "currency") or self.currency
            if raw.get("@category-id") and raw.get("display-name"):
                self.names[str(raw["@category-id"])] = str(_first(raw["display-name"]))
        elif "@category-id" in raw:
            if number not in self.categories or not is_no(raw.get("primary-flag") or "no"):
                self.categories[number] = str(raw["@category-id"])
        elif _PRICES in raw:
            price = f"{_first(raw[_PRICES])} {self.currency or ''}".strip()
            self.prices.setdefault(number, price)
        elif {"allocation", "ats", "perpetual"} & set(raw):
            stock = pick(raw, "ats", "allocation")
            self.stock[number] = stock if is_no(raw.get("perpetual") or "no") else True
        else:
            self.products[number] = record


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The products that a shop shows; variants are folded into their master."""
    export = _Export()
    for record in records:
        export.add(record)
    yield from export.faults
    below = {
        str(one)
        for record in export.products.values()
        for one in _list(record.fields.get(_VARIANTS))
    }
    for number, record in export.products.items():
        if number in below:
            continue
        yield from records_of(record, _with_variants, number, record.fields, export)


def _with_variants(number: str, raw: Mapping[str, Any], export: _Export) -> Product:
    members = [
        _variant(one, export.products[one].fields, export, _labels(raw))
        for one in map(str, _list(raw.get(_VARIANTS)))
        if one in export.products and not _is_off(export.products[one].fields)
    ]
    return Product(_product(number, raw, export), members)


def _product(number: str, raw: Mapping[str, Any], export: _Export) -> dict[str, Any]:
    category = pick(raw, "classification-category", "primary-category-id")
    named = leaf(_first(category)) or export.categories.get(number) or ""
    return {
        **_custom(raw),
        "id": number,
        "title": _first(pick(raw, "display-name", "name")),
        "description": _first(pick(raw, "long-description", "short-description")),
        "brand": _first(pick(raw, "brand", "manufacturer-name")),
        "category": export.names.get(named, named),
        "image_path": _pictures(raw) or None,
        "price": export.prices.get(number)
        or _first(pick(raw, "price", "list-price", "sale-price")),
        "available": _stock(number, raw, export),
        HIDDEN: _is_off(raw),
    }


def _labels(raw: Mapping[str, Any]) -> dict[str, str]:
    """What the values of a master's variants are called: `BLK` is `Black`."""
    values, labels = (_list(raw.get(f"{_VALUES}.{one}")) for one in ("@value", "display-value"))
    if len(values) != len(labels):
        return {}  # in several languages
    return dict(zip(map(str, values), map(str, labels), strict=True))


def _variant(
    number: str, raw: Mapping[str, Any], export: _Export, labels: Mapping[str, str]
) -> Variant:
    fields = _product(number, raw, export)
    options = {name: str(_first(value)) for name, value in _custom(raw).items()}
    options = {name: labels.get(value, value) for name, value in options.items()}
    picture = next(iter(_pictures(raw)), None)
    return Variant(options, fields["price"], fields["available"], picture)


def _stock(number: str, raw: Mapping[str, Any], export: _Export) -> Any:
    listed = export.stock.get(number)
    return pick(raw, "available-flag", "in-stock") if listed is None else listed


def _is_off(raw: Mapping[str, Any]) -> bool:
    return is_no(_first(raw.get("online-flag")))


def _pictures(raw: Mapping[str, Any]) -> list[str]:
    found = pick(raw, "images.image-group.image.@path", "images.image.@path", "image")
    by_name = {str(one).rpartition("/")[2]: str(one) for one in reversed(_list(found)) if one}
    return [one for one in map(str, _list(found)) if one in by_name.values()]


def _custom(raw: Mapping[str, Any]) -> dict[str, Any]:
    names = _list(raw.get("custom-attributes.custom-attribute.@attribute-id"))
    values = _list(raw.get("custom-attributes.custom-attribute"))
    if len(names) != len(values):
        return {}
    found: dict[str, Any] = {}
    for name, value in zip(names, values, strict=True):
        if name and value:  # of several languages the first, which is the shop's own
            found.setdefault(str(name), list(value) if isinstance(value, tuple) else value)
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _first(value: Any) -> Any:
    return next((one for one in value if one), None) if isinstance(value, list) else value


SALESFORCE = System(
    "Salesforce Commerce catalogue",
    None,
    products,
    lambda columns, _first: {"@product-id", "display-name"} <= set(columns),
    spread=True,
)
