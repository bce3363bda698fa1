"""Spryker: its import files, one alone or a folder of abstracts, concretes, pictures, prices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from importer.reading.records import Record
from importer.sources.akeneo import localised
from importer.sources.system import System, leaf, pick
from importer.sources.variants_of_product import Product, Variant, records_of

_PAIRS = range(1, 60)
_LEFT_OUT = ("meta_", "url", "is_", "tax_set", "new_", "value_", "icecat", "approval", "bundled",
             "attribute_key", "category_product_order", "image_set")  # fmt: skip
_TAKEN = frozenset(
    ["abstract_sku", "concrete_sku", "name", "category_key", "categories", "quantity", "sort_order",
     "external_url_large", "external_url_small", "store", "currency", "price_type", "locale",
     "color_code", "old_sku", "product_image_key", "product_image_set_key"]
)  # fmt: skip


@dataclass
class _Gathered:
    """All rows about one abstract product."""

    first: Record
    fields: dict[str, Any] = field(default_factory=dict)
    concretes: dict[str, dict[str, Any]] = field(default_factory=dict)
    pictures: list[Any] = field(default_factory=list)
    price: Any = None


def products(records: Iterable[Record]) -> Iterator[Record]:
    """Each abstract product, with its concrete ones folded and what other files say of it."""
    found: dict[str, _Gathered] = {}
    abstract_of: dict[str, str] = {}
    late: list[dict[str, Any]] = []
    for record in records:
        if record.fault:
            yield record
            continue
        fields = _with_pairs(localised(record.fields))
        concrete, abstract = pick(fields, "concrete_sku"), pick(fields, "abstract_sku")
        if abstract is None:
            late.append(fields)
            continue
        abstract_of[str(concrete)] = str(abstract)
        _add(found.setdefault(str(abstract), _Gathered(record)), fields)
    for fields in late:
        abstract = abstract_of.get(str(fields.get("concrete_sku")))
        if abstract is not None:
            _add(found[abstract], fields)
    for sku, gathered in found.items():
        if gathered.fields or gathered.concretes:
            yield from records_of(gathered.first, _product, sku, gathered)


def _add(gathered: _Gathered, fields: dict[str, Any]) -> None:
    fields = {name: value for name, value in fields.items() if name != "pictures"}  # ours
    concrete, price = pick(fields, "concrete_sku"), _price(fields)
    pictures = [one for one in [pick(fields, "external_url_large", "image", "picture")] if one]
    own = gathered.concretes.setdefault(str(concrete), {}) if concrete else gathered.fields
    if concrete and not gathered.fields.get("name"):
        gathered.fields |= {n: v for n, v in fields.items() if n not in ("quantity", "price")}
    for name, value in fields.items():
        own.setdefault(name, value)
    if price is not None:
        own.setdefault("price", price)
        gathered.price = gathered.price or price
    own.setdefault("pictures", []).extend(pictures)
    gathered.pictures.extend(one for one in pictures if one not in gathered.pictures)


def _product(sku: str, gathered: _Gathered) -> Product:
    raw = gathered.fields
    fields = {
        **_attributes(raw),
        "id": sku,
        "title": raw.get("name"),
        "category": leaf(pick(raw, "category_key", "categories")),
        "price": pick(raw, "price") or gathered.price,
        "image_path": gathered.pictures or None,
    }
    if len(gathered.concretes) == 1:
        fields["available"] = _stock(next(iter(gathered.concretes.values())))
        return Product({name: value for name, value in fields.items() if value is not None})
    variants = [
        Variant(
            {n: str(v) for n, v in _attributes(one).items() if n not in ("description", "price")},
            pick(one, "price"),
            _stock(one),
            next(iter(one["pictures"]), None),
        )
        for one in gathered.concretes.values()
    ]
    return Product({name: value for name, value in fields.items() if value is not None}, variants)


def _stock(raw: Mapping[str, Any]) -> Any:
    if str(raw.get("is_never_out_of_stock") or "").strip() in ("1", "true"):
        return True
    return raw.get("quantity")


def _price(fields: Mapping[str, Any]) -> Any:
    """The price of a row; the price file counts the currency's smallest unit."""
    cents = pick(fields, "value_gross", "value_net")
    if cents is None:
        return fields.get("price")
    if str(fields.get("price_type") or "DEFAULT").upper() != "DEFAULT":
        return None
    try:
        return f"{float(cents) / 100:.2f} {fields.get('currency') or ''}".strip()
    except (TypeError, ValueError):
        return None


def _with_pairs(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with the pairs of columns `attribute_key_1` and `value_1` as attributes."""
    found = dict(fields)
    for number in _PAIRS:
        name, value = fields.get(f"attribute_key_{number}"), fields.get(f"value_{number}")
        if name and value:
            found.setdefault(str(name), value)
    return found


def _attributes(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in raw.items()
        if not name.startswith(_LEFT_OUT) and name not in _TAKEN and name != "pictures"
    }


SPRYKER = System(
    "Spryker export",
    lambda names: bool({"abstractsku", "concretesku"} & names),
    products,
    spread=True,
)
