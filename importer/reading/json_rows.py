"""JSON: one object a line, an array of objects, or a document with one list of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from pathlib import Path
from typing import Any

from importer.reading.records import NO_COLUMNS, Record, column_names
from twinset.errors import CatalogueError

# Keys that hold the products in the exports of most systems; else the longest list of objects.
_LIST_KEYS = (
    "products", "items", "data", "results", "entries", "articles", "catalog", "edges", "nodes",
    "_embedded", "hits", "records", "rows", "resources",
)  # fmt: skip
_ATTRIBUTES = frozenset({"attributes", "properties", "custom_attributes", "specifications"})
_NAMED_LISTS = frozenset(
    {"categories", "category", "tags", "collections", "brands", "labels", "colors", "colours",
     "sizes", "materials", "product_categories", "productCategories"}
)  # fmt: skip
_WRAPPERS = ("node", "_source", "document", "fields")
# Of objects that are one value: a price, a picture.
_WHOLE = frozenset({"currency", "currency_code", "currencyCode", "bytes"})
_TITLES = frozenset({"title", "name", "product_name", "label"})
_NAMES_OF_PRODUCTS = frozenset({"id", "sku", "title", "name", "handle", "identifier", "uuid"})


class JsonlSource:
    """One JSON object a line; blank lines are passed over."""

    typed = True
    skipped: Sequence[str] = ()

    def __init__(self, path: Path) -> None:
        self.files: Sequence[Path] = [path]

    @cached_property
    def columns(self) -> Sequence[str]:
        """The fields that any row has."""
        return column_names(self.records())

    def records(
        self,
        without: AbstractSet[str] = NO_COLUMNS,  # noqa: ARG002 - a line is parsed whole
    ) -> Iterator[Record]:
        path = self.files[0]
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    for fields, fault in _parse_line(line):
                        yield Record(path.name, number, fields, fault)


class JsonSource:
    """A JSON document: an array of objects, or an object that holds one.

    Raises:
        CatalogueError: if it is not JSON, or holds no list of objects.
    """

    typed = True
    skipped: Sequence[str] = ()

    def __init__(self, path: Path) -> None:
        self.files: Sequence[Path] = [path]
        try:
            document = json.loads(path.read_text("utf-8-sig"))
        except UnicodeDecodeError:
            raise CatalogueError(
                f"{path}: is not UTF-8, as JSON has to be; name its encoding, such as "
                "--encoding cp1252"
            ) from None
        except (ValueError, RecursionError):
            raise CatalogueError(f"{path}: is not valid JSON") from None
        self._objects = objects_of(document)
        if self._objects is None:
            raise CatalogueError(f"{path}: holds no list of products")

    @cached_property
    def columns(self) -> Sequence[str]:
        """The fields that any object has."""
        return column_names(self.records())

    def records(
        self,
        without: AbstractSet[str] = NO_COLUMNS,  # noqa: ARG002 - a document is parsed whole
    ) -> Iterator[Record]:
        name = self.files[0].name
        for number, value in enumerate(self._objects or (), start=1):
            if isinstance(value, dict):
                yield Record(name, number, flat(value))
            else:
                yield Record(name, number, {}, "entry is not a JSON object")


def objects_of(document: Any) -> list[Any] | None:
    """The list of products in a document; None if it holds none."""
    if isinstance(document, list):
        if document and all(map(_is_page, document)):
            return [one for page in document for one in objects_of(page) or ()]
        return [_unwrapped(one) if isinstance(one, dict) else one for one in document]
    if not isinstance(document, dict):
        return None
    if isinstance(graph := document.get("@graph") or document.get("itemListElement"), list):
        return _products_in(graph)
    named = [document[key] for key in _LIST_KEYS if key in document]
    for value in named:
        below = objects_of(value)
        if below is not None:
            return below
    if _is_product(document):
        return [document]
    lists = [value for value in document.values() if _is_list_of_objects(value)]
    if lists:
        longest: list[Any] = max(lists, key=len)
        return longest
    inner = [objects_of(one) or [] for one in document.values() if isinstance(one, dict)]
    most: list[Any] = max(inner, key=len, default=[])
    return most if len(most) > 1 else _by_key(document) or most or None


def _unwrapped(value: dict[str, Any]) -> Any:
    """The product in an object that says where it was found: `{"_id": 1, "_source": {...}}`."""
    for key in _WRAPPERS:
        inner = value.get(key)
        if isinstance(inner, dict) and (key == "node" or _TITLES & set(inner)):
            number = value.get("_id") or value.get("id")
            return inner if number is None else {"id": number, **inner}
    return value


def _products_in(graph: list[Any]) -> list[Any]:
    """The products of JSON-LD, without the pages and shops that it describes as well."""
    items = [one.get("item", one) for one in graph if isinstance(one, dict)]
    return [one for one in items if isinstance(one, dict) and "Product" in str(one.get("@type"))]


def _by_key(document: Mapping[str, Any]) -> list[Any]:
    """The objects of a document that holds each product under its id."""
    objects = {key: value for key, value in document.items() if isinstance(value, dict)}
    named = [_TITLES & set(value) for value in objects.values()]
    if len(objects) < len(document) or not objects or not all(named):
        return []
    return [{"id": key, **value} for key, value in objects.items()]


def _is_product(value: Mapping[str, Any]) -> bool:
    return bool({"id", "sku", "item_id"} & set(value)) and bool(_TITLES & set(value))


def flat(value: Mapping[str, Any]) -> dict[str, Any]:
    """An object whose nested objects became fields of their own: `dims.w`.

    What stands in `attributes` bears its own name, as do pairs such as `{"name": "Colour", "value":
    "Red"}`; of objects that have nothing but a name the name is kept. Other lists of objects, and
    prices with a currency, are left to whoever reads the field.
    """
    fields: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, dict) and not _WHOLE & set(inner):
            for key, one in flat(inner).items():
                own = key if name in _ATTRIBUTES and key not in value else f"{name}.{key}"
                fields[own] = one
        elif _is_list_of_objects(inner):
            fields |= _named(name, inner, value)
        else:
            fields[name] = inner
    return fields


def _named(name: str, objects: list[dict[str, Any]], whole: Mapping[str, Any]) -> dict[str, Any]:
    """A list of objects as fields: pairs by their names, plain names as texts."""
    values = ("value", "values", "options", "option")
    if name in _ATTRIBUTES and all("name" in one and set(values) & set(one) for one in objects):
        found = {str(one["name"]): next(one[v] for v in values if v in one) for one in objects}
        return {key: one for key, one in found.items() if key not in whole}
    for key in ("name", "title", "label"):
        if name in _NAMED_LISTS and all(isinstance(one.get(key), str) for one in objects):
            return {name: [one[key] for one in objects]}
    return {name: objects}


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _is_page(value: Any) -> bool:
    """True for an object that is no product but holds a list of them, as one page of answers."""
    if not isinstance(value, dict) or _NAMES_OF_PRODUCTS & set(value):
        return False
    return any(isinstance(value.get(key), (list, dict)) for key in _LIST_KEYS)


def _parse_line(line: bytes) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    """The products of one line and what is wrong with it: one product, or a page of them."""
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        yield {}, "text is not valid UTF-8"
        return
    except (ValueError, RecursionError):
        yield {}, "line is not valid JSON"
        return
    if not isinstance(value, dict):
        yield {}, "line is not a JSON object"
    elif _is_page(value):
        yield from ((flat(one), None) for one in objects_of(value) or () if isinstance(one, dict))
    else:
        yield flat(value), None
