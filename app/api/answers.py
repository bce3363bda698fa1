"""From rows of an index version to responses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

import orjson
from fastapi import Response

from app.api.dependencies import Call
from app.api.reading.pinned_lists import Pinned
from app.api.wire.answer_schemas import Facets, Item, ItemDetail
from app.api.wire.answer_schemas import RangeFacet as WireRange
from app.api.wire.answer_schemas import ValuesFacet as WireValues
from app.api.wire.understood_schemas import PhotoUnderstood, Understood
from app.recommend.facets import Facet, RangeFacet
from app.recommend.item_json import IMAGE_URL, item_values, picture_address
from app.recommend.lists.browsing import ListedPage
from app.recommend.photos.photo_search import PhotoLook, Region
from app.recommend.photos.seen_pictures import picture_numbers
from app.recommend.ranking import RankedPage
from app.recommend.recognition import compared, recognised
from app.recommend.recommender import Recommender
from app.service_errors import UnknownField
from twinset.index.index_versions import IndexVersion


def recommendations(
    call: Call, pinned: Pinned[Any], page: RankedPage, headers: Mapping[str, str] | None = None
) -> Response:
    """A ranked page as the response of every search: `Recommendations`, written directly.

    Nothing in it comes from a caller, so there is nothing to validate; a test compares the bytes
    with the schema.

    Raises:
        UnknownField: `fields` names a field that the catalogue lacks.
    """
    return json_response(ranked_content(call, pinned, page), call.prefix, headers)


def ranked_content(call: Call, pinned: Pinned[Any], page: RankedPage) -> dict[str, Any]:
    """The fields of `Recommendations`, ready for `json_response`."""
    recommender, options = pinned.recommender, pinned.options
    version = recommender.version
    fields = check_fields(version, options.fields)
    asked = recognised(version, page) if options.explain else {}
    listed = []
    for place, hit in enumerate(page.hits, start=options.offset + 1):
        beside: dict[str, Any] = {"rank": place, "score": hit.score}
        if hit.relevance is not None:
            beside["relevance"] = hit.relevance
        if hit.view is not None:
            address = picture_address(version.items.id_of(hit.row), hit.view)
            beside["matched_image"] = f"{call.prefix}{address}"
        if hit.variants is not None:
            beside["variants"] = ids_of(version, hit.variants)
        if hit.same_picture:
            beside["same_picture"] = ids_of(version, hit.same_picture)
        if hit.parts is not None:
            same, differs = compared(asked, version.items.item(hit.row))
            beside |= {"explain": hit.parts, "same": same, "differs": differs}
        listed.append((hit.row, beside))
    items = recommender.item_json.entries(version, listed, fields)
    content = _envelope(call, pinned, items, page)
    if page.nothing_fits:
        content["nothing_fits"] = True
    said = page.understood
    if said is not None and (said.says_something or page.kept is not None):
        content["understood"] = Understood.of(said, page.kept).model_dump(
            by_alias=True, exclude_none=True
        )
    if page.photo is not None:
        content = _seen(page.photo) | content
    return content | {"took_ms": call.took_ms}


def _seen(look: PhotoLook) -> dict[str, Any]:
    """What a photo was read as, as fields of an answer."""
    seen: dict[str, Any] = {}
    if look.kinds:
        seen["kinds"] = [
            {"kind": guess.kind, "confidence": round(guess.confidence, 4)} for guess in look.kinds
        ]
    if look.regions:
        seen["regions"] = [_region(one) for one in look.regions]
    if (steering := PhotoUnderstood.of(look)) is not None:
        seen["understood"] = steering.model_dump()
    return seen


def _region(region: Region) -> dict[str, Any]:
    kind = region.kind
    named = {"kind": kind.kind, "confidence": round(kind.confidence, 4)} if kind else {}
    return {"box": list(region.box), **named}


def item_list(call: Call, pinned: Pinned[Any], page: ListedPage) -> Response:
    """A plain page: `ItemList`, written directly."""
    recommender, options = pinned.recommender, pinned.options
    version = recommender.version
    fields = check_fields(version, options.fields)
    listed = [
        (row, {} if variants is None else {"variants": ids_of(version, variants)})
        for row, variants in page.entries
    ]
    items = recommender.item_json.entries(version, listed, fields)
    content = _envelope(call, pinned, items, page)
    return json_response(content | {"total": page.total, "took_ms": call.took_ms}, call.prefix)


def _envelope(
    call: Call,
    pinned: Pinned[Any],
    items: list[orjson.Fragment],
    page: RankedPage | ListedPage,
) -> dict[str, Any]:
    options = pinned.options
    part = {"limit": options.limit, "offset": options.offset, "exhausted": page.exhausted}
    if not page.exhausted and pinned.has_cursor:
        part["cursor"] = pinned.next_cursor()
    part["total"] = page.total
    model = model_of(pinned.recommender)
    content = {"request_id": call.request_id, "model": model, "items": items, "page": part}
    return content | ({"facets": list(page.facets)} if options.facets else {})


def json_response(
    content: dict[str, Any], prefix: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Content as JSON, with the path that the service is mounted at before its addresses."""
    body = orjson.dumps(content)
    if prefix:  # no text can hold this: JSON writes its quotation marks with a backslash
        body = body.replace(b'"image_url":"/', b'"image_url":"%b/' % prefix.encode())
    return Response(body, headers=headers, media_type="application/json")


def item_detail(call: Call, recommender: Recommender, item_id: str) -> ItemDetail:
    """One item in full."""
    version = recommender.version
    row = recommender.row(item_id)
    values = item_values(version, row)
    if values[IMAGE_URL] is not None:
        values[IMAGE_URL] = f"{call.prefix}{values[IMAGE_URL]}"
    pictures = picture_numbers(version, row)
    return ItemDetail(
        request_id=call.request_id,
        id=item_id,
        item=Item.model_validate(values),
        images=[f"{call.prefix}{picture_address(item_id, view)}" for view in pictures],
        variants=ids_of(version, recommender.variants(row)),
    )


def facet_counts(call: Call, total: int, facets: list[Facet]) -> Facets:
    """Counts of attribute values: the values of each field, or the range of a number."""
    wire = [
        WireRange(field=one.field, min=one.min, max=one.max)
        if isinstance(one, RangeFacet)
        else WireValues.model_validate(asdict(one))
        for one in facets
    ]
    return Facets(request_id=call.request_id, total=total, facets=wire, took_ms=call.took_ms)


def check_fields(version: IndexVersion, fields: Collection[str]) -> Collection[str]:
    """`fields` unchanged, if the catalogue has all of the names.

    Raises:
        UnknownField: one is not a field of this catalogue.
    """
    if not fields:
        return fields
    known = [*(name for name in version.items.names if name != "id"), IMAGE_URL]
    if any(name not in known for name in fields):
        raise UnknownField("fields can be: " + ", ".join(known) + ".")
    return fields


def ids_of(version: IndexVersion, rows: Collection[int]) -> list[str]:
    return [version.items.id_of(row) for row in rows]


def model_of(recommender: Recommender) -> dict[str, str]:
    """What answered: a `Model`."""
    encoder = recommender.encoder
    return {
        "name": encoder.name,
        "version": encoder.fingerprint,
        "index": recommender.version.name,
    }
