"""What the first page shows: kinds of product, one search at work, and words to start from."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from app.recommend.query import ListQuery
from app.recommend.recommender import Recommender
from app.storefront.content.filter_panel import Choice, Panel, read_panel
from app.storefront.content.product_lists import (
    category_field,
    choice_address,
    compared,
    in_styles,
)
from app.storefront.content.product_tiles import PREFERRED, Tile, tile, values_of
from app.storefront.page_state import PageState
from twinset.filters import quote_name, quote_value

_CATEGORIES = 8
_EXAMPLES = 5
_SUGGESTIONS = 4
_PICTURES = 6


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
    """The first page. `noun` is what `total` counts, as in a panel."""

    total: int
    noun: str
    categories: list[Category]
    example: Example | None
    suggestions: list[str]
    pictures: list[Tile]


# A shop's first page is the same until its catalogue changes.
_shown: WeakKeyDictionary[Recommender, Home] = WeakKeyDictionary()


async def home(recommender: Recommender) -> Home:
    """Kinds of product, one search shown at work, and words to start from."""
    shown = _shown.get(recommender)
    if shown is None:
        shown = _shown[recommender] = await _home(recommender)
    return shown


async def _home(recommender: Recommender) -> Home:
    panel = await read_panel(recommender, PageState())
    field = category_field(recommender)
    group = next((group for group in panel.groups if group.field == field), None)
    choices = [*group.first, *group.rest][:_CATEGORIES] if group and field else []
    categories = [await _category(recommender, field or "", one) for one in choices]
    pictured = [one.tile for one in categories if one.tile and one.tile.picture]
    return Home(
        total=panel.total,
        noun=panel.noun,
        categories=categories,
        example=await _example(recommender, pictured),
        suggestions=await _suggestions(recommender, panel, field),
        pictures=pictured[:_PICTURES],
    )


async def _category(recommender: Recommender, field: str, choice: Choice) -> Category:
    condition = f"{quote_name(field)} = {quote_value(choice.value)}"
    found = await recommender.browse(ListQuery(limit=1, filter=condition))
    tiles = [tile(recommender.version, row) for row, _ in found.entries]
    address = choice_address(field, choice.value)
    return Category(choice.value, address, choice.count, tiles[0] if tiles else None)


async def _example(recommender: Recommender, candidates: list[Tile]) -> Example | None:
    """The candidate whose nearest products share most attributes with it; None if nothing is
    similar."""
    best: tuple[int, Example] | None = None
    for candidate in candidates:
        row = recommender.row(candidate.id)
        page = await recommender.similar(row, in_styles(recommender, _EXAMPLES))
        similar = compared(recommender, page, "", [values_of(recommender.version, row)])
        shared = sum(len(one.reasons) for one in similar)
        if similar and (best is None or shared > best[0]):
            best = shared, Example(candidate, similar)
    return best[1] if best else None


async def _suggestions(recommender: Recommender, panel: Panel, category: str | None) -> list[str]:
    """Words that find something here: kinds, each with a frequent colour of its items."""
    fields = {group.field: group for group in panel.groups}
    colour = next((name for name in PREFERRED if "colo" in name.lower() and name in fields), None)
    if category not in fields or colour is None:
        return []
    words: dict[str, str] = {}
    for kind in fields[category].first[:_SUGGESTIONS]:
        panel = await read_panel(recommender, PageState(choices={category: (kind.value,)}))
        found = next((group for group in panel.groups if group.field == colour), None)
        values = [one.value for one in found.first] if found is not None else []
        new = next((value for value in values if value not in words), None)
        words |= {new: f"{new} {kind.value}".lower()} if new else {}
    return list(words.values())
