"""XML feeds, read element by element by a parser that resolves no entities."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser
from defusedxml.ElementTree import iterparse as parse_defused

from importer.reading.declared_prefixes import declared
from importer.reading.records import NO_COLUMNS, Record, column_names
from twinset.errors import CatalogueError

# What one product is called in the feeds of most systems.
# Those of the last line say more of a product elsewhere in Salesforce's files.
ITEM_TAGS = frozenset(
    {"item", "entry", "product", "article", "offer", "shopitem", "artikel", "produkt", "produit",
     "o", "category-assignment", "price-table", "record"}
)  # fmt: skip

# What Salesforce's files say of categories and of whole files, beside their products.
_SALESFORCE = frozenset({"category", "header"})
_GOOGLE = "base.google.com"
# Elements that name an attribute and its value.
_PAIRS = frozenset({"param", "attribute", "attr", "a", "property", "feature", "specification"})
# Yandex Market's files name the categories of the whole shop above the products.
_WITH_CATEGORIES = "yml_catalog"
_LEAST_VALUES = 2  # that an element holds which is a product
_LOCAL_DTD = re.compile(r"[\w-]+\.dtd", re.ASCII)
_KNOWN_ATTRIBUTES = ("href", "url", "rel", "type", "lang")


class XmlSource:
    """The products of an XML file, each as its child elements by their plain names.

    A repeated element becomes a list, a nested one a field `outer.inner`; attributes become
    fields `@name`, and the text of a product that has no child elements `#text`. DTDs, entities and
    external references are refused, as is a file that is not well-formed, by a CatalogueError when
    it is read. A DOCTYPE that declares nothing, as `<!DOCTYPE yml_catalog SYSTEM "shops.dtd">`, is
    passed over; nothing is read for it.
    """

    typed = False
    skipped: Sequence[str] = ()

    def __init__(self, path: Path) -> None:
        self.files: Sequence[Path] = [path]
        self._own_tag = ""  # of its products, if that is none of the usual ones

    @cached_property
    def columns(self) -> Sequence[str]:
        """The fields that any product has.

        Raises:
            CatalogueError: if the file holds no element that is a product.
        """
        found = column_names(self.records())
        if not found:
            names = ", ".join(sorted(ITEM_TAGS))
            raise CatalogueError(f"{self.files[0]}: holds no product; looked for elements {names}")
        return found

    def _repeated(self) -> str:
        """The name of the elements that come again and again and hold the most different values;
        empty if none do.

        Raises:
            CatalogueError: if the file is a web page.
        """
        counts, values = Counter[str](), Counter[str]()
        root = ""
        for event, element in self._events():
            tag = plain_tag(element)
            root = root or tag
            if root == "html":
                raise CatalogueError(f"{self.files[0]}: is a web page and no feed")
            if event == "end":
                counts[tag] += 1
                values[tag] += len({plain_tag(child) for child in element}) + len(element.attrib)
                element.clear()
        means = {tag: values[tag] / count for tag, count in counts.items() if count > 1}
        best = max(means, key=lambda tag: means[tag], default="")
        return best if means.get(best, 0) >= _LEAST_VALUES else ""

    def records(
        self,
        without: AbstractSet[str] = NO_COLUMNS,  # noqa: ARG002 - an element is parsed whole
    ) -> Iterator[Record]:
        found = False
        for record in self._products():
            found = True
            yield record
        if not found and not self._own_tag:
            self._own_tag = self._repeated()
            if self._own_tag:
                yield from self._products()

    def _products(self) -> Iterator[Record]:
        number = 0
        inside: list[Element] = []
        root = ""
        for event, element in self._events():
            root = root or plain_tag(element)
            if not (_is_item(element, root) or plain_tag(element) == self._own_tag):
                continue
            if event == "start":
                inside.append(element)
                continue
            inside.pop()
            if not inside:
                number += 1
                yield self._record(number, element)
                element.clear()

    def _record(self, number: int, element: Element) -> Record:
        try:
            return Record(self.files[0].name, number, fields_of(element))
        except RecursionError:
            return Record(self.files[0].name, number, {}, "element is nested too deeply")

    def _events(self) -> Iterator[tuple[str, Element]]:
        path = self.files[0]
        try:
            with path.open("rb") as file:
                # A DTD can only stand before the first element. The hardened parser is written in
                # Python and reads that far; the rest is left to the faster one.
                next(parse_defused(declared(file), ("start",), _Parser()), None)
                file.seek(0)
                yield from ElementTree.iterparse(declared(file), ("start", "end"))  # noqa: S314
        except ParseError as error:
            raise CatalogueError(f"{path}: is not well-formed XML, {error}") from None
        except DefusedXmlException:
            raise CatalogueError(f"{path}: declares a DTD or entities, which is refused") from None


class _Parser(DefusedXMLParser):  # type: ignore[misc]
    """Refuses whatever a DTD could add to a document; a bare DOCTYPE adds nothing."""

    def __init__(self) -> None:
        super().__init__(forbid_dtd=True, forbid_entities=True, forbid_external=True)

    def defused_start_doctype_decl(
        self, name: str, sysid: str | None, pubid: str | None, has_internal_subset: int
    ) -> None:
        is_local = sysid is None or _LOCAL_DTD.fullmatch(sysid) is not None
        if has_internal_subset or pubid is not None or not is_local:
            raise DTDForbidden(name, sysid, pubid)


def _is_item(element: Element, root: str) -> bool:
    tag = plain_tag(element)
    if tag == "category" and root == _WITH_CATEGORIES:
        return True
    return tag in ITEM_TAGS or (tag in _SALESFORCE and "demandware" in str(element.tag))


def plain_tag(element: Element) -> str:
    """An element's name without its namespace, in small letters."""
    return str(element.tag).rpartition("}")[2].lower()


