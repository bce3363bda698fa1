"""Which items share a place in a list, by a plain loop over tokens that they share."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

Values = Sequence[Hashable | None]


def place_keys(
    group_by: str | None, groups: Values, pictures: Values, repeats: bool
) -> list[Hashable | None]:
    """A key for each item, equal if two share a place; None if an item has its own.

    `groups` are the items' values of `group_by`, `pictures` name their pictures. Pictures join
    items, unless `repeats` are wanted or another field than that of styles groups them.
    """
    if repeats or group_by not in (None, "group_id"):
        return list(groups)
    if group_by is None:
        return list(pictures)
    names: dict[Hashable, Hashable] = {}

    def name(token: Hashable) -> Hashable:
        while names.setdefault(token, token) != token:
            token = names[token]
        return token

    keys: list[Hashable | None] = []
    for group, picture in zip(groups, pictures, strict=True):
        tokens = [(kind, one) for kind, one in ((1, group), (2, picture)) if one is not None]
        for token in tokens[1:]:
            names[name(token)] = name(tokens[0])
        keys.append(tokens[0] if tokens else None)
    return [None if key is None else name(key) for key in keys]


def first_of_places(rows: Sequence[int], keys: Sequence[Hashable | None]) -> list[int]:
    """The rows without those whose place an earlier row has."""
    seen: set[Hashable] = set()
    kept = []
    for row in rows:
        if keys[row] is None or keys[row] not in seen:
            kept.append(row)
            seen.add(keys[row])
    return kept
