"""What a search page shows, from the same recommender as the HTTP interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.api.dependencies import Call
from app.recommend.lists.browsing import ListedPage
from app.recommend.photos.photo_search import PhotoQuery, Region
from app.recommend.query import MAX_TEXT, ListQuery, SearchQuery, Signal
from app.recommend.ranking import RankedPage
from app.recommend.recommender import Recommender
from app.storefront.content.filter_panel import (
    MOST_VALUES,
    Panel,
    counted_fields,
    known_sort,
    panel_of,
    sorts_of,
)
from app.storefront.content.product_lists import (
    category_field,
    choice_address,
    compared,
    noun_of,
    style_field,
)
from app.storefront.content.product_tiles import Tile, tile, values_of
from app.storefront.content.understood_chips import UnderstoodWords, understood_words
from app.storefront.page_state import LAST_PAGE, PAGE_SIZE, PageState, signal_fields
from twinset.errors import InvalidInput

_LIKELY = 3
_WAYS = 6


@dataclass(frozen=True)
class Results:
    """One page of a search. `likes` and `unlikes` are the products given as examples.

    `kinds` are what a photo is likely to show, and `other_kinds` the rest of the catalogue's.
    `nothing_fits` is true if a photo shows no garment; `regions` are those of several garments.
    `ways` are frequent kinds of product and their addresses, for a list that holds nothing close.
    If no page follows, `last` is true.
    """

    tiles: list[Tile]
    likes: list[Tile]
    unlikes: list[Tile]
    last: bool
    sorts: dict[str, str]
    took_ms: float
    understood: UnderstoodWords
    kinds: Sequence[str] = ()
    other_kinds: Sequence[str] = ()
    nothing_fits: bool = False
    regions: Sequence[Region] = ()
    ways: Sequence[tuple[str, str]] = ()


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
        tiles = compared(recommender, found, "" if state.edit else state.words, own)
    results = Results(
        tiles=tiles,
        likes=[tile(version, row) for row in likes],
        unlikes=[tile(version, row) for row in unlikes],
        last=found.exhausted or state.page >= LAST_PAGE,
        sorts=sorts_of(recommender),
        took_ms=call.took_ms,
        understood=understood_words(found.understood if isinstance(found, RankedPage) else None),
        ways=_ways_on(recommender, panel),
        **_kinds(recommender, found),
    )
    return results, panel


def _ways_on(recommender: Recommender, panel: Panel) -> list[tuple[str, str]]:
    """The most frequent kinds of product, each with the address of its list."""
    field = category_field(recommender)
    group = next((group for group in panel.groups if group.field == field), None)
    names = [one.value for one in group.first[:_WAYS]] if group is not None else []
    return [(name, choice_address(field or "", name)) for name in names]


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
