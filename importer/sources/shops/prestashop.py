"""PrestaShop: the columns of its product export and import, in several languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from importer.column_stems import column_for
from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no, one_by_one, pick, plain_name
from importer.values.sale_time import is_on

# By the beginning of the plain name: versions and languages differ in what stands in brackets.
_STARTS = (
    ("iddefaultimagehref", "image_path"), ("iddefaultimage", ""), ("idmanufacturer", ""),
    ("idsupplier", ""), ("idcategory", ""), ("idtax", ""), ("idshop", ""),
    ("eigenschaft", "feature"), ("aktywny", "active"), ("ativo", "active"), ("tagi", "tags"),
    ("podsumowanie", "summary"), ("discountfrom", "from"), ("discountto", "to"),
    ("rabattvon", "from"), ("rabattbis", "to"), ("réductionde", "from"), ("réductionà", "to"),
    ("descuentodesde", "from"), ("descuentohasta", "to"), ("scontodal", "from"),
    ("scontoal", "to"), ("kortingvan", "from"), ("kortingtot", "to"),
    ("productid", "id"), ("idduproduit", "id"), ("idproduct", "id"), ("idproducto", "id"),
    ("active", "active"), ("actif", "active"), ("activo", "active"), ("aktiv", "active"),
    ("attivo", "active"), ("actief", "active"), ("status", "active"), ("état", "active"),
    ("estado", "active"), ("name", "title"), ("nom", "title"), ("categories", "category"),
    ("category", "category"), ("catégorie", "category"), ("categor", "category"),
    ("kategorie", "category"), ("pricetaxincl", "price"), ("pricetaxexcl", "net"),
    ("prixttc", "price"), ("prixtaxesincluses", "price"), ("prixht", "net"),
    ("precioconimpuestos", "price"), ("preciosinimpuestos", "net"), ("preisinkl", "price"),
    ("preisexkl", "net"), ("prezzotasseincl", "price"), ("pricetax", "price"),
    ("finalprice", "price"), ("price", "net"), ("discountamount", "off"),
    ("discountpercent", "percent"), ("quantity", "available"), ("quantité", "available"),
    ("cantidad", "available"), ("menge", "available"), ("quantità", "available"),
    ("description", "description"), ("descripción", "description"),
    ("beschreibung", "description"), ("summary", "summary"), ("récapitulatif", "summary"),
    ("shortdescription", "summary"), ("tags", "tags"), ("étiquettes", "tags"),
    ("etiquetas", "tags"), ("imageurl", "image_path"), ("urldelimage", "image_path"),
    ("urlsdesimages", "image_path"), ("imagealt", ""), ("image", "image_path"),
    ("bildurl", "image_path"), ("manufacturer", "brand"), ("brand", "brand"),
    ("marque", "brand"), ("fabricant", "brand"), ("feature", "feature"),
    ("caractéristique", "feature"), ("característica", "feature"), ("merkmal", "feature"),
    ("caratteristica", "feature"), ("kenmerk", "feature"), ("cecha", "feature"),
    ("marca", "brand"), ("marke", "brand"), ("merk", "brand"), ("marka", "brand"),
    ("precioimpuestosinclu", "price"), ("precioimpuestosexclu", "net"),
    ("prezzoiva", "price"), ("prijsinclusief", "price"), ("prijsexclusief", "net"),
    ("porcentajededescuento", "percent"), ("valordeldescuento", "off"), ("pourcentage", "percent"),
    ("montantdelaréduction", "off"), ("rabattprozent", "percent"), ("rabattbetrag", "off"),
    ("percentualedi", "percent"), ("importodellosconto", "off"), ("kortingspercentage", "percent"),
    ("outofstock", "backorder"), ("reference", "reference"),
    ("référence", "reference"), ("id", "id"),
)  # fmt: skip
# What the words of a column's name tell if its beginning is not known.
# The category that holds all others, in the languages of most shops.
_ROOTS = frozenset(
    ["home", "root", "accueil", "racine", "inicio", "raíz", "startseite", "start", "hauptkategorie",
     "strona główna", "główna", "domů", "domov", "hem", "hjem", "etusivu", "início", "acasă",
     "αρχική", "ana sayfa", "főoldal", "главная"]
)  # fmt: skip
_BY_WORDS = ("id", "title", "price", "available", "image_path", "description", "category")
_SWITCH = re.compile(r"a[ckt]?t[iy]\w*01")


def products(records: Iterable[Record]) -> Iterator[Record]:
    """Each row with the usual names; products that are switched off are hidden."""
    return one_by_one(records, _product)


def _product(raw: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column, value in raw.items():
        plain = plain_name(column)
        name = next((name for start, name in _STARTS if plain.startswith(start)), None)
        if name and value not in (None, ""):
            found.setdefault(name, value)
    for name in _BY_WORDS:
        if name not in found and (name != "price" or "net" not in found):
            column = column_for(name, list(raw))
            found[name] = None if column is None else raw[column]
    tags = [part.strip() for part in str(found.get("tags") or "").split(",") if part.strip()]
    backorder = str(found.get("backorder") or "").strip() == "1"
    return {
        **_features(found.get("feature")),
        "id": pick(found, "id", "reference"),
        "title": found.get("title"),
        "description": pick(found, "description", "summary"),
        "brand": found.get("brand"),
        "price": _reduced(pick(found, "price", "net"), found),
        "available": True if backorder else found.get("available"),
        "image_path": found.get("image_path"),
        "category": _category(found.get("category")),
        "tags": tags or None,
        HIDDEN: is_no(found.get("active", "1")),
    }


def _category(value: Any) -> str | None:
    """The last part of the first category that is not the shop's root."""
    named = [part.strip() for part in str(value or "").split(",") if part.strip()]
    below = [part for part in named if part.casefold() not in _ROOTS]
    first = next(iter([*below, *named]), "")
    return first.split("/")[-1].split(">")[-1].strip() or None


def _reduced(price: Any, found: dict[str, Any]) -> Any:
    """The price less the discount of its row, in the words of the file if there is none."""
    try:
        amount = float(str(price).replace(",", "."))
        off = float(str(found.get("off") or 0).replace(",", "."))
        percent = float(str(found.get("percent") or 0).replace(",", "."))
    except ValueError:
        return price
    if not (off or percent) or not is_on(found.get("from"), found.get("to")):
        return price
    return f"{max(0.0, amount - off) * (1 - percent / 100):.2f}"


def _features(value: Any) -> dict[str, str]:
    """`Material:Cotton:1, Style:Casual:2` as attributes."""
    pairs = [part.split(":") for part in str(value or "").split(",")]
    return {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) > 1 and pair[0].strip()}


def recognised(names: Any) -> bool:
    """True for the import columns in any language, and for the list of products as exported."""
    switched = any(_SWITCH.fullmatch(name) for name in names)
    priced = any(
        name.startswith(("pricetax", "prixttc", "prixht", "pricetaxexcl")) for name in names
    )
    answer = {"id", "active", "iddefaultimage", "name"} <= names  # of the web service
    return answer or switched or (bool({"productid", "idduproduit"} & names) and priced)


PRESTASHOP = System("PrestaShop export", recognised, products)
