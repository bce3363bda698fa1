"""What each page shows, from the same recommender as the HTTP interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.api.dependencies import Call
from app.recommend.lists.browsing import ListedPage
from app.recommend.photos.photo_search import PhotoQuery, Region
from app.recommend.query import MAX_TEXT, ListQuery, SearchQuery, Signal
from app.recommend.ranking import RankedPage
from app.recommend.recognition import recognised_values
from app.recommend.recommender import STYLE, Recommender
from app.storefront.filter_panel import (
    MOST_VALUES,
    Choice,
    Panel,
    counted_fields,
    known_sort,
    panel_of,
    read_panel,
    sorts_of,
)
from app.storefront.page_state import PAGE_SIZE, PageState, signal_fields
from app.storefront.product_tiles import (
    PREFERRED,
    Tile,
    Values,
    reference,
    tile,
    values_of,
)
from app.storefront.understood_chips import UnderstoodWords, understood_words
from twinset.errors import InvalidInput
from twinset.filters import quote_name, quote_value

_CATEGORIES = 8
_SIMILAR = 12
_MOST_VARIANTS = 12
_EXAMPLES = 5
_SUGGESTIONS = 4
_PICTURES = 6
_LIKELY = 3


@dataclass(frozen=True)
class Results:
    """One page of a search. `likes` and `unlikes` are the products given as examples.

    `kinds` are what a photo is likely to show, and `other_kinds` the rest of the catalogue's.
    `nothing_fits` is true if a photo shows no garment; `regions` are those of two garments.
    """

    tiles: list[Tile]
    likes: list[Tile]
    unlikes: list[Tile]
    exhausted: bool
    total: int | None
    sorts: dict[str, str]
    took_ms: float
    understood: UnderstoodWords
    kinds: Sequence[str] = ()
    other_kinds: Sequence[str] = ()
    nothing_fits: bool = False
    regions: Sequence[Region] = ()


@dataclass(frozen=True)
class Product:
    """One product, its variants and what is similar to it."""

    tile: Tile
    values: Values
    category: tuple[str, str] | None
    variants: list[Tile]
    similar: list[Tile]


@dataclass(frozen=True)
class Category:
    """A kind of product, with a product as its picture."""

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
    pictures: list[Tile]


def style_field(recommender: Recommender) -> str | None:
    """The field that joins the variants of a style, or None if the catalogue has no styles."""
    return STYLE if STYLE in recommender.version.items.columns else None


def noun_of(recommender: Recommender) -> str:
    """What a list counts: styles if the catalogue says which products are one, else products."""
    style = recommender.version.items.columns.get(STYLE)
    return "styles" if style is not None and style.present.any() else "products"


async def search(recommender: Recommender, call: Call, state: PageState) -> tuple[Results, Panel]:
    """The results that a page shows, and the filters beside them."""
    state = replace(state, sort=known_sort(recommender, state.sort))
    found = await _find(recommender, state)
    panel = panel_of(state, found.total, found.facets, noun_of(recommender))
    version = recommender.version
    likes = [recommender.row(item_id) for item_id in state.like]
    unlikes = [recommender.row(item_id) for item_id in state.unlike]
    if isinstance(found, ListedPage):
        tiles = [tile(version, row, variants=variants) for row, variants in found.entries]
    else:
        own = [] if state.edit else [values_of(version, row) for row in likes]
        tiles = _compared(recommender, found, "" if state.edit else state.words, own)
    results = Results(
        tiles=tiles,
        likes=[tile(version, row) for row in likes],
        unlikes=[tile(version, row) for row in unlikes],
        exhausted=found.exhausted,
        total=found.total if isinstance(found, ListedPage) else None,
        sorts=sorts_of(recommender),
        took_ms=call.took_ms,
        understood=understood_words(found.understood if isinstance(found, RankedPage) else None),
        **_kinds(recommender, found),
    )
    return results, panel


def _kinds(recommender: Recommender, found: RankedPage | ListedPage) -> dict[str, Any]:
    """The likeliest kinds of a photo, and the others to choose from."""
    look = None if isinstance(found, ListedPage) else found.photo
    if look is None or not (look.kinds or look.nothing_fits):
        return {}
    likely = [guess.kind for guess in look.kinds[:_LIKELY]]
    others = [name for name in recommender.kind_names if name not in likely]
    return {
        "kinds": likely,
        "other_kinds": others,
        "nothing_fits": look.nothing_fits,
        "regions": look.regions,
    }


def _compared(
    recommender: Recommender, page: RankedPage, words: str, items: Sequence[Values]
) -> list[Tile]:
    """The hits of a page, with what they share with words, `items`, and what was recognised."""
    version = recommender.version
    asked = reference(words, [*items, recognised_values(version, page)])
    tiles = (tile(version, hit.row, asked, hit.score, hit.variants) for hit in page.hits)
    return [replace(t, relevance=h.relevance) for t, h in zip(tiles, page.hits, strict=True)]


async def _find(recommender: Recommender, state: PageState) -> RankedPage | ListedPage:
    common: dict[str, Any] = {
        "limit": PAGE_SIZE,
        "offset": state.offset,
        "filter": state.filter(),
        "group_by": style_field(recommender),
        "sort": state.sort,
        "facets": counted_fields(recommender),
        "facet_limit": MOST_VALUES,
    }
    if not state.ranked:
        return await recommender.browse(ListQuery(**common))
    return await _rank(recommender, state, SearchQuery(**common))


async def _rank(recommender: Recommender, state: PageState, query: SearchQuery) -> RankedPage:
    """Rank by the route that `app.storefront.api_snippets.call_of` names for the same state."""
    if len(state.words) > MAX_TEXT:
        raise InvalidInput("These words are too long. Search with fewer of them.")
    query = replace(query, edit=state.edit or None)
    if state.signals > 1 or state.unlike:
        positive, negative = signals_of(state)
        return await recommender.blend(positive, negative, query)
    if state.photo is not None:
        return await recommender.by_image(state.photo, query, PhotoQuery(state.box, state.kind))
    if state.like:
        return await recommender.similar(recommender.row(state.like[0]), query)
    return await recommender.by_text(state.words, query, state.switches)


def signals_of(state: PageState) -> tuple[list[Signal], list[Signal]]:
    """The positive and negative signals of a page."""
    positive, negative = signal_fields(state, state.photo)
    return [_signal(one) for one in positive], [_signal(one) for one in negative]


def _signal(fields: Mapping[str, Any]) -> Signal:
    box = fields.get("box")
    return Signal(**{**fields, "box": tuple(box) if box else None})


async def product(recommender: Recommender, item_id: str) -> Product:
    """A product's page.

    Raises:
        NotFound: there is no such item.
    """
    row, version = recommender.row(item_id), recommender.version
    page = await recommender.similar(row, _options(recommender, _SIMILAR))
    values, variants = values_of(version, row), recommender.variants(row)
    return Product(
        tile=tile(version, row, variants=variants),
        values=values,
        category=_category_of(recommender, values),
        variants=[tile(version, other) for other in variants[:_MOST_VARIANTS]],
        similar=_compared(recommender, page, "", [values]),
    )


def _options(recommender: Recommender, limit: int) -> SearchQuery:
    return SearchQuery(limit=limit, group_by=style_field(recommender))


def _category_of(recommender: Recommender, item: Values) -> tuple[str, str] | None:
    field = category_field(recommender)
    value = item.get(field) if field else None
    return (value, _choice(field, value)) if field and isinstance(value, str) else None


async def home(recommender: Recommender) -> Home:
    """Kinds of product, one search shown at work, and words to start from."""
    panel = await read_panel(recommender, PageState())
    field = category_field(recommender)
    group = next((group for group in panel.groups if group.field == field), None)
    choices = [*group.first, *group.rest][:_CATEGORIES] if group and field else []
    categories = [await _category(recommender, field or "", one) for one in choices]
    pictured = [one.tile for one in categories if one.tile and one.tile.picture]
    return Home(
        total=panel.total,
        categories=categories,
        example=await _example(recommender, pictured),
        suggestions=await _suggestions(recommender, panel, field),
        pictures=pictured[:_PICTURES],
    )


async def _category(recommender: Recommender, field: str, choice: Choice) -> Category:
    condition = f"{quote_name(field)} = {quote_value(choice.value)}"
    found = await recommender.browse(ListQuery(limit=1, filter=condition))
    tiles = [tile(recommender.version, row) for row, _ in found.entries]
    address = _choice(field, choice.value)
    return Category(choice.value, address, choice.count, tiles[0] if tiles else None)


async def _example(recommender: Recommender, candidates: list[Tile]) -> Example | None:
    """The candidate whose nearest products share most attributes with it; None if nothing is
    similar."""
    best: tuple[int, Example] | None = None
    for candidate in candidates:
        row = recommender.row(candidate.id)
        page = await recommender.similar(row, _options(recommender, _EXAMPLES))
        similar = _compared(recommender, page, "", [values_of(recommender.version, row)])
        shared = sum(len(one.reasons) for one in similar)
        if similar and (best is None or shared > best[0]):
            best = shared, Example(candidate, similar)
    return best[1] if best else None


async def first_id(recommender: Recommender) -> str:
    """The id of the first product, or an empty text if the catalogue is empty."""
    found = await recommender.browse(ListQuery(limit=1))
    return next((tile(recommender.version, row).id for row, _ in found.entries), "")


async def _suggestions(recommender: Recommender, panel: Panel, category: str | None) -> list[str]:
    """Words that find something here: kinds, each with a frequent colour of its items."""
    fields = {group.field: group for group in panel.groups}
    colour = next((name for name in PREFERRED if "colo" in name.lower() and name in fields), None)
    if category not in fields or colour is None:
        return []
    words: dict[str, str] = {}
    for kind in fields[category].first[:_SUGGESTIONS]:
        panel = await read_panel(recommender, PageState(choices={category: (kind.value,)}))
        found = next(group for group in panel.groups if group.field == colour)
        new = next((one.value for one in found.first if one.value not in words), None)
        words |= {new: f"{new} {kind.value}".lower()} if new else {}
    return list(words.values())


def category_field(recommender: Recommender) -> str | None:
    """The field that says what kind of product an item is, or None if no field does."""
    version = recommender.version
    known = [version.category, *PREFERRED[:2]]
    return next((name for name in known if name and name in version.items.columns), None)


def _choice(field: str, value: str) -> str:
    return PageState(choices={field: (value,)}).address()
