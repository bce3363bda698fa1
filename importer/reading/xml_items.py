"""XML feeds, read element by element by a parser that resolves no entities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from importer.reading.records import NO_COLUMNS, Record, column_names
from twinset.errors import CatalogueError

# What one product is called in the feeds of most systems.
# Those of the last line say more of a product elsewhere in Salesforce's files.
ITEM_TAGS = frozenset(
    {"item", "entry", "product", "article", "offer", "shopitem", "artikel", "produkt", "produit",
     "category-assignment", "price-table", "record"}
)  # fmt: skip

_KNOWN_ATTRIBUTES = ("href", "url", "rel", "type", "lang")


class XmlSource:
    """The products of an XML file, each as its child elements by their plain names.

    A repeated element becomes a list, a nested one a field `outer.inner`; attributes become
    fields `@name`. DTDs, entities and external references are refused.

    Raises:
        CatalogueError: if it is not well-formed, or holds no element that is a product.
    """

    typed = False
    skipped: Sequence[str] = ()

    def __init__(self, path: Path) -> None:
        self.files: Sequence[Path] = [path]
        self.columns = column_names(self.records())
        if not self.columns:
            names = ", ".join(sorted(ITEM_TAGS))
            raise CatalogueError(f"{path}: holds no product; looked for elements {names}")

    def records(
        self,
        without: AbstractSet[str] = NO_COLUMNS,  # noqa: ARG002 - an element is parsed whole
    ) -> Iterator[Record]:
        path = self.files[0]
        number = 0
        try:
            with path.open("rb") as file:
                inside: list[Element] = []
                for event, element in iterparse(file, ("start", "end"), forbid_dtd=True):
                    if plain_tag(element) not in ITEM_TAGS:
                        continue
                    if event == "start":
                        inside.append(element)
                        continue
                    inside.pop()
                    if not inside:
                        number += 1
                        yield Record(path.name, number, fields_of(element))
                        element.clear()
        except ParseError as error:
            raise CatalogueError(f"{path}: is not well-formed XML, {error}") from None
        except DefusedXmlException:
            raise CatalogueError(f"{path}: declares a DTD or entities, which is refused") from None


def plain_tag(element: Element) -> str:
    """An element's name without its namespace, in small letters."""
    return str(element.tag).rpartition("}")[2].lower()


def fields_of(element: Element) -> dict[str, Any]:
    """The attributes and child elements of a product by name."""
    fields: dict[str, Any] = {f"@{_local(name)}": text for name, text in element.attrib.items()}
    for child in element:
        name = plain_tag(child)
        for inner, value in _values_of(child):
            _add(fields, f"{name}.{inner}" if inner else name, value)
    return fields


def _values_of(element: Element) -> Iterator[tuple[str, Any]]:
    if len(element) == 0:
        text = (element.text or "").strip()
        # Atom and some feeds write an address as an attribute.
        yield "", text or element.attrib.get("href") or element.attrib.get("url") or None
        for name, value in element.attrib.items():
            if not name.startswith("{") and name not in _KNOWN_ATTRIBUTES:
                yield f"@{name}", value
        return
    yield from fields_of(element).items()


def _add(fields: dict[str, Any], name: str, value: Any) -> None:
    if name not in fields:
        fields[name] = value
    elif isinstance(fields[name], list):
        fields[name].append(value)
    else:
        fields[name] = [fields[name], value]


def _local(name: str) -> str:
    return name.rpartition("}")[2].lower()
