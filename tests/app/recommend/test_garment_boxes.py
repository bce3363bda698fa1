"""The garments of a photo are looked at with some air around them, and answered in turns."""

from __future__ import annotations

from itertools import zip_longest

import pytest

from app.recommend.photos.garment_boxes import in_turns, unrolled, widened
from app.recommend.query import SearchQuery
from app.recommend.ranking import Ranked, RankedPage


def _page(rows: list[int], exhausted: bool) -> RankedPage:
    return RankedPage([Ranked(row, 1.0, None) for row in rows], exhausted, total=len(rows))


def test_a_box_gets_air_and_stays_inside_the_photo() -> None:
    assert widened((0.4, 0.2, 0.6, 0.7)) == pytest.approx((0.388, 0.17, 0.612, 0.73))
    assert widened((0, 0, 1, 1)) == (0, 0, 1, 1)


@pytest.mark.parametrize("limit", [1, 3, 4, 20])
def test_pages_in_turns_are_parts_of_one_list(limit: int) -> None:
    first, second = [5, 1, 9, 7, 3], [1, 2, 9, 4]
    flat = [row for pair in zip_longest(first, second) for row in pair if row is not None]
    expected = list(dict.fromkeys(flat))
    found: list[int] = []
    for offset in range(0, len(expected) + limit, limit):
        query = SearchQuery(limit=limit, offset=offset)
        wanted = unrolled(query)
        assert (wanted.offset, wanted.limit) == (0, offset + limit)
        lists = [_page(rows[: wanted.limit], len(rows) <= wanted.limit) for rows in (first, second)]
        page = in_turns(lists, query)
        found += [hit.row for hit in page.hits]
        assert page.exhausted == (offset + limit >= len(expected))
        if page.exhausted:
            break
    assert found == expected
