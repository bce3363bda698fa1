"""Two garments of a photo are told apart by their halves and answered in turns."""

from __future__ import annotations

import io
from itertools import zip_longest

import numpy as np
import pytest
from PIL import Image

from app.recommend.photos.garment_boxes import are_apart, in_turns, unrolled
from app.recommend.query import SearchQuery
from app.recommend.ranking import Ranked, RankedPage
from twinset.images.decode import is_wide
from twinset.photo.photo_head import PhotoReading


def _reading(vector: list[float]) -> PhotoReading:
    unit = np.array(vector, np.float32)
    return PhotoReading(unit, unit, unit, studio=0, garment=1, familiar=1)


def _page(rows: list[int], exhausted: bool) -> RankedPage:
    return RankedPage([Ranked(row, 1.0, None) for row in rows], exhausted, total=len(rows))


def test_unlike_halves_are_two_garments_and_a_wide_photo_sooner_so() -> None:
    left, alike, unlike = _reading([1, 0]), _reading([0.9, 0.43]), _reading([0.1, 0.99])
    between = _reading([0.4, 0.92])
    assert not are_apart(left, alike, wide=True)
    assert are_apart(left, unlike, wide=True)
    assert are_apart(left, unlike, wide=False)
    assert are_apart(left, between, wide=True)
    assert not are_apart(left, between, wide=False)


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


@pytest.mark.parametrize(("orientation", "wide"), [(1, True), (3, True), (6, False), (8, False)])
def test_a_photo_is_wide_as_it_stands_upright(orientation: int, wide: bool) -> None:
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (90, 60)).save(buffer, "JPEG", exif=exif)
    assert is_wide(buffer.getvalue(), 1.15) is wide
    assert not is_wide(b"no image", 1.15)
