"""Several garments in one photo: where to look for each, and a list that takes them in turns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from app.concurrency.image_decoding import Box
from app.recommend.facets import Facet, FacetRows, count_fields
from app.recommend.lists.places import Places
from app.recommend.query import SearchQuery
from app.recommend.ranking import RankedList, RankedPage, Search, list_places
from app.recommend.selection import Mask, Rows
from twinset.edits.kept_values import Kept
from twinset.index.index_versions import IndexVersion

# What a box is widened by on each side, as a part of its own side: pictures of products have air
# around them too.
_AIR = 0.06


def widened(box: Box) -> Box:
    """A garment's box with some air around it, inside the photo."""
    x1, y1, x2, y2 = box
    across, down = _AIR * (x2 - x1), _AIR * (y2 - y1)
    wide = (max(0.0, x1 - across), max(0.0, y1 - down), min(1.0, x2 + across), min(1.0, y2 + down))
    left, top, right, bottom = (round(side, 4) for side in wide)
    return left, top, right, bottom


def in_turns(version: IndexVersion, searches: Sequence[Search], query: SearchQuery) -> RankedPage:
    """The page of a list that takes the best of each search in turns, each place once.

    `total` and facets count what any of the searches lists. `query` is what they have in common;
    the words of an edit may narrow each in another way. Only the hits of the page are finished,
    each by its own search.
    """
    end = query.offset + query.limit
    lists = [
        list_places(version, one.source, replace(one.query, offset=0, limit=end), one.exclude)
        for one in searches
    ]
    whose = np.repeat(np.arange(len(lists)), [len(one.rows) for one in lists])
    turns = np.concatenate([np.arange(len(one.rows)) for one in lists])
    rows = np.concatenate([one.rows for one in lists])
    codes = lists[0].places.codes_of(rows)
    order = np.lexsort((whose, turns))
    keys = np.where(codes < 0, -1 - rows, codes)[order]
    first = order[np.sort(np.unique(keys, return_index=True)[1])]
    part = first[query.offset : end]
    pages = []
    for number, (search, found) in enumerate(zip(searches, lists, strict=True)):
        own = turns[part[whose[part] == number]]
        hits = found.hits(found.rows[own], found.scores[own])
        pages.append(search.finish(RankedPage(hits, exhausted=True)))
    over = len(first) <= end and all(len(one.rows) <= end for one in lists)
    total = _places_of_any(version, lists).count(version.count)
    facets = _facets(version, lists, query)
    return replace(_joined(pages, whose[part]), exhausted=over, total=total, facets=facets)


def _joined(pages: Sequence[RankedPage], whose: Rows) -> RankedPage:
    """One page of the hits of several: hit i is the next of the page with the number `whose[i]`.
    Says whatever was understood for any garment."""
    hits = [iter(page.hits) for page in pages]
    joined = replace(
        pages[0],
        hits=[next(hits[number]) for number in whose.tolist()],
        nothing_fits=all(page.nothing_fits for page in pages),
    )
    read = [page.understood for page in pages if page.understood is not None]
    if not read:
        return joined
    parts = tuple(dict.fromkeys(part for one in read for part in one.parts))
    unmet = tuple(dict.fromkeys(part for one in read for part in one.unmet))
    kept: list[Kept] = []
    for page in pages:
        kept += [one for one in page.kept or () if one not in kept]
    return replace(joined, understood=replace(read[0], parts=parts, unmet=unmet), kept=tuple(kept))


def _places_of_any(version: IndexVersion, lists: Sequence[RankedList]) -> Places:
    """The places of all that the lists hold together."""
    masks = (_held(version, one, one.places.mask) for one in lists)
    return replace(lists[0].places, mask=_either(masks), left_out=())


def _facets(
    version: IndexVersion, lists: Sequence[RankedList], query: SearchQuery
) -> tuple[Facet, ...]:
    """The counts of all that the lists hold together."""
    if not query.facets:
        return ()
    rows = {
        name: _either(_held(version, one, one.counted.by_field[name]) for one in lists)
        for name in query.facets
    }
    return count_fields(version, FacetRows(rows), query, alike=lists[0].places.alike())


def _held(version: IndexVersion, found: RankedList, mask: Mask | None) -> Mask:
    """The rows (n,) of a mask, None for all, that are in a list."""
    if mask is None:
        mask = np.ones(len(version), np.bool_) if version.alive is None else version.alive.copy()
        mask[list(found.places.left_out)] = False
    if found.above_cut is None:
        return mask
    inside = np.zeros(len(version), np.bool_)
    inside[found.above_cut] = True
    return mask & inside


def _either(masks: Iterable[Mask]) -> Mask:
    return np.asarray(np.logical_or.reduce(list(masks)))
