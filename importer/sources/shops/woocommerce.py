"""WooCommerce: the CSV export of products, in any language of the shop."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from importer.column_stems import column_for
from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no, leaf, pick, plain_name
from importer.sources.variants_of_product import Product, Variant, records_of
from importer.values.sale_time import is_on

# The columns in the order of the export; other languages translate the names and keep the order.
_ORDER = (
    "ID", "Type", "SKU", "GTIN, UPC, EAN, or ISBN", "Name", "Published", "Is featured?",
    "Visibility in catalog", "Short description", "Description", "Date sale price starts",
    "Date sale price ends", "Tax status", "Tax class", "In stock?", "Stock", "Low stock amount",
    "Backorders allowed?", "Sold individually?", "Weight", "Length", "Width", "Height",
    "Allow customer reviews?", "Purchase note", "Sale price", "Regular price", "Categories",
    "Tags", "Shipping class", "Images", "Download limit", "Download expiry days", "Parent",
    "Grouped products", "Upsells", "Cross-sells", "External URL", "Button text", "Position",
)  # fmt: skip
_GTIN_PLACE = 3
# Names in the languages of most shops, for exports of a choice of columns.
_TRANSLATED = {
    "typ": "Type", "tipo": "Type", "ugs": "SKU", "artikelnummer": "SKU", "artikelnr": "SKU",
    "codsku": "SKU", "codice": "SKU", "nom": "Name", "nombre": "Name", "nome": "Name",
    "naam": "Name", "nazwa": "Name", "namn": "Name", "navn": "Name",
    "veröffentlicht": "Published", "publié": "Published", "publicado": "Published",
    "pubblicato": "Published", "gepubliceerd": "Published", "opublikowano": "Published",
    "opublikowany": "Published", "opublikowane": "Published",
    "sichtbarkeitimkatalog": "Visibility in catalog",
    "visibilitédanslecatalogue": "Visibility in catalog",
    "visibilidadenelcatálogo": "Visibility in catalog",
    "visibilitànelcatalogo": "Visibility in catalog",
    "zichtbaarheidincatalogus": "Visibility in catalog",
    "widocznośćwkatalogu": "Visibility in catalog",
    "kurzbeschreibung": "Short description", "descriptioncourte": "Short description",
    "descripcióncorta": "Short description", "brevedescrizione": "Short description",
    "descrizionebreve": "Short description", "kortebeschrijving": "Short description",
    "krótkiopis": "Short description", "beschreibung": "Description",
    "descripción": "Description", "descrizione": "Description", "beschrijving": "Description",
    "opis": "Description", "vorrätig": "In stock?", "enstock": "In stock?",
    "hayexistencias": "In stock?", "existencias": "In stock?", "instock": "In stock?",
    "opvoorraad": "In stock?", "nastanie": "In stock?", "wmagazynie": "In stock?",
    "lager": "Stock", "bestand": "Stock", "lagerbestand": "Stock", "inventario": "Stock",
    "magazzino": "Stock", "voorraad": "Stock", "stanmagazynowy": "Stock",
    "angebotspreis": "Sale price", "tarifpromo": "Sale price", "prixpromo": "Sale price",
    "preciorebajado": "Sale price", "prezzoinofferta": "Sale price",
    "actieprijs": "Sale price", "cenapromocyjna": "Sale price",
    "regulärerpreis": "Regular price", "tarifrégulier": "Regular price",
    "prixrégulier": "Regular price", "precionormal": "Regular price",
    "prezzodilistino": "Regular price", "regulierepijs": "Regular price",
    "reguliereprijs": "Regular price", "normaleprijs": "Regular price",
    "cenaregularna": "Regular price", "cena": "Regular price",
    "kategorien": "Categories", "catégories": "Categories", "categorías": "Categories",
    "categorie": "Categories", "categorieën": "Categories", "kategorie": "Categories",
    "schlagwörter": "Tags", "étiquettes": "Tags", "etiquetas": "Tags", "tag": "Tags",
    "tagi": "Tags", "znaczniki": "Tags", "bilder": "Images", "imágenes": "Images",
    "immagini": "Images", "immagine": "Images", "afbeeldingen": "Images", "obrazki": "Images",
    "übergeordnet": "Parent", "übergeordnetesprodukt": "Parent", "superior": "Parent",
    "padre": "Parent", "genitore": "Parent", "hoofd": "Parent", "hoofdproduct": "Parent",
    "ouder": "Parent", "rodzic": "Parent", "nadrzędny": "Parent", "marken": "Brands",
    "marques": "Brands", "marcas": "Brands", "marchi": "Brands", "merken": "Brands",
    "marki": "Brands", "marka": "Brands",
    "الوسوم": "Tags", "etiketler": "Tags", "ετικέτες": "Tags", "תגיות": "Tags", "метки": "Tags",
    "taggar": "Tags", "etiketter": "Tags", "štítky": "Tags", "címkék": "Tags", "etichete": "Tags",
    "avainsanat": "Tags", "العلاماتالتجارية": "Brands", "markalar": "Brands", "μάρκες": "Brands",
    "منشور": "Published", "yayımlanmış": "Published", "yayımlandı": "Published",
    "yayınlanmış": "Published", "δημοσιευμένο": "Published", "פורסם": "Published",
    "опубликован": "Published", "опубликовано": "Published", "publicerad": "Published",
    "publiceret": "Published", "udgivet": "Published", "publisert": "Published",
    "julkaistu": "Published", "publikováno": "Published", "publikované": "Published",
    "közzétéve": "Published", "publicat": "Published", "objavljeno": "Published",
    "الأصل": "Parent", "الأب": "Parent", "ebeveyn": "Parent", "üst": "Parent",
    "γονικό": "Parent", "γονέας": "Parent", "הורה": "Parent", "родительский": "Parent",
    "överordnad": "Parent", "förälder": "Parent", "forælder": "Parent", "overordnet": "Parent",
    "forelder": "Parent", "nadřazený": "Parent", "nadradený": "Parent", "szülő": "Parent",
    "タイプ": "Type", "名前": "Name", "公開済み": "Published", "簡単な説明": "Short description",
    "説明": "Description", "在庫あり": "In stock?", "在庫": "Stock", "セール価格": "Sale price",
    "通常価格": "Regular price", "カテゴリー": "Categories", "タグ": "Tags", "画像": "Images",
    "親": "Parent", "ブランド": "Brands",
    "părinte": "Parent", "isäntä": "Parent", "ylätaso": "Parent", "pai": "Parent",
}  # fmt: skip
_ENGLISH = {plain_name(name): name for name in (*_ORDER, "Brands")}
_TYPES = frozenset(
    ["simple", "variable", "variation", "external", "grouped", "subscription", "bundle",
     "variable-subscription"]
)  # fmt: skip
_KINDS = _TYPES | {"virtual", "downloadable"}
# What tells a column by the words in its name, for exports of a choice of columns in a language
# that is not listed above.
_BY_WORDS = {
    "id": "ID", "title": "Name", "description": "Description", "sale_price": "Sale price",
    "price": "Regular price", "available": "In stock?", "image_path": "Images",
    "category": "Categories",
}  # fmt: skip
_NUMBER = re.compile(r"\d+")
_LINE_BREAK = re.compile(r"(?<!\\)\\n")
_NO_ATTRIBUTE = re.compile(r"^meta:|download|descarga|télécharg|scaric|pobier", re.IGNORECASE)
_MOST_ATTRIBUTES = 60


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of an export, with the variations below their parents; those whose parent is
    not in the file are one product."""
    parents: dict[int, Record] = {}
    children: dict[str, list[Record]] = {}
    kinds: str | None = None
    for place, record in enumerate(records):
        kinds = kinds or _column_of_types(record.fields)
        fields = _named(record.fields, kinds)
        kind = str(fields.get("Type") or "simple").split(",")[0].strip().lower()
        if kind == "variation" and fields.get("Parent"):
            row = replace(record, fields=fields)
            children.setdefault(_parent_key(fields["Parent"]), []).append(row)
        elif kind != "grouped":
            parents[place] = replace(record, fields=fields)
    for record in parents.values():
        if record.fault:
            yield record
            continue
        keys = (str(record.fields.get("SKU") or ""), str(record.fields.get("ID") or ""))
        below = [one.fields for key in keys if key for one in children.pop(key, ())]
        yield from records_of(record, _product, record.fields, below)
    for key, rows in children.items():
        first = {**rows[0].fields, "ID": key}
        yield from records_of(rows[0], _product, first, [one.fields for one in rows])


