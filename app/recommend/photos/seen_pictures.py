"""Ranking by photo: an item counts by whichever of its pictures is nearest to the photo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.recommend.lists.session import moved
from app.recommend.query import SearchQuery
from app.recommend.ranking import RankedPage, Vector, rank
from twinset.errors import NotFound
from twinset.index.index_versions import IndexVersion
from twinset.index.indexed_items import StoredImage
from twinset.relevance.relevance_curves import PHOTO
from twinset.views.best_view_index import best_picture, by_any_picture


def rank_seen(
    version: IndexVersion, vector: Vector, query: SearchQuery, exclude: Iterable[int], kind: str
) -> RankedPage:
    """As `rank`; for a photo, by the best picture of each item, and each hit says which that is."""
    views = version.views
    if views is None or kind != PHOTO:
        return rank(version, vector, query, exclude)
    seen = by_any_picture(version.index, views, version.alive)
    page = rank(replace(version, index=seen), vector, query, exclude)
    return naming_pictures(version, page, moved(version, vector, query))


def naming_pictures(version: IndexVersion, page: RankedPage, vector: Vector) -> RankedPage:
    """A page whose hits say by which picture of the item `vector` (d,) found it."""
    views = version.views
    if views is None:
        return page
    hits = [
        hit._replace(view=best_picture(version.index, views, hit.row, vector)) for hit in page.hits
    ]
    return replace(page, hits=hits)


def stored_picture(version: IndexVersion, row: int, view: int) -> StoredImage:
    """A picture of an item: 0 is the main one, further ones follow.

    Raises:
        NotFound: if the item has no such picture.
    """
    if view == 0:
        image = version.images.read(row)
    else:
        image = None if version.views is None else version.views.picture(row, view - 1)
    if image is None:
        raise NotFound("This item has no such image." if view else "This item has no image.")
    return image


def count_pictures(version: IndexVersion, row: int) -> int:
    """How many pictures an item has."""
    further = 0 if version.views is None else len(version.views.vectors_of(row))
    return further + bool(version.images.has_image[row])
