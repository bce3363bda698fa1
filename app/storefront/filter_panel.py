"""The filters beside the results: the fields of the catalogue, with counts under the current
filters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.recommend.facets import Facet, RangeFacet, ValuesFacet, countable
from app.recommend.query import RELEVANCE, ListQuery
from app.recommend.recommender import Recommender
from app.storefront.page_state import CHOICE, PageState
from app.storefront.product_tiles import label

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
    label: str
    open: bool
    first: list[Choice]
    rest: list[Choice]

    @property
    def long(self) -> bool:
        """True if there are too many values to look through."""
        return len(self.first) + len(self.rest) > _LONG


@dataclass(frozen=True)
class Panel:
    """Everything to narrow a list by; `price` is the range of prices, None if there are none."""

    total: int
    noun: str
    groups: list[Group]
    price: tuple[float, float] | None
    in_stock: int | None


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
    query = ListQuery(1, filter=state.filter(), facets=fields, facet_limit=MOST_VALUES)
    found = await recommender.browse(query)
    return panel_of(state, found.total, found.facets, "products")


def panel_of(state: PageState, total: int, facets: Iterable[Facet], noun: str) -> Panel:
    """The panel of a list, by what was counted for it; a field's own choices hide nothing of it."""
    found = {facet.field: facet for facet in facets}
    texts = [facet for facet in found.values() if _is_text(facet)]
    groups = [
        _group(facet, state, place < _OPEN_FACETS)
        for place, facet in enumerate(texts[:_MOST_FACETS])
        if isinstance(facet, ValuesFacet)
    ]
    in_stock = _in_stock(found.get("available"))
    return Panel(total, noun, groups, _price(found.get("price")), in_stock)


def sorts_of(recommender: Recommender) -> dict[str, str]:
    """The orders that a page offers, with what each is called; relevance first."""
    columns = recommender.version.items.columns
    offered = {RELEVANCE: "Most relevant"}
    if "price" in columns and columns["price"].present.any():
        offered |= {"price": "Price, lowest first", "-price": "Price, highest first"}
    newest = next((n for n in _DATES if n in columns and columns[n].present.any()), None)
    return offered | ({f"-{newest}": "Newest first"} if newest else {})


def known_sort(recommender: Recommender, sort: str) -> str:
    """`sort`, if a list can be in that order: an address outlives the fields of a catalogue."""
    known = sort.removeprefix("-") in recommender.version.items.columns
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
