"""BigCommerce: the exports of products, of the older and the newer tool."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no, leaf, objects_in, pick, plain_fields
from importer.sources.variants_of_product import (
    Product,
    Variant,
    first_price,
    items_of_each,
    records_of,
)

_PICTURES = range(1, 31)


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of an export; rows of SKUs, pictures and rules follow their product's."""
    opened: Record | None = None
    row: dict[str, Any] = {}
    variants: list[Variant] = []
    images: list[Any] = []
    for record in records:
        fields = plain_fields(record.fields)
        kind = str(pick(fields, "itemtype", "item") or "product").strip().lower()
        if record.fault is None and kind != "product" and opened is not None:
            if kind in ("sku", "variant"):
                variants.append(_variant(fields))
            elif kind == "image":
                images.append(_place(fields))
            continue
        if opened is not None:
            yield from _items(opened, row, variants, images)
        opened, row, variants, images = record, fields, [], []
    if opened is not None:
        yield from _items(opened, row, variants, images)


def _items(
    record: Record, row: dict[str, Any], variants: list[Variant], images: list[Any]
) -> Iterator[Record]:
    if record.fault:
        yield record
        return
    yield from records_of(record, _whole, row, variants, images)


def _whole(row: dict[str, Any], variants: list[Variant], images: list[Any]) -> Product:
    fields = _product(row)
    listed = [address for _, address in sorted(images, key=lambda one: one[0]) if address]
    fields["image_path"] = listed or fields["image_path"]
    return Product(fields, variants)


def _place(raw: dict[str, Any]) -> tuple[tuple[bool, float], Any]:
    """Where a row's picture stands, the thumbnail before all others, and its address."""
    text = str(pick(raw, "imagesortorder", "sortorder") or "").strip()
    first = not is_no(raw.get("imageisthumbnail") or "no")
    return (not first, float(text) if text.isdecimal() else 1e9), _image(raw)


def _image(raw: dict[str, Any]) -> Any:
    return pick(raw, "internalimageurlexport", "imageurlimport", "imageurl", "imagefile")


def _product(raw: dict[str, Any]) -> dict[str, Any]:
    pictures = [
        pick(raw, f"productimageurl{n}", f"productimagefile{n}", f"imageurl{n}") for n in _PICTURES
    ]
    category = str(pick(raw, "categorystring", "category", "categories") or "").split(";")[0]
    return {
        **_custom(raw.get("customfields") or raw.get("productcustomfields")),
        "id": pick(raw, "productid", "id", "productcodesku", "sku"),
        "title": pick(raw, "productname", "name"),
        "description": pick(raw, "productdescription", "description"),
        "brand": pick(raw, "brandname", "brand"),
        # A number says nothing to shoppers.
        "category": None if category.isdigit() else leaf(category.replace("\\/", "\u2215")),
        "price": first_price(raw.get("saleprice"), raw.get("calculatedprice"), raw.get("price")),
        "available": _available(raw),
        "image_path": [one for one in pictures if one] or _image(raw),
        "link": link if "//" in (link := str(raw.get("producturl") or "")) else None,
        HIDDEN: is_no(pick(raw, "productvisible", "isvisible", "visible")),
    }


def _custom(text: Any) -> dict[str, str]:
    """`Material=Wool;Season=Winter`, or `"Material=Wool"` alone."""
    pairs = [part.strip().strip('"').split("=", 1) for part in re.split(r"[;\n]", str(text or ""))]
    return {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) > 1 and pair[0]}


def _available(raw: dict[str, Any]) -> Any:
    tracks = str(pick(raw, "trackinventory", "inventorytracking") or "none").strip().lower()
    if tracks in ("none", "false", "no", "variant", "by option", "by sku", "by variant", ""):
        return pick(raw, "allowpurchases", "purchasable") or True
    return pick(raw, "currentstocklevel", "stocklevel", "currentstock")


def _variant(raw: dict[str, Any]) -> Variant:
    image = pick(raw, "variantimageurl", "productimageurl1", "productimagefile1") or _image(raw)
    stock = pick(raw, "currentstocklevel", "stocklevel", "currentstock")
    price = first_price(raw.get("saleprice"), raw.get("price"))
    options = _options(str(pick(raw, "options", "productname", "name") or ""))
    return Variant(options, price, stock, image)


def _options(text: str) -> dict[str, str]:
    """`[S]Size=Small,[CS]Colour=Red:#ff0000`, or `Type=Rectangle|Name=Size|Value=Small` each."""
    newer = re.findall(r"Name=([^|]+)\|Value=([^|;\n]+?)(?=Type=|$|;|\n)", text)
    if newer:
        return {name.strip(): value.partition("[")[0].strip() for name, value in newer}
    pairs = [part.split("=", 1) for part in text.split(",") if "=" in part]
    return {
        name.rpartition("]")[2].strip(): value.partition(":")[0].strip() for name, value in pairs
    }


def api_products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of an answer of the catalogue's API, with their variants folded."""
    return items_of_each(records, _api_product)


def _api_product(raw: Mapping[str, Any]) -> Product:
    ordered = sorted(objects_in(raw.get("images")), key=_rank)
    custom = objects_in(raw.get("custom_fields"))
    tracks = str(raw.get("inventory_tracking") or "none")
    stock = raw.get("inventory_level") if tracks == "product" else None
    fields = {
        **{str(one.get("name")): one.get("value") for one in custom},
        "id": raw.get("id"),
        "title": raw.get("name"),
        "description": raw.get("description"),
        "brand": pick(raw, "brand_name", "brand.name"),
        "price": pick(raw, "calculated_price", "price"),
        "available": True if tracks == "none" else stock,
        "link": link if "//" in (link := str(raw.get("custom_url.url") or "")) else None,
        "image_path": [pick(one, "url_standard", "url_zoom") for one in ordered] or None,
        HIDDEN: is_no(raw.get("is_visible")),
    }
    variants = [one for one in objects_in(raw.get("variants")) if one.get("option_values")]
    return Product(fields, [_api_variant(one, raw) for one in variants])


def _rank(image: Mapping[str, Any]) -> tuple[bool, float]:
    place = image.get("sort_order")
    return not image.get("is_thumbnail"), place if isinstance(place, (int, float)) else 0.0


def _api_variant(raw: Mapping[str, Any], product: Mapping[str, Any]) -> Variant:
    """A variant; what it does not say itself, the price or the stock, is its product's."""
    chosen = objects_in(raw["option_values"])
    options = {str(one.get("option_display_name")): str(one.get("label")) for one in chosen}
    counted = {"variant": raw, "product": product}.get(str(product.get("inventory_tracking")))
    free = not raw.get("purchasing_disabled")
    stock = counted.get("inventory_level") if counted is not None and free else free
    own = first_price(raw.get("calculated_price"), raw.get("sale_price"), raw.get("price"))
    price = first_price(own, product.get("calculated_price"), product.get("price"))
    return Variant(options, price, stock, pick(raw, "image_url"))


BIGCOMMERCE_JSON = System(
    "BigCommerce API",
    lambda names: {"id", "name", "isvisible", "inventorytracking"} <= names and "images" in names,
    api_products,
)
BIGCOMMERCE = System(
    "BigCommerce export",
    lambda names: (
        (
            "productname" in names
            and bool({"productid", "productcodesku"} & names)
            and bool({"itemtype", "productvisible", "trackinventory"} & names)
        )
        or {"item", "id", "name", "sku", "options"} <= names
        or {"item", "id", "name", "inventorytracking"} <= names
    ),
    products,
)
