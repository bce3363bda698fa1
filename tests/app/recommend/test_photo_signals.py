"""Photos among the signals of a blend are read, steered and refused like a photo alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PIL.Image import Image

from app.observability.prometheus_metrics import Metrics
from app.recommend.query import SearchQuery, Signal
from app.recommend.ranking import RankedPage
from app.recommend.recognition import recognised
from app.recommend.recommender import Recommender
from app.settings import Settings
from tests.support.small_shop import open_shop, picture
from twinset.encoders import HashEncoder
from twinset.encoders.encoder import Vectors
from twinset.errors import InvalidInput
from twinset.photo.photo_head import PhotoHead
from twinset.photo.photo_reading import row_width
from twinset.photo.tower_taps import NO_TAPS

D = 64


class ReadingEncoder(HashEncoder):
    """Reads of every photo that it surely shows item 0's kind, or surely nothing to wear."""

    photo_head = PhotoHead(
        NO_TAPS,
        mean=np.zeros(D, np.float32),
        spread=np.ones(D, np.float32),
        first=np.zeros((D, 1), np.float32),
        first_bias=np.zeros(1, np.float32),
        second=np.zeros((1, 2 * D + 1), np.float32),
        second_bias=np.zeros(2 * D + 1, np.float32),
        glance=np.zeros((D, D + 2), np.float32),
        glance_bias=np.zeros(D + 2, np.float32),
        kind_scale=20.0,
        glance_scale=20.0,
    )
    garment = 1.0

    def read_photos(self, images: list[Image]) -> Vectors:
        plain = self.encode_images(images)
        rows = np.zeros((len(images), row_width(D)), np.float32)
        rows[:, :D], rows[:, D : 2 * D] = plain, plain
        rows[:, 2 * D : 3 * D] = self.kind
        rows[:, 3 * D + 1 : 3 * D + 3] = self.garment
        return rows

    kind: Vectors = np.zeros(D, np.float32)


@pytest.fixture(scope="module")
def recommender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recommender]:
    encoder = ReadingEncoder(D)
    shop = replace(open_shop(tmp_path_factory.mktemp("shop"), encoder), category="group_id")
    encoder.kind = shop.index.vector(0)
    made = Recommender(encoder, shop, Settings(index=tmp_path_factory.mktemp("none")), Metrics())
    yield made
    made.close()


def _ask(recommender: Recommender, *positive: Signal, **query: object) -> RankedPage:
    return asyncio.run(recommender.blend(positive, [], SearchQuery(limit=4, **query)))  # type: ignore[arg-type]


def _garment(recommender: Recommender, chance: float) -> None:
    encoder = recommender.encoder
    assert isinstance(encoder, ReadingEncoder)
    encoder.garment = chance


def test_a_photo_says_what_it_shows_and_a_kind_steers_it(recommender: Recommender) -> None:
    _garment(recommender, 1.0)
    page = _ask(recommender, Signal(image=picture(1)), Signal(item_id="p3"))
    assert page.photo is not None
    column = recommender.version.items.columns["group_id"]
    assert page.photo.kinds[0].kind == column.value(0)
    named = _ask(recommender, Signal(image=picture(1), kind="watch"))
    assert named.photo is not None
    assert named.photo.steered is not None
    assert named.photo.steered.kind == "watch"
    assert column.value(named.hits[0].row) == "watch"
    with pytest.raises(InvalidInput, match="kind"):
        _ask(recommender, Signal(image=picture(1), kind="sofa"))


def test_photos_of_something_else_are_refused_unless_something_else_is_liked_too(
    recommender: Recommender,
) -> None:
    _garment(recommender, 0.0)
    nothing = Signal(image=picture(2))
    refused = _ask(recommender, nothing)
    assert refused.nothing_fits
    assert not refused.hits
    for page in (
        _ask(recommender, nothing, Signal(item_id="p3")),
        _ask(recommender, nothing, min_relevance=0),
    ):
        assert page.hits
        assert not page.nothing_fits


def test_words_that_change_a_blend_leave_what_its_photo_was_read_as(
    recommender: Recommender,
) -> None:
    _garment(recommender, 1.0)
    photo = Signal(image=picture(1))
    plain, edited = _ask(recommender, photo), _ask(recommender, photo, edit="in red")
    assert plain.photo is not None
    assert edited.photo == plain.photo
    assert edited.kept is not None


def test_hits_of_a_blend_are_compared_with_its_photo(recommender: Recommender) -> None:
    _garment(recommender, 1.0)
    words = Signal(text="cotton")
    page = _ask(recommender, words, Signal(image=picture(1)), explain=True)
    assert "baseColour" in recognised(recommender.version, page)
    assert _ask(recommender, words, explain=True).told == ()
    assert _ask(recommender, words, Signal(image=picture(1))).told == ()
