"""Scores of queries that name several values, read on one scale."""

from __future__ import annotations

import pytest

from twinset.relevance.wished_scores import score_of, without_wishes
from twinset.words.preferences import Preference

RED = Preference("baseColour", ("Red",), "red", 0.15)
GREY = Preference("baseColour", ("Grey",), "grey", 0.15)
SHIRTS = Preference("articleType", ("Shirts",), "shirts", 0.25)


def scored(cosine: float, *held: Preference) -> float:
    """The score of an item with these values, as words are ranked."""
    left = 1.0
    for one in held:
        left *= 1 - one.weight
    return 1 - (1 - cosine) * left


@pytest.mark.parametrize("wishes", [(), (SHIRTS,), (RED, SHIRTS)])
def test_an_item_with_every_value_is_as_far_as_its_vector(wishes: tuple[Preference, ...]) -> None:
    assert without_wishes([scored(0.4, *wishes)], wishes)[0] == pytest.approx(0.4)


def test_an_item_that_lacks_a_value_is_further_away() -> None:
    said = without_wishes(
        [scored(0.4, RED, SHIRTS), scored(0.4, SHIRTS), scored(0.4)], (RED, SHIRTS)
    )
    assert list(said) == sorted(said, reverse=True)
    assert said[2] == pytest.approx(1 - 0.6 / (0.85 * 0.75))


def test_of_two_colours_an_item_has_one() -> None:
    assert without_wishes([scored(0.4, RED)], (RED, GREY))[0] == pytest.approx(0.4)


def test_a_cut_is_the_score_that_is_read_as_it() -> None:
    score = score_of(0.3, (RED, SHIRTS))
    assert score is not None
    assert without_wishes([score], (RED, SHIRTS))[0] == pytest.approx(0.3)
    assert score_of(None, (RED,)) is None