def _parent_key(value: Any) -> str:
    return str(value).strip().removeprefix("id:")


def _product(raw: Any, below: list[Any]) -> Product:
    attributes = _attributes(raw)
    words = str(pick(raw, "Description", "Short description") or "")
    fields: dict[str, Any] = {
        "id": pick(raw, "ID", "SKU"),
        "title": raw.get("Name"),
        # The export writes line breaks as a backslash and an n, and a backslash as two.
        "description": _LINE_BREAK.sub("\n", words),
        "category": leaf(raw.get("Categories")),
        "tags": [part.strip() for part in str(raw.get("Tags") or "").split(",") if part.strip()],
        "brand": raw.get("Brands"),
        "price": _price(raw),
        "available": _available(raw),
        "image_path": raw.get("Images"),
        **attributes,
        HIDDEN: is_no(raw.get("Published")) or str(raw.get("Published")).strip() == "-1"
        or str(raw.get("Visibility in catalog") or "").strip().lower() == "hidden",
    }  # fmt: skip
    return Product(fields, [_variant(one) for one in below if not is_no(one.get("Published"))])


def _price(raw: Any) -> Any:
    """The sale price in its time, else the regular one."""
    times = raw.get("Date sale price starts"), raw.get("Date sale price ends")
    return pick(raw, "Sale price", "Regular price") if is_on(*times) else raw.get("Regular price")


