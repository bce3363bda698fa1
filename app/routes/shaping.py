"""From rows of an index version to response models."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import quote

from app.deps import Call
from app.errors import UnknownField
from app.ranking import ListedPage, RankedPage
from app.recommender import Recommender
from app.schemas import (
    Entry,
    Hit,
    Item,
    ItemDetail,
    ItemList,
    ListOptions,
    Model,
    Page,
    Recommendations,
)
from core.index.store import IndexVersion

_IMAGE_URL = "image_url"


def recommendations(
    call: Call, recommender: Recommender, page: RankedPage, options: ListOptions
) -> Recommendations:
    """A ranked page as the response of every search."""
    version = recommender.version
    fields = check_fields(version, options.fields)
    hits = []
    for place, hit in enumerate(page.hits, start=options.offset + 1):
        extra = {} if hit.variants is None else {"variants": ids_of(version, hit.variants)}
        item = shape_item(version, hit.row, fields)
        item_id = version.items.id_of(hit.row)
        hits.append(Hit(id=item_id, rank=place, score=hit.score, item=item, **extra))
    return Recommendations(
        request_id=call.request_id,
        model=model_of(recommender),
        items=hits,
        page=Page(limit=options.limit, offset=options.offset, exhausted=page.exhausted),
        took_ms=call.took_ms,
    )


def item_list(
    call: Call, recommender: Recommender, page: ListedPage, options: ListOptions
) -> ItemList:
    """A plain page."""
    version = recommender.version
    fields = check_fields(version, options.fields)
    entries = []
    for row, variants in page.entries:
        extra = {} if variants is None else {"variants": ids_of(version, variants)}
        item = shape_item(version, row, fields)
        entries.append(Entry(id=version.items.id_of(row), item=item, **extra))
    exhausted = options.offset + options.limit >= page.total
    return ItemList(
        request_id=call.request_id,
        model=model_of(recommender),
        items=entries,
        page=Page(limit=options.limit, offset=options.offset, exhausted=exhausted),
        total=page.total,
        took_ms=call.took_ms,
    )


def item_detail(call: Call, recommender: Recommender, item_id: str) -> ItemDetail:
    """One item in full."""
    version = recommender.version
    row = recommender.row(item_id)
    return ItemDetail(
        request_id=call.request_id,
        id=item_id,
        item=shape_item(version, row, ()),
        variants=ids_of(version, recommender.variants(row)),
    )


def check_fields(version: IndexVersion, fields: Collection[str]) -> Collection[str]:
    """`fields` as they are.

    Raises:
        UnknownField: one is not a field of this catalogue.
    """
    known = [*(name for name in version.items.names if name != "id"), _IMAGE_URL]
    if any(name not in known for name in fields):
        raise UnknownField("fields can be: " + ", ".join(known) + ".")
    return fields


def shape_item(version: IndexVersion, row: int, fields: Collection[str]) -> Item:
    """The named fields of a row, by default all; the id stands beside the item, not in it."""
    values = version.items.item(row)
    item_id = values.pop("id")
    has_image = bool(version.images.has_image[row])
    values[_IMAGE_URL] = f"/items/{quote(item_id, safe='')}/image" if has_image else None
    if fields:
        values = {name: value for name, value in values.items() if name in fields}
    return Item.model_validate(values)


def ids_of(version: IndexVersion, rows: Collection[int]) -> list[str]:
    return [version.items.id_of(row) for row in rows]


def model_of(recommender: Recommender) -> Model:
    encoder = recommender.encoder
    return Model(name=encoder.name, version=encoder.fingerprint, index=recommender.version.name)
