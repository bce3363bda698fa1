"""The filters beside the results: the fields of the catalogue, with counts under the current
filters."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from app.recommend.facets import Facet, RangeFacet, ValuesFacet
from app.recommend.query import FacetQuery
from app.recommend.recommender import Recommender
from app.storefront.page_state import CHOICE, PageState
from app.storefront.product_tiles import label

_ORDER = ("gender", "articleType", "category", "baseColour", "colour", "color", "brand", "pattern")
_MOST_FACETS = 6
_OPEN_FACETS = 3
_MOST_VALUES = 60
_SHOWN_VALUES = 7


@dataclass(frozen=True)
class Choice:
    """One value to tick, and how many items have it."""

    value: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Group:
    """The values of one field: the first are shown, the rest folded away."""

    field: str
    name: str
    label: str
    open: bool
    first: list[Choice]
    rest: list[Choice]


@dataclass(frozen=True)
class Panel:
    """Everything to narrow a list by; `price` is the range of prices, None if there are none."""

    total: int
    groups: list[Group]
    price: tuple[float, float] | None
    in_stock: int | None


async def read_panel(recommender: Recommender, state: PageState) -> Panel:
    """Count facets under a page's filter; a field's own choices do not hide its other values."""
    total, whole = await _count(recommender, state.filter(), [])
    found = {facet.field: facet for facet in whole}
    own = [name for name in state.choices if name in found]
    own += ["price"] if (state.low or state.high) and "price" in found else []
    own += ["available"] if state.in_stock and "available" in found else []
    counts = [_count(recommender, state.filter(without=name), [name]) for name in own]
    for _, (facet,) in await asyncio.gather(*counts):
        found[facet.field] = facet
    names = [*(n for n in _ORDER if n in found), *(n for n in found if n not in _ORDER)]
    texts = [facet for name in names if _is_text(facet := found[name])]
    groups = [
        _group(facet, state, place < _OPEN_FACETS)
        for place, facet in enumerate(texts[:_MOST_FACETS])
        if isinstance(facet, ValuesFacet)
    ]
    return Panel(total, groups, _price(found.get("price")), _in_stock(found.get("available")))


async def _count(
    recommender: Recommender, condition: str | None, names: list[str]
) -> tuple[int, list[Facet]]:
    query = FacetQuery(condition, tuple(names), _MOST_VALUES)
    total, facets = await recommender.facets(query)
    return total, list(facets)


def _is_text(facet: Facet) -> bool:
    if not isinstance(facet, ValuesFacet) or facet.field == "image_path":
        return False
    return bool(facet.values) and all(isinstance(one.value, str) for one in facet.values)


def _group(facet: ValuesFacet, state: PageState, is_open: bool) -> Group:
    chosen = state.choices.get(facet.field, ())
    choices = [Choice(str(v.value), v.count, v.value in chosen) for v in facet.values]
    known = {choice.value for choice in choices}
    choices += [Choice(value, 0, True) for value in chosen if value not in known]
    rest = choices[_SHOWN_VALUES:]
    first = choices[:_SHOWN_VALUES] + [choice for choice in rest if choice.chosen]
    return Group(
        field=facet.field,
        name=CHOICE + facet.field,
        label=label(facet.field),
        open=is_open or bool(chosen),
        first=first,
        rest=[choice for choice in rest if not choice.chosen],
    )


def _price(facet: Facet | None) -> tuple[float, float] | None:
    if not isinstance(facet, RangeFacet) or facet.min is None or facet.max is None:
        return None
    return facet.min, facet.max


def _in_stock(facet: Facet | None) -> int | None:
    if not isinstance(facet, ValuesFacet) or not facet.values:
        return None
    return sum(one.count for one in facet.values if one.value is True)
