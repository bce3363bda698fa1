"""Ranking by photo: an item counts by whichever of its pictures is nearest to the photo."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from app.recommend.lists.explanations import Signals, explained
from app.recommend.lists.session import moved
from app.recommend.query import SearchQuery
from app.recommend.ranking import RankedPage, Search, Vector, condition_of
from app.recommend.relevance import Judge
from app.recommend.row_sources import VectorSearch
from twinset.errors import NotFound
from twinset.index.index_versions import IndexVersion
from twinset.index.indexed_items import StoredImage
from twinset.relevance.relevance_curves import PHOTO
from twinset.views.best_view_index import best_picture, by_any_picture


def seen_search(
    version: IndexVersion,
    vector: Vector,
    signals: Signals,
    query: SearchQuery,
    exclude: Collection[int],
    judged: tuple[Judge, str],
) -> Search:
    """The search for what is like a unit vector (d,), the sum of `signals`; `judged` are the judge
    and the kind of query. For a photo an item counts by the best of its pictures, and each hit says
    which that is.

    Raises:
        InvalidInput: `min_relevance` is asked for, and no curve is there for this kind of query.
        FilterError: the filter cannot be read.
    """
    judge, kind = judged
    query, vector = judge.cut(query, kind), moved(version, vector, query)
    views = version.views if kind == PHOTO else None
    index = by_any_picture(version.index, views, version.alive)

    def finish(page: RankedPage) -> RankedPage:
        page = naming_pictures(version, page, vector) if kind == PHOTO else page
        return judge.judged(explained(version, page, query, signals), kind)

    return Search(VectorSearch(index, vector, condition_of(query)), query, exclude, finish)


def naming_pictures(version: IndexVersion, page: RankedPage, vector: Vector) -> RankedPage:
    """A page whose hits say by which picture of the item `vector` (d,) found it."""
    views = version.views
    if views is None:
        return page
    has_image = version.images.has_image
    hits = [
        hit._replace(
            view=best_picture(version.index, views, hit.row, vector, bool(has_image[hit.row]))
        )
        for hit in page.hits
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


def picture_numbers(version: IndexVersion, row: int) -> range:
    """The numbers of an item's pictures: 0 is the main one, if there is one, further ones follow
    from 1."""
    further = 0 if version.views is None else len(version.views.vectors_of(row))
    return range(0 if version.images.has_image[row] else 1, further + 1)
