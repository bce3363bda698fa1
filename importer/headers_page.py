"""`docs/headers.md`, made from the importer itself: `python -m importer.headers_page`."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import importer.sources
from importer.column_mapping import (
    CATEGORY_NAMES,
    COLOUR_NAMES,
    CURRENCY_NAMES,
    GENDER_NAMES,
    PLURAL_NAMES,
    SYNONYMS,
)
from importer.values.lists import LIST_NAMES

_HEAD = """\
<!-- Made by `make docs/headers.md` from the importer. -->
# Headers that are recognised

Headers are compared without case, spaces and punctuation: `Image Src`, `image_src` and `IMAGE-SRC`
are one, written `imagesrc` here. `--map NAME=COLUMN` fills a column from any other.

## In any file

The first name that is there fills the column. If none is, the words of the names decide, without
accents and in about thirty languages: `Cena brutto` is a price, `Cena zakupu` what the shop
paid, `Zdjęcie główne` a picture, `pricing.price` and `stock.quantity` price and stock. What fills
no column becomes an attribute.

| column | headers |
| --- | --- |
"""
_SYSTEMS = """
## In the exports of known systems

What the reader of each system looks for, beside the names above; `N` is a number. Of
PrestaShop's the beginnings are listed.

| reader | headers |
| --- | --- |
"""
_FURTHER = (
    "`additional`, `further`, `more`, `extra`, `other`, `alternate`, `secondary`, `weitere`, "
    "`autres`, `altre` or `otras` before `image`, `picture`, `photo`, `bild`, `foto` or `media`; "
    "`gallery`, `imagegallery`, `galleryimages`; `image2`, `imageurl3`, `photo4` and so on"
)
_READS = frozenset({"pick", "pick_of_rows", "get"})
_NO_READERS = frozenset(
    {"__init__", "system", "variants_of_product", "rows_of_product", "folded_rows"}
)


def headers_page() -> str:
    """The page: the headers of any file, then those of each system's reader."""
    named = {
        **SYNONYMS,
        "the kind (an attribute)": CATEGORY_NAMES,
        "the kind, and a list": PLURAL_NAMES,
        "colour (an attribute)": COLOUR_NAMES,
        "gender (an attribute)": GENDER_NAMES,
        "currency": sorted(CURRENCY_NAMES),
        "a list (an attribute)": sorted(LIST_NAMES),
    }
    rows = [_row(column, names) for column, names in named.items()]
    rows.append(f"| further pictures | {_FURTHER} |\n")
    systems = [_row(path.stem, sorted(headers_of(path))) for path in _readers()]
    return _HEAD + "".join(rows) + _SYSTEMS + "".join(systems)


def headers_of(path: Path) -> set[str]:
    """The names that the code of a reader asks a row for, and those of its tables of names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and _name_of(call.func) in _READS:
            found.update(name for one in call.args for name in _texts(one))
    for table in tree.body:
        value = table.value if isinstance(table, ast.Assign) else None
        if isinstance(value, ast.Dict):
            found.update(name for key in value.keys for name in _texts(key))
        elif isinstance(value, ast.Tuple):
            pairs = [one.elts[0] for one in value.elts if isinstance(one, ast.Tuple)]
            found.update(name for one in pairs for name in _texts(one))
    return {name for name in found if name.strip("0123456789. N")}


def _texts(node: ast.AST | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = (one.value if isinstance(one, ast.Constant) else "N" for one in node.values)
        yield "".join(map(str, parts))


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _readers() -> list[Path]:
    folder = Path(importer.sources.__file__).parent
    paths = [path for path in folder.rglob("*.py") if path.stem not in _NO_READERS]
    return sorted(paths, key=lambda path: path.stem)


def _row(name: str, headers: Iterable[str]) -> str:
    listed = ", ".join(f"`{one}`" for one in dict.fromkeys(headers))
    return f"| {name} | {listed} |\n"


def main() -> None:
    """Print the page."""
    sys.stdout.write(headers_page())


if __name__ == "__main__":
    main()
