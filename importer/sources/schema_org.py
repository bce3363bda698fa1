"""Products in the words of schema.org, as shops put them into their pages (JSON-LD)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, leaf, pick
from importer.sources.variants_of_product import Product, Variant, items_of_each

_OPTIONS = ("color", "size", "material", "pattern")
_IDS = ("sku", "productID", "productGroupID", "mpn", "gtin13", "gtin", "@id", "url")
_SHOWN = (*_OPTIONS, "gtin13", "gtin", "audience", "keywords")


def products(records: Iterable[Record]) -> Iterator[Record]:
    """Each product; the variants of a `ProductGroup` are folded."""
    return items_of_each(records, lambda fields: _product(_nested(fields)))


def _nested(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as JSON had them: `offers.price` is a field of `offers` again."""
    whole: dict[str, Any] = {}
    for name, value in fields.items():
        place, *inner = name.split(".")
        if not inner or not isinstance(whole.get(place, {}), dict):
            whole.setdefault(place, dict(value) if isinstance(value, dict) else value)
        else:
            whole.setdefault(place, {})[".".join(inner)] = value
    return {name: _nested(v) if isinstance(v, dict) else v for name, v in whole.items()}


def _product(raw: Mapping[str, Any]) -> Product:
    offer = _offer(raw)
    fields = {
        "id": pick(
            raw, "sku", "productID", "productGroupID", "mpn", "gtin13", "gtin", "@id", "url"
        ),
        "title": _text(raw.get("name")),
        "description": _text(raw.get("description")),
        "brand": _text(pick(raw, "brand", "manufacturer")),
        "category": leaf(_text(raw.get("category"))),
        "image_path": raw.get("image"),
        "link": pick(raw, "url") or pick(offer, "url"),
        "group_id": _text(raw.get("inProductGroupWithID")) or _group(raw.get("isVariantOf")),
        "price": _price(offer),
        "available": pick(offer, "availability"),
        **{name: _text(raw[name]) for name in _SHOWN if raw.get(name)},
        HIDDEN: False,
    }
    known = {name: value for name, value in fields.items() if value is not None}
    return Product(known, [_variant(one) for one in _listed(raw.get("hasVariant"))])


def _variant(raw: Mapping[str, Any]) -> Variant:
    offer = _offer(raw)
    options = {name: str(_text(raw[name])) for name in _OPTIONS if raw.get(name)}
    image = next(iter(raw["image"]), None) if isinstance(raw.get("image"), list) else None
    stock = pick(offer, "availability")
    return Variant(options, _price(offer), stock, image or raw.get("image"))


def _offer(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The offer of a product: the first of several, or the lowest of an `AggregateOffer`."""
    return next(iter(_listed(raw.get("offers"))), {})


def _price(offer: Mapping[str, Any]) -> Any:
    inner = next(iter(_listed(offer.get("priceSpecification"))), {})
    amount = pick(offer, "price", "lowPrice") or pick(inner, "price")
    currency = pick(offer, "priceCurrency") or pick(inner, "priceCurrency")
    return amount if amount is None or not currency else f"{amount} {currency}"


def _listed(value: Any) -> list[Mapping[str, Any]]:
    values = value if isinstance(value, list) else [value]
    return [_nested(one) for one in values if isinstance(one, Mapping)]


def _text(value: Any) -> Any:
    """A text, or the name of what stands for one: `{"@type": "Brand", "name": "Acme"}`."""
    if isinstance(value, list):
        return [_text(one) for one in value] if len(value) > 1 else _text(next(iter(value), None))
    return pick(value, "name", "@value", "value") if isinstance(value, Mapping) else value


def _group(value: Any) -> Any:
    return pick(value, "productGroupID", "@id") if isinstance(value, Mapping) else None


def _is_product(_columns: Sequence[str], first: Mapping[str, Any]) -> bool:
    kind = first.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    named = {str(one).rpartition("/")[2] for one in kinds}
    return bool(named & {"Product", "ProductGroup", "IndividualProduct", "ProductModel"})


SCHEMA_ORG = System("schema.org products", None, products, _is_product)
