"""Curves against scikit-learn's isotonic regression and numbers computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from twinset.errors import InvalidInput
from twinset.name_split import kept_out_names
from twinset.relevance.calibration import Curve, calibration_error, fit_curve, pool_adjacent
from twinset.relevance.relevance_curves import NAME, TEXT, RelevanceCurves, kind_of_words
from twinset.words.query.parts import Part, Understood


@pytest.mark.parametrize("seed", range(5))
def test_pooling_equals_isotonic_regression(seed: int) -> None:
    draw = np.random.default_rng(seed)
    values, weights = draw.random(40), draw.integers(1, 30, 40).astype(float)
    expected = IsotonicRegression().fit_transform(np.arange(40), values, sample_weight=weights)
    np.testing.assert_allclose(pool_adjacent(values.tolist(), weights.tolist()), expected)


def test_a_curve_learns_what_scores_mean() -> None:
    draw = np.random.default_rng(0)
    scores = draw.random(6000)
    truth = draw.random(6000) < scores**2
    curve = fit_curve(scores[:3000], truth[:3000])
    assert calibration_error(curve(scores[3000:]), truth[3000:]) < 0.03
    said = curve(np.linspace(0, 1, 50))
    assert (np.diff(said) >= 0).all()
    assert said[0] < 0.05
    assert said[-1] > 0.85


def test_the_error_is_the_distance_of_what_was_said_from_what_was_true() -> None:
    # 0.9 said four times and right twice, 0.1 said once and wrong: (4 * 0.4 + 1 * 0.1) / 5.
    assert calibration_error([0.9] * 4 + [0.1], [1, 1, 0, 0, 0]) == pytest.approx(0.34)


def test_a_relevance_is_the_score_that_has_it() -> None:
    curve = Curve((0.2, 0.4, 0.6), (0.1, 0.5, 0.9))
    assert curve([0.0, 0.3, 1.0]).tolist() == pytest.approx([0.1, 0.3, 0.9])
    assert curve.least_score(0.3) == pytest.approx(0.3)
    assert curve.least_score(0.1) is None
    assert curve.least_score(0.95) == math.inf
    for relevance in (0.2, 0.5, 0.7, 0.9):
        score = curve.least_score(relevance)
        assert score is not None
        assert curve([score])[0] == pytest.approx(relevance)


def test_a_level_stretch_of_a_curve_starts_at_its_first_score() -> None:
    curve = Curve((0.1, 0.2, 0.3, 0.4), (0.0, 0.5, 0.5, 1.0))
    assert curve.least_score(0.5) == pytest.approx(0.2)


@pytest.mark.parametrize(
    "knots", [[], [[0.2, 0.1], [0.1, 0.2]], [[0.1, 0.5], [0.2, 0.4]], [[1, 2]], "x", [[None, 1]]]
)
def test_knots_that_do_not_rise_are_refused(knots: object) -> None:
    with pytest.raises(InvalidInput):
        Curve.from_manifest(knots)


def test_curves_survive_a_manifest_and_complete_each_other() -> None:
    own = RelevanceCurves({"photo": Curve((0.1, 0.9), (0.0, 1.0))}, missing="few words")
    learnt = RelevanceCurves({k: Curve((0.2, 0.8), (0.1, 0.9)) for k in ("photo", "text")})
    again = RelevanceCurves.from_manifest(own.to_manifest())
    assert again == own
    both = again.completed_by(learnt)
    assert both.of("photo") == own.of("photo")
    assert both.of("text") == learnt.of("text")
    assert both.of("edit") is None
    assert RelevanceCurves.from_manifest(None).curves == {}
    with pytest.raises(InvalidInput):
        RelevanceCurves.from_manifest({"curves": 3})


def test_a_name_is_long_and_says_more_than_values() -> None:
    parts = (Part("colour", "colour", "red", ("Red",)), Part("kind", "kind", "dress", ("Dresses",)))
    assert kind_of_words("red dress", Understood("red dress", parts)) == TEXT
    assert kind_of_words("Puma Ferrari red Dress", Understood("", parts)) == NAME
    parts += (Part("gender", "gender", "for women", ("Women",)),)
    assert kind_of_words("red dress for women", Understood("", parts)) == TEXT


def test_names_are_kept_out_by_themselves() -> None:
    titles = [f"Shoe {number}" for number in range(2000)]
    record = {"data": {"split": "name-hash", "test_fraction": 0.1}}
    out = kept_out_names(titles, record)
    assert 140 < out.sum() < 260
    assert (kept_out_names([title.upper() for title in titles], record) == out).all()
    assert kept_out_names(titles, None).all()
