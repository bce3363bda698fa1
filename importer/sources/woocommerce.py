"""WooCommerce: the CSV export of products, in any language of the shop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no, leaf, pick, plain_name
from importer.sources.variants_of_product import Product, Variant, items_of

# The columns in the order of the export; other languages translate the names and keep the order.
_ENGLISH = (
    "ID", "Type", "SKU", "GTIN, UPC, EAN, or ISBN", "Name", "Published", "Is featured?",
    "Visibility in catalog", "Short description", "Description", "Date sale price starts",
    "Date sale price ends", "Tax status", "Tax class", "In stock?", "Stock", "Low stock amount",
    "Backorders allowed?", "Sold individually?", "Weight", "Length", "Width", "Height",
    "Allow customer reviews?", "Purchase note", "Sale price", "Regular price", "Categories",
    "Tags", "Shipping class", "Images", "Download limit", "Download expiry days", "Parent",
    "Grouped products", "Upsells", "Cross-sells", "External URL", "Button text", "Position",
)  # fmt: skip
# Names that tell the export in some languages, and where a file keeps to none of the order.
_TRANSLATED = {
    "typ": "Type", "tipo": "Type", "ugs": "SKU", "artikelnummer": "SKU", "artikelnr": "SKU",
    "nom": "Name", "nombre": "Name", "nome": "Name", "naam": "Name", "nazwa": "Name",
    "veröffentlicht": "Published", "publié": "Published", "publicado": "Published",
    "pubblicato": "Published", "gepubliceerd": "Published", "opublikowano": "Published",
    "sichtbarkeitimkatalog": "Visibility in catalog", "kurzbeschreibung": "Short description",
    "descriptioncourte": "Short description", "descripcióncorta": "Short description",
    "beschreibung": "Description", "descripción": "Description", "descrizione": "Description",
    "vorrätig": "In stock?", "enstock": "In stock?", "hayexistencias": "In stock?",
    "instock": "In stock?", "lager": "Stock", "bestand": "Stock", "inventario": "Stock",
    "angebotspreis": "Sale price", "tarifpromo": "Sale price", "preciorebajado": "Sale price",
    "prezzoinofferta": "Sale price", "regulärerpreis": "Regular price",
    "tarifrégulier": "Regular price", "precionormal": "Regular price",
    "prezzodilistino": "Regular price", "kategorien": "Categories", "catégories": "Categories",
    "categorías": "Categories", "categorie": "Categories", "schlagwörter": "Tags",
    "étiquettes": "Tags", "etiquetas": "Tags", "bilder": "Images", "imágenes": "Images",
    "immagini": "Images", "afbeeldingen": "Images", "übergeordnet": "Parent",
    "übergeordnetesprodukt": "Parent", "superior": "Parent", "genitore": "Parent",
}  # fmt: skip
_TYPES = ("simple", "variable", "variation", "external", "grouped")
_ATTRIBUTE = ("attribute", "attribut", "atributo", "attributo", "eigenschaft")
_MOST_ATTRIBUTES = 30


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of an export, with the variations below their parents."""
    parents: dict[str, Record] = {}
    children: dict[str, list[Any]] = {}
    for record in records:
        fields = _named(record.fields)
        kind = str(fields.get("Type") or "simple").split(",")[0].strip().lower()
        if kind == "variation" and fields.get("Parent"):
            children.setdefault(_parent_key(fields["Parent"]), []).append(fields)
        elif kind != "grouped":
            parents[f"{record.line}"] = replace(record, fields=fields)
    for record in parents.values():
        if record.fault:
            yield record
            continue
        keys = (str(record.fields.get("SKU") or ""), str(record.fields.get("ID") or ""))
        below = [one for key in keys if key for one in children.pop(key, ())]
        for fields in items_of(_product(record.fields, below)):
            yield replace(record, fields=fields)


def _parent_key(value: Any) -> str:
    return str(value).strip().removeprefix("id:")


def _product(raw: Any, below: list[Any]) -> Product:
    attributes = _attributes(raw)
    fields: dict[str, Any] = {
        "id": pick(raw, "ID", "SKU"),
        "title": raw.get("Name"),
        "description": pick(raw, "Description", "Short description"),
        "category": leaf(raw.get("Categories")),
        "tags": [part.strip() for part in str(raw.get("Tags") or "").split(",") if part.strip()],
        "brand": pick(raw, "Brands", "Brand"),
        "price": pick(raw, "Sale price", "Regular price"),
        "available": _available(raw),
        "image_path": raw.get("Images"),
        **attributes,
        HIDDEN: is_no(raw.get("Published")) or str(raw.get("Published")).strip() == "-1"
        or str(raw.get("Visibility in catalog") or "").lower() == "hidden",
    }  # fmt: skip
    return Product(fields, [_variant(one) for one in below])


def _variant(raw: Any) -> Variant:
    options = {name: str(value) for name, value in _attributes(raw).items() if value}
    price = pick(raw, "Sale price", "Regular price")
    image = str(raw.get("Images") or "").split(",")[0].strip() or None
    return Variant(options, price, _available(raw), image, pick(raw, "ID", "SKU"))


def _available(raw: Any) -> Any:
    if str(raw.get("In stock?") or "").strip().lower() == "backorder":
        return True
    return pick(raw, "In stock?", "Stock")


def _attributes(raw: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number in range(1, _MOST_ATTRIBUTES + 1):
        name, value = raw.get(f"Attribute {number} name"), raw.get(f"Attribute {number} value(s)")
        if name and value:
            parts = [part.strip() for part in str(value).split(",") if part.strip()]
            found[str(name)] = parts[0] if len(parts) == 1 else parts
    return found


def _named(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The row by the English names of its columns."""
    if "Regular price" in raw or ("Name" in raw and "Type" in raw):
        return dict(raw)
    columns = list(raw)
    fields: dict[str, Any] = {}
    order = _ENGLISH if len(columns) > 1 + len(_ENGLISH) else ()
    for place, column in enumerate(columns):
        plain = plain_name(column)
        name = _TRANSLATED.get(plain)
        if name is None and order and place < len(order):
            name = order[place]
        fields.setdefault(name or _attribute_name(column, columns) or column, raw[column])
    return fields


def _attribute_name(column: str, columns: list[str]) -> str | None:
    """`Attribut 1 Name` and `Attribut 1 Wert(e)` as the English export calls them."""
    plain = column.lower()
    digits = "".join(one for one in plain if one.isdigit())
    if not digits or not plain.lstrip("".join(map(str, range(10))) + " ").startswith(_ATTRIBUTE):
        return None
    same = [one for one in columns if digits in one and one.lower().startswith(plain[:6])]
    part = "name" if same and same[0] == column else "value(s)" if column in same[1:2] else None
    return f"Attribute {int(digits)} {part}" if part else None


def recognised(names: Any) -> bool:
    """True for the columns of an export in English or one of the known languages."""
    english = {"type", "sku", "name", "published"} <= names and bool(
        {"regularprice", "visibilityincatalog"} & names
    )
    translated = {_TRANSLATED[name] for name in names if name in _TRANSLATED}
    return english or {"Published", "Name", "Regular price"} <= translated | {
        "Name" if "name" in names else ""
    }


WOOCOMMERCE = System("WooCommerce CSV export", recognised, products)
