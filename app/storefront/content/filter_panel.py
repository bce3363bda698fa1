"""The filters beside the results: the fields of the catalogue, with counts under the current
filters."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.recommend.facets import Facet, RangeFacet, ValuesFacet, countable
from app.recommend.query import RELEVANCE, TITLE, ListQuery
from app.recommend.recommender import Recommender
from app.storefront.content.product_lists import noun_of, style_field
from app.storefront.page_state import CHOICE, PageState, Pairs, filter_pairs

_ORDER = ("gender", "articleType", "category", "baseColour", "colour", "color", "brand", "pattern")
_MOST_FACETS = 6
_OPEN_FACETS = 3
# Fields that say since when a shop has a product.
_DATES = ("published_at", "created_at", "date_added", "release_date", "date", "season_year", "year")
MOST_VALUES = 1000
_NO_CHOICE = frozenset({"image_path"})
# A list so long is searched and sorted, not read.
_LONG = 60
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
    open: bool
    first: list[Choice]
    rest: list[Choice]

    @property
    def long(self) -> bool:
        """True if there are too many values to look through."""
        return len(self.first) + len(self.rest) > _LONG


@dataclass(frozen=True)
class Panel:
    """Everything to narrow a list by; `price` is the range of prices, None if there are none.

    `noun` is what `total` counts: styles or products. `kept` are the fields of filters that are set
    but not shown, as an empty list counts no values: a form sends them hidden, or they are lost.
    """

    total: int
    noun: str
    groups: list[Group]
    price: tuple[float, float] | None
    in_stock: int | None
    kept: Pairs = field(default_factory=list)

    @property
    def span(self) -> tuple[int, int]:
        """The range of prices in whole numbers, for a slider."""
        low, high = self.price or (0.0, 0.0)
        return math.floor(low), math.ceil(high)

    @property
    def step(self) -> int:
        """How far one press of a key moves the slider: about a fiftieth of its length."""
        low, high = self.span
        rough = max(1.0, (high - low) / 50)
        whole = 10 ** math.floor(math.log10(rough))
        return int(whole * max(one for one in (1, 2, 5) if one * whole <= rough))

    @property
    def top(self) -> int:
        """Where the slider ends: the first of its steps that no price is above, since a browser
        never moves it to what is between two steps."""
        low, high = self.span
        return low + math.ceil((high - low) / self.step) * self.step


def counted_fields(recommender: Recommender) -> tuple[str, ...]:
    """The fields that a panel may show: texts, the price, and whether an item is in stock."""
    columns = recommender.version.items.columns
    known = [name for name in countable(recommender.version) if name not in _NO_CHOICE]
    texts = [name for name in known if columns[name].kind == "string"]
    ordered = [*(n for n in _ORDER if n in texts), *(n for n in texts if n not in _ORDER)]
    return (*ordered, *(name for name in ("price", "available") if name in known))


async def read_panel(recommender: Recommender, state: PageState) -> Panel:
    """The panel beside everything that passes a page's filters, for pages without a list."""
    fields = counted_fields(recommender)
    query = ListQuery(
        1,
        filter=state.filter(),
        group_by=style_field(recommender),
        facets=fields,
        facet_limit=MOST_VALUES,
    )
    found = await recommender.browse(query)
    return panel_of(state, found.total, found.facets, noun_of(recommender))


def panel_of(state: PageState, total: int, facets: Iterable[Facet], noun: str) -> Panel:
    """The panel of a list, by what was counted for it; a field's own choices hide nothing of it."""
    found = {facet.field: facet for facet in facets}
    texts = [facet for facet in found.values() if _is_text(facet)]
    groups = [
        _group(facet, state, place < _OPEN_FACETS)
        for place, facet in enumerate(texts[:_MOST_FACETS])
        if isinstance(facet, ValuesFacet)
    ]
    price, in_stock = _price(found.get("price")), _in_stock(found.get("available"))
    shown = {group.name for group in groups}
    shown |= ({"low", "high"} if price else set()) | ({"stock"} if in_stock is not None else set())
    kept = [pair for pair in filter_pairs(state) if pair[0] not in shown]
    return Panel(total, noun, groups, price, in_stock, kept)


def sorts_of(recommender: Recommender) -> dict[str, str]:
    """The orders that a page offers, with the key of its words; relevance first."""
    columns = recommender.version.items.columns
    offered = {RELEVANCE: "relevance"}
    if "price" in columns and columns["price"].present.any():
        offered |= {"price": "price", "-price": "price_down"}
    newest = next((n for n in _DATES if n in columns and columns[n].present.any()), None)
    return offered | ({f"-{newest}": "newest"} if newest else {})


def known_sort(recommender: Recommender, sort: str) -> str:
    """`sort`, if a list can be in that order: an address outlives the fields of a catalogue."""
    field, items = sort.removeprefix("-"), recommender.version.items
    known = field in items.columns or (field == TITLE and items.titles is not None)
    return sort if known else RELEVANCE


def _is_text(facet: Facet) -> bool:
    if not isinstance(facet, ValuesFacet):
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
