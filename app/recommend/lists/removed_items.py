"""Items that live writes took away: until the next index version their vectors are still known."""

from __future__ import annotations

from twinset.index.index_versions import IndexVersion


def removed_row(version: IndexVersion, item_id: str) -> int | None:
    """The row that a removed item had in the version as it was built; None if it had none.

    With a browser key, what its filter hides was never there.
    """
    if version.restricted or version.items.row_of(item_id) is not None:
        return None
    return version.items.layers.base.row_of(item_id)
