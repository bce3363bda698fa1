"""What each page shows, asked of the same recommender as the HTTP interface."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from app.deps import Call
from app.ranking import RankedPage
from app.recommender import STYLE, Recommender
from app.routes.shaping import item_detail, item_list, recommendations
from app.schemas import (
    BlendQuery,
    Entry,
    Item,
    ItemDetail,
    ItemList,
    ListOptions,
    Recommendations,
    SearchOptions,
    Signal,
    TextQuery,
)
from app.storefront.panel import Choice, Panel, read_panel
from app.storefront.tiles import PREFERRED, Reference, Tile, reference, tile
from app.storefront.view import PAGE_SIZE, View, quote_name, quote_value

Answer = Recommendations | ItemList
_CATEGORIES = 8
_SIMILAR = 12
_MOST_VARIANTS = 12
_EXAMPLES = 5


@dataclass(frozen=True)
class Results:
    """One page of a search. `likes` and `unlikes` are the products given as examples."""

    tiles: list[Tile]
    likes: list[Tile]
    unlikes: list[Tile]
    exhausted: bool
    total: int | None
    took_ms: float


@dataclass(frozen=True)
class Product:
    """One product, its variants and what is similar to it."""

    tile: Tile
    detail: ItemDetail
    category: tuple[str, str] | None
    variants: list[Tile]
    similar: list[Tile]


@dataclass(frozen=True)
class Category:
    """A kind of product, with one of them to stand for it."""

    name: str
    address: str
    count: int
    tile: Tile | None


@dataclass(frozen=True)
class Example:
    """A product, and those that are most like it."""

    tile: Tile
    similar: list[Tile]


@dataclass(frozen=True)
class Home:
    """The first page."""

    total: int
    categories: list[Category]
    example: Example | None
    suggestions: list[str]


def style_field(recommender: Recommender) -> str | None:
    """The field that joins the variants of a style, where the catalogue has one."""
    return STYLE if STYLE in recommender.version.items.columns else None


async def search(recommender: Recommender, call: Call, view: View) -> tuple[Results, Panel]:
    """The results of a view and the filters beside them."""
    found, panel = await asyncio.gather(
        _find(recommender, call, view), read_panel(recommender, view)
    )
    likes = [item_detail(call, recommender, item_id) for item_id in view.like]
    unlikes = [item_detail(call, recommender, item_id) for item_id in view.unlike]
    models = [one.item for one in likes]
    best = [] if view.photo is None or not found.items else [found.items[0].item]
    asked = reference(view.words, [*models, *best])
    results = Results(
        tiles=[tile(entry, asked) for entry in found.items] if view.ranked else plain_tiles(found),
        likes=[detail_tile(one) for one in likes],
        unlikes=[detail_tile(one) for one in unlikes],
        exhausted=found.page.exhausted,
        total=found.total if isinstance(found, ItemList) else None,
        took_ms=call.took_ms,
    )
    return results, panel


async def _find(recommender: Recommender, call: Call, view: View) -> Answer:
    common: dict[str, Any] = {
        "limit": PAGE_SIZE,
        "offset": view.offset,
        "filter": view.filter(),
        "group_by": style_field(recommender),
    }
    if not view.ranked:
        plain = ListOptions(**common)
        return item_list(call, recommender, await recommender.browse(plain), plain)
    options = SearchOptions(**common)
    return recommendations(
        call, recommender, await _rank(recommender, view, options, common), options
    )


async def _rank(
    recommender: Recommender, view: View, options: SearchOptions, common: dict[str, Any]
) -> RankedPage:
    """By the same route as `app.storefront.calls.call_of` names."""
    signals = bool(view.words) + (view.photo is not None) + len(view.like)
    if signals > 1 or view.unlike:
        positive, negative = signals_of(view)
        blend = BlendQuery(positive=positive, negative=negative, **common)
        return await recommender.blend(blend.positive, blend.negative, blend)
    if view.photo is not None:
        return await recommender.by_image(view.photo, view.box, options)
    if view.like:
        return await recommender.similar(view.like[0], options)
    query = TextQuery(query=view.words, **common)
    return await recommender.by_text(query.query, query)


def signals_of(view: View) -> tuple[list[Signal], list[Signal]]:
    """What a view is to be like, and unlike."""
    positive: list[dict[str, Any]] = []
    if view.photo is not None:
        positive.append({"image": b64encode(view.photo), "box": view.box})
    positive += [{"text": view.words}] if view.words else []
    positive += [{"item_id": item_id} for item_id in view.like]
    negative = [{"item_id": item_id} for item_id in view.unlike]
    return list(map(Signal.model_validate, positive)), list(map(Signal.model_validate, negative))


async def product(recommender: Recommender, call: Call, item_id: str) -> Product:
    """A product's page.

    Raises:
        NotFound: there is no such item.
    """
    detail = item_detail(call, recommender, item_id)
    options = _options(recommender, _SIMILAR)
    page = await recommender.similar(item_id, options)
    similar = recommendations(call, recommender, page, options)
    asked = reference("", [detail.item])
    others = [item_detail(call, recommender, other) for other in detail.variants[:_MOST_VARIANTS]]
    return Product(
        tile=detail_tile(detail),
        detail=detail,
        category=_category_of(recommender, detail.item),
        variants=[detail_tile(other) for other in others],
        similar=[tile(hit, asked) for hit in similar.items],
    )


def _options(recommender: Recommender, limit: int) -> SearchOptions:
    return SearchOptions.model_validate({"limit": limit, "group_by": style_field(recommender)})


def _category_of(recommender: Recommender, item: Item) -> tuple[str, str] | None:
    field = category_field(recommender)
    value = (item.model_extra or {}).get(field) if field else None
    return (value, _choice(field, value)) if field and isinstance(value, str) else None


async def home(recommender: Recommender, call: Call) -> Home:
    """Kinds of product, one search shown at work, and words to start from."""
    panel = await read_panel(recommender, View())
    field = category_field(recommender)
    group = next((group for group in panel.groups if group.field == field), None)
    choices = [*group.first, *group.rest][:_CATEGORIES] if group and field else []
    categories = [await _category(recommender, call, field or "", one) for one in choices]
    return Home(
        total=panel.total,
        categories=categories,
        example=await _example(recommender, call, [c.tile for c in categories if c.tile]),
        suggestions=_suggestions(panel, field),
    )


async def _category(recommender: Recommender, call: Call, field: str, choice: Choice) -> Category:
    condition = f"{quote_name(field)} = {quote_value(choice.value)}"
    options = ListOptions.model_validate({"limit": 1, "filter": condition})
    found = item_list(call, recommender, await recommender.browse(options), options)
    tiles = plain_tiles(found)
    address = _choice(field, choice.value)
    return Category(choice.value, address, choice.count, tiles[0] if tiles else None)


async def _example(recommender: Recommender, call: Call, tiles: list[Tile]) -> Example | None:
    """The candidate whose nearest products share most with it."""
    best: tuple[int, Example] | None = None
    for candidate in [one for one in tiles if one.picture]:
        detail = item_detail(call, recommender, candidate.id)
        options = _options(recommender, _EXAMPLES)
        page = await recommender.similar(candidate.id, options)
        answer = recommendations(call, recommender, page, options)
        similar = [tile(hit, reference("", [detail.item])) for hit in answer.items]
        shared = sum(len(one.reasons) for one in similar)
        if similar and (best is None or shared > best[0]):
            best = shared, Example(candidate, similar)
    return best[1] if best else None


def _suggestions(panel: Panel, category: str | None) -> list[str]:
    """Words that find something here: frequent colours with frequent kinds."""
    by_field = {group.field: [one.value for one in group.first] for group in panel.groups}
    kinds = by_field.get(category or "", [])
    colours = next((by_field[n] for n in PREFERRED if "colo" in n.lower() and n in by_field), [])
    return [
        f"{colour} {kind}".lower() for colour, kind in zip(colours[1:], kinds[1:], strict=False)
    ][:4]


def category_field(recommender: Recommender) -> str | None:
    """The field that says what kind of product an item is."""
    version = recommender.version
    known = [version.category, *PREFERRED[:2]]
    return next((name for name in known if name and name in version.items.columns), None)


def _choice(field: str, value: str) -> str:
    return View(choices={field: (value,)}).address()


def plain_tiles(found: Answer) -> list[Tile]:
    """Products of a list that compares nothing."""
    return [tile(entry, Reference(frozenset(), ())) for entry in found.items]


def detail_tile(detail: ItemDetail) -> Tile:
    """A product by itself."""
    entry = Entry(id=detail.id, item=detail.item, variants=detail.variants)
    return tile(entry, Reference(frozenset(), ()))
