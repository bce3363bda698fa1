"""Google Merchant Center feeds (RSS, Atom, text), and the feeds of Meta, Pinterest, Microsoft and
OpenAI, which keep to its names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from importer.reading.records import Record
from importer.sources.system import System, leaf, plain_name

# Other prices, and what is for advertising or shipping alone.
_LEFT_OUT = re.compile(
    r"^(shipping|tax|installment|subscription|loyalty|customlabel|adsredirect|promotion|excluded|"
    r"included|mpn|googleproductcategory|identifierexists|costofgoods|autopricing|pausead)"
)
_NAMES = {
    "itemid": "id", "retailerid": "id", "offerid": "id", "productid": "id",
    "name": "title", "url": "link", "canonicallink": "canonical_link",
    "imageurl": "image_link", "image": "image_link",
    "itemgroupid": "group_id", "itemgroup": "group_id",
}  # fmt: skip


# An entry of Atom has an id and a title of its own beside Google's.
_SINGLE = frozenset(
    [
        "id",
        "title",
        "description",
        "link",
        "price",
        "saleprice",
        "availability",
        "condition",
        "brand",
        "imagelink",
        "gtin",
    ]
)


def products(records: Iterable[Record]) -> Iterator[Record]:
    """Each item with its fields by the usual names, and several colours as a list."""
    for record in records:
        yield record if record.fault else replace(record, fields=_product(record.fields))


def _product(raw: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for column, value in raw.items():
        plain = plain_name(column)
        if _LEFT_OUT.match(plain) or plain in ("author", "updated", "pubdate", "guid"):
            continue
        name = _NAMES.get(plain, column)
        if isinstance(value, list) and plain in _SINGLE:
            value = _one_of(plain, value)
        if name not in fields or fields[name] in (None, ""):
            fields[name] = value
    if isinstance(fields.get("color"), str) and "/" in fields["color"]:
        fields["color"] = [part.strip() for part in fields["color"].split("/") if part.strip()]
    if fields.get("product_type"):
        fields["product_type"] = leaf(fields["product_type"])
    return fields


def _one_of(name: str, values: list[Any]) -> Any:
    """The value that is meant of an element that comes twice."""
    texts = [value for value in values if value]
    if name == "id":
        plain = [value for value in texts if not re.match(r"(https?:|tag:|urn:)", str(value))]
        return (plain or texts or [None])[-1]
    return (texts or [None])[0]


GOOGLE = System(
    "Google Merchant feed",
    lambda names: (
        bool({"id", "itemid", "retailerid", "offerid"} & names)
        and bool({"title", "name"} & names)
        and bool({"imagelink", "imageurl"} & names)
        and bool(
            {"availability", "condition", "itemgroupid", "googleproductcategory", "link"} & names
        )
    ),
    products,
)
