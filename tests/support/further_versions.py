"""Further index versions of a shop that is served, live at once or staged."""

from __future__ import annotations

from typing import Any

from index_builder.build import BuildOptions
from tests.support.live_service import Place
from tests.support.live_shop import ENCODER, Fields, build
from twinset.index.shared.version_line import list_versions

STAGED = BuildOptions(activate=False)


def newer(place: Place, rows: list[Fields], options: BuildOptions, encoder: Any = ENCODER) -> str:
    """Build a further version; its catalogue counts as older than any live write."""
    build(place.index.parent, rows, encoder, options)
    return list_versions(place.index)[-1]