def _variant(raw: Any) -> Variant:
    options = {name: str(value) for name, value in _attributes(raw).items() if value}
    price = _price(raw)
    image = str(raw.get("Images") or "").split(",")[0].strip() or None
    return Variant(options, price, _available(raw), image)


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
            found[str(name).removeprefix("pa_")] = parts[0] if len(parts) == 1 else parts
    return found


def _named(raw: Mapping[str, Any], kinds: str | None) -> dict[str, Any]:
    """The row by the English names of its columns; `kinds` is the one of types."""
    named: dict[str, Any] = {}
    for name, value in zip(_english(tuple(raw), kinds), raw.values(), strict=True):
        if named.get(name) in (None, ""):
            named[name] = value
    return named


@lru_cache(maxsize=64)
def _english(columns: tuple[str, ...], kinds: str | None) -> tuple[str, ...]:
    """The English names of an export's columns: by translation, their place, then their words."""
    order = _order_of(columns)
    attributes = _attribute_columns(columns)
    names: dict[str, str] = {}
    for place, column in enumerate(columns):
        known = "Type" if column == kinds else _known(column)
        if known is None and place == 0 and columns[1:2] == (kinds,):
            known = "ID"  # the export begins with it, by whatever name
        by_place = order[place] if place < len(order) else None
        found = by_place or known or attributes.get(column)
        if found:
            names[column] = found
    for field, english in _BY_WORDS.items():
        left = [column for column in columns if column not in names]
        found = None if english in names.values() else column_for(field, left)
        if found:
            names[found] = english
    return tuple(names.get(column, column) for column in columns)


def _known(column: str) -> str | None:
    plain = plain_name(column)
    return _ENGLISH.get(plain) or _TRANSLATED.get(plain) or ("SKU" if "sku" in plain else None)


def _column_of_types(fields: Mapping[str, Any]) -> str | None:
    """The column that says `simple` or `variation, virtual`, as the export does in any language."""
    for column, value in fields.items():
        parts = {part.strip().lower() for part in str(value or "").split(",")}
        if parts & _TYPES and parts <= _KINDS:
            return column
    return None


def _order_of(columns: Sequence[str]) -> tuple[str, ...]:
    """The names by place, if the export has all columns; else none."""
    if len(columns) < len(_ORDER) - 1 or _known(columns[0]) not in (None, "ID"):
        return ()
    with_gtin = any("gtin" in column.casefold() for column in columns[: _GTIN_PLACE + 1])
    order = _ORDER if with_gtin else (*_ORDER[:_GTIN_PLACE], *_ORDER[_GTIN_PLACE + 1 :])
    for place, name in enumerate(order[: len(columns)]):
        plain = plain_name(columns[place])
        if _ENGLISH.get(plain, name) != name and plain not in _TRANSLATED:
            return ()  # an English name in another place: the columns were chosen
    return order


def _attribute_columns(columns: Sequence[str]) -> dict[str, str]:
    """`Attribut 1 Name` and `Valeur(s) de l'attribut 1` as the English export calls them.

    The columns of an attribute follow each other: its name, its values, then two switches.
    """
    found: dict[str, str] = {}
    seen: dict[str, int] = {}
    for column in columns:
        number = _NUMBER.search(column)
        if number is None or _NO_ATTRIBUTE.search(column):
            continue
        place = seen[number[0]] = seen.get(number[0], 0) + 1
        if place <= 2:
            part = "name" if place == 1 else "value(s)"
            found[column] = f"Attribute {int(number[0])} {part}"
    return found


def recognised(names: Any) -> bool:
    """True for the columns of an export in English or one of the known languages."""
    english = {"type", "sku", "name", "published"} <= names and bool(
        {"regularprice", "visibilityincatalog"} & names
    )
    translated = {_TRANSLATED[name] for name in names if name in _TRANSLATED}
    named = {"Name"} if "name" in names else set()
    return english or {"Published", "Name", "Regular price"} <= translated | named


def recognised_by_types(columns: Sequence[str], first: Mapping[str, Any]) -> bool:
    """True for an export in a language that is not known: the types of products are English."""
    kinds = _column_of_types(first)
    if kinds is None:
        return False
    if columns.index(kinds) == 1 and _order_of(columns):
        return True
    if "type" in plain_name(kinds):  # a choice of English columns is told by their names
        return False
    named = set(_english(tuple(columns), kinds))
    return {"Type", "Name", "Regular price"} <= named and bool({"ID", "SKU"} & named)


WOOCOMMERCE = System("WooCommerce CSV export", recognised, products, recognised_by_types)
