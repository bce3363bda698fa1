"""What a query was itself seen to be of, and what its hits have in common with that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.recommend.photos.photo_search import PhotoLook
from app.recommend.ranking import RankedPage
from twinset.edits.kept_values import Kept
from twinset.index.index_versions import IndexVersion
from twinset.words.query.parts import Effect

# A field of more values names single products rather than saying what they are.
_MOST_VALUES = 200
Recognised = Mapping[str, tuple[str, ...]]


def recognised(version: IndexVersion, page: RankedPage) -> Recognised:
    """The values, by field, that words named, that stay of an edited photo or item, that the items
    asked about have in common, and the likeliest kind and other values of a photo, or of each of
    its garments. Never those of the items that were found."""
    found: dict[str, tuple[str, ...]] = {}
    if page.about:
        first, *others = (_values_of(version, row) for row in page.about)
        shared = [
            (name, own) for name, own in first.items() if all(o.get(name) == own for o in others)
        ]
        found |= dict(shared)
    found |= _likeliest(version, page.told)
    if version.category is not None and page.photo is not None and page.photo.kinds:
        found[version.category] = _kinds_of(page.photo)
    found |= _likeliest(version, page.kept or ())
    for part in page.understood.parts if page.understood is not None else ():
        if part.effect is Effect.PREFER and part.field in version.items.columns:
            found[part.field] = part.values
    return found


def _kinds_of(photo: PhotoLook) -> tuple[str, ...]:
    """The likeliest kind of a photo, or of each of its garments."""
    if len(photo.regions) < 2:
        return (photo.kinds[0].kind,)
    return tuple(region.kind.kind for region in photo.regions if region.kind is not None)


def _likeliest(version: IndexVersion, told: Iterable[Kept]) -> dict[str, tuple[str, ...]]:
    """The likeliest value of each field, of several garments one each; patterns that titles name
    are of no field."""
    found: dict[str, tuple[str, ...]] = {}
    for one in told:
        if one.field in version.items.columns:
            value = max(one.shares, key=lambda value: one.shares[value])
            found[one.field] = (*found.get(one.field, ()), value)
    return found


def _values_of(version: IndexVersion, row: int) -> dict[str, tuple[str, ...]]:
    values: dict[str, tuple[str, ...]] = {}
    for name, column in version.items.columns.items():
        value = column.value(row)
        few = column.vocabulary is not None and len(column.vocabulary) <= _MOST_VALUES
        if few and isinstance(value, str) and value:
            values[name] = (value,)
    return values


def compared(wanted: Recognised, item: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """The item's values of the fields that were recognised: those that are the same, and those that
    differ. A field without a value is in neither."""
    same: dict[str, str] = {}
    differs: dict[str, str] = {}
    for field, values in wanted.items():
        value = item.get(field)
        own = [one for one in (value if isinstance(value, list) else [value]) if one]
        if own:
            asked = {one.lower() for one in values}
            equal = [one for one in own if str(one).lower() in asked]
            (same if equal else differs)[field] = str((equal or own)[0])
    return same, differs


def recognised_values(version: IndexVersion, page: RankedPage) -> dict[str, str]:
    """The first value of each field that was recognised."""
    return {field: values[0] for field, values in recognised(version, page).items() if values}
