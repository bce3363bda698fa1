"""Which source column fills which catalogue column."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twinset.catalogue import FIXED_COLUMNS, IMAGE_COLUMNS
from twinset.errors import CatalogueError

# Compared without case and punctuation; an earlier name wins, the others become attributes.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "itemid", "productid", "articleid", "sku", "productcode"),
    "title": ("title", "productdisplayname", "name", "productname", "producttitle"),
    "description": ("description", "productdescription", "longdescription", "desc"),
    "group_id": ("groupid", "itemgroupid", "parentid", "parentsku", "styleid", "stylecode"),
    "price": ("price", "currentprice", "unitprice"),
    "available": ("available", "availability", "instock", "isavailable", "stock", "quantity"),
    "image": ("image", "imagebytes", "imagedata", "imagebase64"),
    "image_path": ("imagepath", "imagefile", "imagefilename", "filename", "picture", "photo"),
}
CATEGORY_NAMES = ("articletype", "category", "producttype", "productcategory", "subcategory")
COLOUR_NAMES = ("basecolour", "basecolor", "colour", "color")
GENDER_NAMES = ("gender",)


@dataclass(frozen=True)
class ColumnMap:
    """Source columns by what they fill: catalogue column -> source column.

    `category`, `colour` and `gender` are names of attributes, or None.
    """

    fixed: Mapping[str, str]
    attributes: Mapping[str, str]
    category: str | None
    colour: str | None
    gender: str | None

    @property
    def image_sources(self) -> frozenset[str]:
        """Source columns that hold image bytes; too large for the first pass."""
        return frozenset({self.fixed["image"]} if "image" in self.fixed else ())


def map_columns(
    columns: Sequence[str], mapping: Mapping[str, str], category: str | None
) -> ColumnMap:
    """Decide what each of the source's columns fills.

    Raises:
        CatalogueError: the mapping or category names a column that the source lacks, no column
            fits `id`, or neither a title nor an image is there.
    """
    for source in [*mapping.values(), *([category] if category else [])]:
        if source not in columns:
            raise CatalogueError(f"no column {source!r}; there are: {', '.join(columns)}")
    fixed = {name: source for name, source in mapping.items() if name in FIXED_COLUMNS}
    for name, names in SYNONYMS.items():
        free = [c for c in columns if c not in {*fixed.values(), *mapping.values()}]
        found = first_named(free, names)
        if found is not None:
            fixed.setdefault(name, found)
    _check_fixed(fixed, columns)
    attributes = _name_attributes(columns, fixed, mapping)
    return ColumnMap(
        fixed,
        attributes,
        category=_attribute_of(attributes, category or first_named(columns, CATEGORY_NAMES)),
        colour=first_named(list(attributes), COLOUR_NAMES),
        gender=first_named(list(attributes), GENDER_NAMES),
    )


def has_products(columns: Sequence[str], mapping: Mapping[str, str]) -> bool:
    """Whether a file with these columns holds products: it has an id and a title column."""
    return all(
        mapping.get(name) in columns or first_named(columns, SYNONYMS[name]) is not None
        for name in ("id", "title")
    )


def first_named(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """The column that bears the earliest of `names`, compared without case and punctuation."""
    plain = {re.sub(r"[\W_]+", "", column).lower(): column for column in reversed(columns)}
    return next((plain[name] for name in names if name in plain), None)


def _check_fixed(fixed: Mapping[str, str], columns: Sequence[str]) -> None:
    there = f"there are: {', '.join(columns)}"
    if "id" not in fixed:
        raise CatalogueError(f"no column for the id; name one with --map id=COLUMN; {there}")
    if "title" not in fixed and not set(IMAGE_COLUMNS) & set(fixed):
        raise CatalogueError(f"no column for the title or the image; {there}")


def _name_attributes(
    columns: Sequence[str], fixed: Mapping[str, str], mapping: Mapping[str, str]
) -> dict[str, str]:
    """Names that a filter can spell (letters, digits, underscores) for all other columns."""
    renamed = {source: name for name, source in mapping.items()}
    attributes: dict[str, str] = {}
    for source in columns:
        if source in fixed.values():
            continue
        name = re.sub(r"\W+", "_", renamed.get(source, source)).strip("_")
        if not name:
            continue  # the unnamed row number that spreadsheets and pandas write
        if name[0].isdigit():
            name = f"_{name}"
        if name in FIXED_COLUMNS:
            name = f"source_{name}"  # another column was mapped to the name
        if name in attributes:
            raise CatalogueError(f"two columns would both be called {name!r}; rename with --map")
        attributes[name] = source
    return attributes


def _attribute_of(attributes: Mapping[str, str], source: str | None) -> str | None:
    return next((name for name, column in attributes.items() if column == source), None)
