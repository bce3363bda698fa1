"""A photo's kind steers, is said, can be named and switched off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.recommend.photos.photo_search import PhotoQuery, PhotoSearch
from app.recommend.query import SearchQuery
from app.recommend.ranking import rank
from tests.support.kind_head import HEAD
from tests.support.small_shop import open_shop
from twinset.encoders import HashEncoder
from twinset.encoders.encoder import normalise
from twinset.errors import InvalidInput
from twinset.filters import parse_filter
from twinset.index.index_versions import IndexVersion
from twinset.index.restricted_version import restrict
from twinset.photo.photo_reading import PhotoReading


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> IndexVersion:
    shop = open_shop(tmp_path_factory.mktemp("shop"), HashEncoder(256))
    return replace(shop, category="group_id")


def _reading(version: IndexVersion, studio: float = 0.0) -> PhotoReading:
    """A photo somewhat like item 0, a dress, which the head takes for a hat."""
    other = np.random.default_rng(0).normal(size=(1, 256)).astype(np.float32)
    plain = normalise((version.index.vector(0) + normalise(other)[0])[None])[0]
    kinds = PhotoSearch(HEAD).kinds_of(version)
    assert kinds is not None
    place = kinds.place_of("hat")
    assert place is not None
    hat = kinds.directions[place]
    corrected = normalise((plain + hat)[None])[0] if studio < 0.5 else plain
    return PhotoReading(plain, corrected, hat, studio, garment=1.0, familiar=1.0)


def _kinds(version: IndexVersion, vector: np.ndarray) -> list[object]:
    hits = rank(version, vector, SearchQuery(limit=4)).hits
    return [version.items.columns["group_id"].value(hit.row) for hit in hits]


def test_a_sure_kind_steers_and_is_said(version: IndexVersion) -> None:
    vector, look = PhotoSearch(HEAD).look(version, _reading(version), PhotoQuery())
    assert look.kinds[0].kind == "hat"
    assert look.steered == look.kinds[0]
    assert look.field == "group_id"
    assert version.index.vector(0) @ vector < 0.95
    before, after = (_kinds(version, one).count("hat") for one in (_reading(version).plain, vector))
    assert after > before
    assert sum(guess.confidence for guess in look.kinds) <= 1.0001


def test_a_photo_of_an_item_that_is_there_is_searched_as_it_is(version: IndexVersion) -> None:
    reading = replace(_reading(version), plain=version.index.vector(0))
    vector, look = PhotoSearch(HEAD).look(version, reading, PhotoQuery())
    np.testing.assert_allclose(vector, reading.plain, atol=1e-6)
    assert look.kinds[0].kind == "hat"
    assert look.steered is None


def test_without_understanding_the_picture_decides_and_nothing_steers(
    version: IndexVersion,
) -> None:
    reading = _reading(version)
    vector, look = PhotoSearch(HEAD).look(version, reading, PhotoQuery(understand=False))
    np.testing.assert_array_equal(vector, reading.plain)
    assert look.kinds[0].kind == "hat"
    assert look.steered is None


def test_a_studio_picture_is_searched_as_it_is(version: IndexVersion) -> None:
    reading = _reading(version, studio=1.0)
    vector, look = PhotoSearch(HEAD).look(version, reading, PhotoQuery())
    np.testing.assert_allclose(vector, reading.plain, atol=1e-6)
    assert look.steered is None


def test_a_named_kind_wins_over_the_guess_with_and_without_a_head(version: IndexVersion) -> None:
    for head in (HEAD, None):
        vector, look = PhotoSearch(head).look(version, _reading(version), PhotoQuery(kind="WATCH"))
        assert look.steered is not None
        assert (look.steered.kind, look.steered.confidence) == ("watch", 1.0)
        before = _kinds(version, _reading(version).plain).count("watch")
        assert _kinds(version, vector).count("watch") > before


def test_an_unknown_kind_or_a_catalogue_without_kinds_is_said(version: IndexVersion) -> None:
    with pytest.raises(InvalidInput, match="kind"):
        PhotoSearch(HEAD).look(version, _reading(version), PhotoQuery(kind="sofa"))
    reading, none = _reading(version), replace(version, category=None)
    with pytest.raises(InvalidInput, match="kinds"):
        PhotoSearch(HEAD).look(none, reading, PhotoQuery(kind="hat"))
    vector, look = PhotoSearch(HEAD).look(none, reading, PhotoQuery())
    np.testing.assert_array_equal(vector, reading.leaning)
    assert look.kinds == ()


@pytest.mark.parametrize(
    ("studio", "garment", "familiar", "nothing"),
    [
        (0.0, 0.9, 1.0, False),
        (0.0, 0.6, 0.001, True),
        (0.0, 0.1, 1.0, True),
        (0.9, 0.4, 0.01, False),
        (0.9, 0.01, 1.0, True),
    ],
)
def test_nothing_fits_what_shows_no_garment(
    version: IndexVersion, studio: float, garment: float, familiar: float, nothing: bool
) -> None:
    seen = replace(_reading(version), studio=studio, garment=garment, familiar=familiar)
    search = PhotoSearch(HEAD)
    assert search.fits_nothing(version, seen) is nothing
    own = replace(seen, plain=version.index.vector(0))
    assert not search.look(version, own, PhotoQuery())[1].nothing_fits
    assert search.look(version, seen, PhotoQuery())[1].nothing_fits is nothing
    for asked in (PhotoQuery(anything=True), PhotoQuery(kind="hat"), PhotoQuery(understand=False)):
        assert not search.look(version, seen, asked)[1].nothing_fits
    assert not PhotoSearch(None).fits_nothing(version, seen)


def test_kinds_are_those_of_the_items_that_are_shown(version: IndexVersion) -> None:
    """Restricted and whole versions by turns, more of them than are kept."""
    search, reading, column = (
        PhotoSearch(HEAD),
        _reading(version),
        version.items.columns["group_id"],
    )
    filters = ['group_id = "hat"', 'group_id IN ["bag", "hat"]', 'gender = "Women" AND price < 12']
    filters += [f"price > {20 + number / 10}" for number in range(20)]
    versions = [version, *(restrict(version, parse_filter(text)) for text in filters)]
    for shown in (*versions, *reversed(versions)):
        rows = range(len(version)) if shown.alive is None else np.flatnonzero(shown.alive).tolist()
        expected = {column.value(row) for row in rows} - {None}
        kinds = search.kinds_of(shown)
        assert kinds is not None
        assert set(kinds.names) == expected
        assert search.is_quick(shown, replace(reading, studio=1.0))
        for kind in ("hat", "dress"):
            if kind in expected:
                assert search.look(shown, reading, PhotoQuery(kind=kind))[1].steered is not None
            else:
                with pytest.raises(InvalidInput, match="No item is of this kind"):
                    search.look(shown, reading, PhotoQuery(kind=kind))
    assert not search.is_quick(versions[len(versions) // 2], replace(reading, studio=1.0))
