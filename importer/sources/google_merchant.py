"""Google Merchant Center feeds (RSS, Atom, text), and the feeds of Meta, Pinterest, Microsoft and
OpenAI, which keep to its names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no, leaf, one_by_one, pick, plain_name
from importer.values.sale_time import is_on

# Other prices, and what is for advertising or shipping alone.
_LEFT_OUT = re.compile(
    r"^(shipping|shipsfrom|tax|installment|subscription|loyalty|customlabel|customnumber|internallabel|"
    r"ads|promotion|excluded|included|mpn|googleproductcategory|fbproductcategory|identifierexists|"
    r"costofgoods|autopricing|pause|mobilelink|sellonGoogle|minhandling|maxhandling|transittime|"
    r"unitpricing|productdetail|certification|saleprice(effective|start|end)|displayads|"
    r"quantitytosell|rich(text)?description|canonicallink|linktemplate|mobilelinktemplate|"
    r"sellercategory|is_?eligible|enable(search|checkout)|seller|store|target|return|accepts|"
    r"status$|visibility$|kind$|contentlanguage|targetcountry|channel$|feedlabel|variantdict|warning|model3d|video|lifestyleimage|listinghas|offerdisabled|checkouturl)",
    re.IGNORECASE,
)
_ATOM = frozenset(["author", "updated", "published", "pubdate", "guid"])
_NAMES = {
    "id": "id", "skuid": "id", "itemid": "id", "retailerid": "id", "offerid": "id",
    "productid": "id", "merchantitemid": "id", "merchantproductid": "id",
    "title": "title", "name": "title", "itemtitle": "title",
    "description": "description", "summary": "description", "link": "link", "url": "link",
    "productlink": "link", "producturl": "link",
    "imagelink": "image_link", "imageurl": "image_link", "image": "image_link",
    "itemgroupid": "group_id", "itemgroup": "group_id", "groupid": "group_id",
    "price": "price", "saleprice": "sale_price", "availability": "availability", "brand": "brand",
    "additionalimagelink": "additional_image_link", "additionalimagelinks": "additional_image_link",
    "additionalimageurls": "additional_image_link", "additionalimageurl": "additional_image_link",
}  # fmt: skip

# An entry of Atom has an id and a title of its own beside Google's.
_SINGLE = frozenset(
    {"id", "title", "description", "link", "price", "sale_price", "availability", "brand"}
)


_IDS = frozenset(
    {"id", "skuid", "itemid", "retailerid", "offerid", "merchantitemid", "merchantproductid"}
)


def products(records: Iterable[Record]) -> Iterator[Record]:
    """Each item with its fields by the usual names, and several colours as a list."""
    return one_by_one(records, _product)


def _product(raw: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for column, value in _own_ids(raw).items():
        plain = plain_name(column)
        if _LEFT_OUT.match(plain) or plain in _ATOM:
            continue
        name = _NAMES.get(plain, column.removeprefix("g:").removeprefix("G:"))
        if isinstance(value, list) and (name in _SINGLE or plain == "gtin"):
            value = _one_of(name, value)
        if name not in fields or fields[name] in (None, ""):
            fields[name] = value
        elif name == "image_link" and value:
            fields.setdefault("additional_image_link", value)
    fields |= {name: _parted(name, value) for name, value in fields.items() if value}
    for name, value in _details(raw).items():
        fields.setdefault(name, value)
    if not _is_on(raw):
        fields.pop("sale_price", None)
    fields[HIDDEN] = _is_hidden(raw)
    return fields


def _parted(name: str, value: Any) -> Any:
    """Several colours as a list, a path of kinds as its last one, all else as it is."""
    plain = plain_name(name)
    if plain in ("color", "colour") and isinstance(value, str) and "/" in value:
        return [part.strip() for part in value.split("/") if part.strip()]
    return leaf(value) if plain in ("producttype", "producttypes") else value


def _own_ids(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields without what Google's own interfaces call an item beside the shop's id and title
    (`online:en:GB:sku1`, `accounts/1/products/sku1`), and without Atom's summary of it."""
    less = {("summary", "description"), ("merchantproductid", "id")}
    less_named = {one for one, other in less if raw.get(other)}
    own = {name: value for name, value in raw.items() if plain_name(name) not in less_named}
    if not raw.get("offerId"):
        return own
    return {n: v for n, v in own.items() if n not in ("id", "name", "gtin")}


def _is_on(raw: Mapping[str, Any]) -> bool:
    """False if the time of a sale, `start/end`, is over or not yet come."""
    named = (v for n, v in raw.items() if plain_name(n) == "salepriceeffectivedate")
    start, _, end = str(next(named, None) or "").partition("/")
    return is_on(start, end)


def _details(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of `product_detail`: elements, or texts such as `General:Material:Wool`."""
    names, values = (
        raw.get("product_detail.attribute_name"),
        raw.get("product_detail.attribute_value"),
    )
    if names and values:
        names = names if isinstance(names, list) else [names]
        values = values if isinstance(values, list) else [values]
        return dict(zip(map(str, names), values, strict=False))
    text = next((v for n, v in raw.items() if v and plain_name(n) == "productdetail"), None)
    texts = text if isinstance(text, list) else str(text or "").split(",")
    parts = [str(one).split(":") for one in texts]
    return {
        part[-2].strip(): part[-1].strip() for part in parts if len(part) in (2, 3) and part[-2]
    }


def _is_hidden(raw: Mapping[str, Any]) -> bool:
    """True for what Meta's catalogue keeps from its shops, and OpenAI's from its search."""
    status = str(raw.get("status") or "").strip().casefold()
    visibility = str(raw.get("visibility") or "").strip().casefold()
    if is_no(pick(raw, "is_eligible_search", "enable_search")):
        return True
    return status in ("archived", "staging") or visibility in ("hidden", "staging")


def _one_of(name: str, values: list[Any]) -> Any:
    """The value that is meant of an element that comes twice."""
    texts = [value for value in values if value]
    if name == "id":
        plain = [value for value in texts if not re.match(r"(https?:|tag:|urn:)", str(value))]
        return (plain or texts or [None])[-1]
    return (texts or [None])[0]


def recognised(names: AbstractSet[str]) -> bool:
    """True for the columns of a feed of Google or of those who took its names over."""
    own = {"imagelink", "iseligiblesearch", "enablesearch", "link", "url", "producturl"}
    said = {
        "availability", "condition", "itemgroupid", "googleproductcategory", "fbproductcategory",
        "identifierexists", "iseligiblesearch", "enablesearch", "link",
    }  # fmt: skip
    return all(
        bool(wanted & names)
        for wanted in (_IDS, {"title", "name"}, {"imagelink", "imageurl", "image"}, own, said)
    )


GOOGLE = System("Google Merchant feed", recognised, products)
