"""What a source system is: how its exports are recognised, and how their rows become products."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any

from importer.reading.records import NO_COLUMNS, ReadOnce, Record, Source, column_names

Fields = Mapping[str, Any]
# A product that its shop does not show: a draft, an archived one, one that is switched off.
HIDDEN = "hidden"
# What comes of a list, a number or an object in a place for which a system has texts alone.
ODD = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
ODD_VALUES = "holds values of another form than its system writes"


@dataclass(frozen=True)
class System:
    """One source system.

    `recognises` says if an export with these columns, in plain form (`plain_name`), is of this
    system; `recognises_row`, if given, judges a file by its columns in order and its first row.
    `products` turns its rows into products, one record each, whose fields bear the usual names (id,
    title, price, available, image_path, group_id, link). A product whose field `hidden` is true is
    left out and counted, because the shop does not show it either. If `folds` is true, rows of one
    group are variants that the shop shows as one product; if `spread` is true, what is said of a
    product may stand in several files of a folder.
    """

    name: str
    recognises: Callable[[AbstractSet[str]], bool] | None
    products: Callable[[Iterable[Record]], Iterator[Record]]
    recognises_row: Callable[[Sequence[str], Fields], bool] | None = None
    folds: bool = False
    spread: bool = False


class SystemSource:
    """The products of a source, read through its system; those of a small one are kept."""

    typed = False

    def __init__(self, source: Source, system: System) -> None:
        self._source, self.system = source, system
        self.files: Sequence[Path] = source.files
        self.skipped: Sequence[str] = source.skipped
        self.hidden = 0
        self._kept = list(self._read(NO_COLUMNS)) if isinstance(source, ReadOnce) else None
        self.columns: Sequence[str] = column_names(self.records())

    def records(self, without: AbstractSet[str] = NO_COLUMNS) -> Iterator[Record]:
        """Every product that its shop shows, in order."""
        yield from self._read(without) if self._kept is None else self._kept

    def _read(self, without: AbstractSet[str]) -> Iterator[Record]:
        self.hidden = 0
        for record in self.system.products(self._source.records(without)):
            if record.fields.get(HIDDEN):
                self.hidden += 1
                continue
            yield replace(record, fields={k: v for k, v in record.fields.items() if k != HIDDEN})


@lru_cache(maxsize=4096)
def plain_name(column: str) -> str:
    """A column's name without case, spaces, punctuation and the prefix `g:` of Google."""
    folded = column.casefold().removeprefix("g:")
    return "".join(one for one in folded if one.isalnum())


def plain_fields(fields: Fields) -> dict[str, Any]:
    """The fields by their plain names: `Image Src`, `image_src` and `IMAGE SRC` are one.

    Of several fields with one plain name the first that has a value counts.
    """
    plain: dict[str, Any] = {}
    for name, value in fields.items():
        key = plain_name(name)
        if plain.get(key) in (None, "", []):
            plain[key] = value
    return plain


def one_by_one(
    records: Iterable[Record], product: Callable[[Fields], dict[str, Any]]
) -> Iterator[Record]:
    """Each row as the product that it is; one that cannot be read stays as it is."""
    for record in records:
        yield record if record.fault else read_one(record, product, record.fields)


def read_one(record: Record, product: Callable[..., dict[str, Any]], *said: Any) -> Record:
    """The product that `product` makes of what is `said`, in the place of `record`; with a fault if
    that holds values that its system never writes there."""
    try:
        return replace(record, fields=product(*said))
    except ODD:
        return replace(record, fault=ODD_VALUES)


def plain_names(columns: Iterable[str]) -> frozenset[str]:
    """The names of several columns in plain form."""
    return frozenset(map(plain_name, columns))


def pick(fields: Fields, *names: str) -> Any:
    """The first of the named fields that has a value; None if none has."""
    for name in names:
        value = fields.get(name)
        if value is not None and value != "" and value != []:
            return value
    return None


def objects_in(value: Any) -> list[Fields]:
    """The objects of a list; nothing of what is no list, and of a list no other values."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def is_no(value: Any) -> bool:
    """True if a switch of a product is off."""
    text = "" if value is None else str(value).strip().casefold()
    return text in ("0", "false", "no", "n", "disabled", "off", "nein", "non", "nie", "nee")


def kind_in(value: Any) -> Any:
    """The kind that a product's category says: the last part of a path such as `Women > Dresses`, a
    name that is no path as it is. Of several, as JSON lists them, the first path, else the last
    name: shops list the whole way from the wide to the narrow."""
    if isinstance(value, list):
        names = [one for one in value if isinstance(one, str) and one.strip()]
        paths = [one for one in names if " > " in one]
        value = next(iter([*paths[:1], *names[-1:]]), None)
    if not isinstance(value, str):
        return value
    text = unescape(value)
    if " | " in text:
        text = text.rpartition(" | ")[2]
    if " > " in text:
        return leaf(text)
    return re.split(r">+|»|›|→|::|;|\|| / ", text.strip(" >»/;|"))[-1].strip() or None


def leaf(path: Any) -> str | None:
    """The last part of the first category path: `Women > Dresses` gives `Dresses`."""
    text = str(path[0] if isinstance(path, list) and path else path or "").strip()
    if not text:
        return None
    first = text.split("|")[0]
    separator = next((one for one in (" > ", ">", "/", "»") if one in first), None)
    if separator is not None:
        # `Women > Dresses, Women > Sale` are two; `Tops, Tees > Shirts` is one.
        root = first.split(separator)[0].strip() + separator
        first = re.split(rf",\s*(?={re.escape(root)})", first)[0].split(separator)[-1]
    return first.split(",")[0].strip() or None