def fields_of(element: Element) -> dict[str, Any]:
    """The attributes and child elements of a product by name.

    Pairs such as `<param name="Colour">Red</param>` bear their own names, wherever they stand.
    """
    fields: dict[str, Any] = {}
    pairs: dict[str, Any] = {}
    _collect(element, fields, pairs)
    if len(element) == 0 and element.text and element.text.strip():
        fields["#text"] = element.text.strip()
    return fields | {name: value for name, value in pairs.items() if name not in fields}


def _collect(element: Element, fields: dict[str, Any], pairs: dict[str, Any]) -> None:
    fields |= {f"@{_local(name)}": text for name, text in element.attrib.items()}
    google: set[str] = set()
    for child in element:
        pair = _pair(child)
        if pair is not None:
            _add(pairs, *pair)
            continue
        name = plain_tag(child)
        if _GOOGLE in str(child.tag) and name not in google:
            google.add(name)
            fields.pop(name, None)  # what Atom or RSS calls so is said again for Google
        elif name in google and _GOOGLE not in str(child.tag):
            continue
        for inner, value in _values_of(child, pairs):
            _add(fields, f"{name}.{inner}" if inner else name, value)


def _pair(element: Element) -> tuple[str, str] | None:
    """The name and the value of `<param name="Colour">Red</param>`, or of its two children."""
    if plain_tag(element) not in _PAIRS:
        return None
    inside = {plain_tag(child): (child.text or "").strip() for child in element}
    names = [text for tag, text in inside.items() if tag.endswith("name")]
    values = [text for tag, text in inside.items() if tag.endswith(("value", "val"))]
    name = names[0] if names else element.attrib.get("name", "")
    value = values[0] if values else (element.text or "").strip()
    return (name, value) if name and value else None


def _values_of(element: Element, pairs: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if len(element) and all(plain_tag(child) == "language" for child in element):
        # PrestaShop writes a text once for each language of the shop.
        yield "", next((text for one in element if (text := (one.text or "").strip())), None)
        return
    if len(element) and all(plain_tag(child) == "value" for child in element):
        texts = [text for one in element if (text := (one.text or "").strip())]
        # Salesforce writes the values of a set so; they are one value, as each name has one.
        is_set = plain_tag(element) == "custom-attribute"
        yield from (("", one) for one in ([tuple(texts)] if is_set else texts))
        yield from ((f"@{_local(name)}", value) for name, value in element.attrib.items())
        return
    if len(element) == 0:
        text = (element.text or "").strip()
        # Atom and some feeds write an address as an attribute.
        yield "", text or element.attrib.get("href") or element.attrib.get("url") or None
        for name, value in element.attrib.items():
            if not name.startswith("{") and name not in _KNOWN_ATTRIBUTES:
                yield f"@{name}", value
            elif name.endswith("}href") and "image" in plain_tag(element):
                yield "@href", value
        return
    inner: dict[str, Any] = {}
    _collect(element, inner, pairs)
    yield from inner.items()


def _add(fields: dict[str, Any], name: str, value: Any) -> None:
    if name not in fields:
        fields[name] = value
    elif isinstance(fields[name], list):
        fields[name].append(value)
    else:
        fields[name] = [fields[name], value]


def _local(name: str) -> str:
    return name.rpartition("}")[2].lower()
