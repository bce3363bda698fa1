"""The words of a product that are embedded: a template over the columns of its catalogue."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from string import Formatter

from importer.column_mapping import ColumnMap, first_named
from twinset.errors import CatalogueError

# What a template may name whatever the feed calls it; `kind` is the category.
_ROLES: Mapping[str, tuple[str, ...]] = {
    "colour": ("basecolour", "basecolor", "colour", "color", "farbe", "couleur", "colore", "kleur"),
    "material": ("material", "fabric", "composition", "matière", "stoff", "materiale", "materiaal"),
    "brand": ("brand", "manufacturer", "marke", "marque", "marca", "merk", "vendor"),
    "gender": ("gender", "geschlecht", "sexe", "targetgroup"),
}
_TEXTS = ("title", "description")


def words_template(template: str, columns: ColumnMap, attributes: Collection[str]) -> str:
    """The template with the names of the catalogue's own columns.

    `{kind}`, `{colour}`, `{material}`, `{brand}` and `{gender}` stand for the columns that hold
    these, and are left out if there is none.

    Raises:
        CatalogueError: if it cannot be read, or names a column that is not there.
    """
    roles = {role: first_named(list(attributes), names) for role, names in _ROLES.items()}
    roles["kind"] = columns.category
    parts = []
    try:
        parsed = list(Formatter().parse(template))
    except ValueError:
        raise CatalogueError("--words: braces have to come in pairs, as in {title}") from None
    for literal, name, form, conversion in parsed:
        parts.append(literal)
        if name is None:
            continue
        named = name if name in (*_TEXTS, *attributes) else roles.get(name)
        if conversion or (named is None and name not in roles):
            there = ", ".join((*_TEXTS, *roles, *attributes))
            raise CatalogueError(f"--words: no column {name!r}; there are: {there}")
        if named is not None:
            parts.append("{" + named + (f":{form}" if form else "") + "}")
    return "".join(parts)
