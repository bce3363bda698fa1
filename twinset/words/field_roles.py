"""What a catalogue's fields are for, by their names, whatever the shop calls them.

A role gives a recognised part of a query a name that is the same for every shop: "colour" instead
of `baseColour`, `color` or `Farbe`. A field without a role is named by its own name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache

from twinset.columns import Columns
from twinset.text.text_folding import fold

# Fields of free text, and of nearly one value an item: nobody asks for their values by words.
NOT_WORDS = frozenset({"id", "group_id", "title", "description", "link", "image_path", "currency"})
PRICE, AVAILABILITY, SIZE, GENDER, KIND = "price", "availability", "size", "gender", "kind"
COLOUR, MATERIAL, PATTERN = "colour", "material", "pattern"
# Whole words of a field's name; "baseColour" and "base_colour" are two words.
_ROLES: Mapping[str, frozenset[str]] = {
    COLOUR: frozenset(
        {
            "colour",
            "color",
            "colours",
            "colors",
            "farbe",
            "couleur",
            "colore",
            "kleur",
            "kolor",
            "cor",
        }
    ),
    "brand": frozenset(
        {"brand", "brands", "manufacturer", "vendor", "designer", "marke", "hersteller"}
        | {"marque", "marca", "merk", "marka"}
    ),
    MATERIAL: frozenset(
        {"material", "materials", "fabric", "matière", "materiale", "materiaal", "materiał"}
    ),
    PATTERN: frozenset({"pattern", "print", "muster", "motif"}),
    SIZE: frozenset(
        {"size", "sizes", "größe", "größen", "groesse", "taille", "tailles", "talla", "tallas"}
        | {"taglia", "maat", "rozmiar", "tamanho", "shoesize"}
    ),
    PRICE: frozenset({"price", "preis", "prix", "precio", "prezzo", "prijs", "cena", "preço"}),
    AVAILABILITY: frozenset({"available"}),
    GENDER: frozenset({"gender", "sex", "geschlecht"}),
}
_KINDS = re.compile(
    r"(product|article|item|garment)?_?type|kind|department|.*(category|categories|kategorie"
    r"|catégorie|categoría|categoria)|warengruppe"
)
_NAME_WORD = re.compile(r"[A-ZÀ-Þ]?[a-zß-ÿ]+|[A-ZÀ-Þ]+(?![a-zß-ÿ])|[^\W\d_]+")


@lru_cache(1024)  # asked of every field for every query
def role_of(name: str) -> str | None:
    """The role that a field's name gives it; None if the name says nothing."""
    words = {fold(word) for word in _NAME_WORD.findall(name)}
    if _KINDS.fullmatch(fold(name)):
        return KIND
    return next((role for role, known in _ROLES.items() if words & set(map(fold, known))), None)


def field_with(role: str, columns: Columns, kind: str, filled: Collection[str] = ()) -> str | None:
    """The first field of a role that holds values of a kind, such as "number"; None if none does.

    `filled` are fields that hold values although `columns` does not show them. The catalogue's own
    `price` and `available` come before other fields of their role.
    """
    own = [name for name in ("price", "available") if role_of(name) == role]
    for name in (*own, *columns):
        column = columns.get(name)
        fits = column is not None and role_of(name) == role and column.kind == kind
        if fits and column is not None and (name in filled or column.present.any()):
            return name
    return None
