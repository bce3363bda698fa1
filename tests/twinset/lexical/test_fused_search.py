"""Ranking by words and vectors at once, against every row scored by itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.support.milvus_lite import milvus_index, milvus_lite
from twinset.encoders.encoder import normalise
from twinset.index import ExactIndex
from twinset.index.faiss_index import FaissIndex, SearchPlan
from twinset.index.milvus.milvus_index import MilvusPlan
from twinset.index.vector_index import VectorIndex
from twinset.lexical import fused_search
from twinset.lexical.fused_search import Evidence, FusedSearch
from twinset.lexical.picture_calibration import Curve, PictureCalibration, sample_pairs

COUNT, DIMENSION = 2000, 24
GENERATOR = np.random.default_rng(0)
VECTORS = normalise(GENERATOR.standard_normal((COUNT, DIMENSION)).astype(np.float32))
VECTORS[100:180] = VECTORS[5]  # many equal scores
QUERIES = normalise(GENERATOR.standard_normal((12, DIMENSION)).astype(np.float32))
CURVE = Curve(np.array([-0.5, 0.0, 0.5, 0.9]), np.array([-0.6, -0.2, 0.2, 0.5]))
KINDS = ("oracle", "exact", "hnsw", "ivf", "ivf-sq", "milvus")
PLAN = SearchPlan(scan_rows=40, breadths=(64, 256), probe_share=0.5)


@pytest.fixture(scope="module", params=KINDS)
def index(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VectorIndex]:
    if request.param == "oracle":
        yield ExactIndex(VECTORS)
    elif request.param == "milvus":
        with milvus_lite(tmp_path_factory.mktemp("milvus")) as address:
            yield milvus_index(address, VECTORS, plan=MilvusPlan((64, 256), listed_rows=300))
    else:
        yield FaissIndex.build(VECTORS, request.param, plan=PLAN)


@pytest.fixture(autouse=True)
def _short_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """So short that lists reach the last round and beyond."""
    monkeypatch.setattr(fused_search, "ROUNDS", ((16, 24), (64, 100), (200, 300)))


def made_evidence(number: int) -> Evidence:
    """Few rows that words fit, many that fit alike, or none; some without a picture."""
    random = np.random.default_rng(number)
    left = np.ones(COUNT)
    if number % 4:
        fitting = random.random(COUNT) < (0.01, 0.1, 0.6)[number % 3]
        left[fitting] = random.choice([0.5, 0.5, 0.6, 0.8, 0.85], fitting.sum())
    if number % 5 == 0:
        left[int(random.integers(COUNT))] = 0.0
    bare = random.random(COUNT) < 0.2
    left[bare & (left == 1) & (random.random(COUNT) < 0.5)] = 1.2 if number % 2 else 1
    return Evidence(left, bare, CURVE) if number % 2 else Evidence(left)


def brute_force(number: int, mask: np.ndarray | None) -> list[tuple[int, float]]:
    """Each row's score, one at a time, and the rows in that order."""
    evidence, cosines = made_evidence(number), np.vecdot(VECTORS, QUERIES[number])
    scored = []
    for row in range(COUNT) if mask is None else np.flatnonzero(mask).tolist():
        similar = min(float(cosines[row]), 1.0)
        if evidence.bare is not None and evidence.bare[row]:
            similar = float(CURVE(np.array([similar]))[0])
        scored.append((row, np.float32(max(-1, 1 - (1 - similar) * evidence.left[row]))))
    return sorted(scored, key=lambda one: (-one[1], one[0]))


@pytest.mark.parametrize("number", range(len(QUERIES)))
@pytest.mark.parametrize("share", [None, 0.3, 0.01])
def test_it_finds_what_scoring_every_row_finds(
    index: VectorIndex, number: int, share: float | None
) -> None:
    mask = None if share is None else np.random.default_rng(9).random(COUNT) < share
    expected = brute_force(number, mask)
    search = FusedSearch(index, QUERIES[number], None, made_evidence(number))
    for wanted in (10, 300, COUNT):
        found, right = search.nearest(wanted, mask), expected[:wanted]
        rows = [row for row, _ in found]
        scores = [score for _, score in found]
        assert len(set(rows)) == len(rows) == len(right)
        assert scores == sorted(scores, reverse=True)
        common = set(rows) & {row for row, _ in right}
        if index.kind in ("exact", "oracle"):
            assert rows == [row for row, _ in right]
            np.testing.assert_allclose(scores, [score for _, score in right], atol=1e-6)
        else:
            assert len(common) >= 0.8 * len(right)


@pytest.mark.parametrize("number", range(len(QUERIES)))
@pytest.mark.parametrize("share", [None, 0.3])
@pytest.mark.parametrize("least", [-0.9, 0.1, 0.5, 0.9, 1.1])
def test_all_above_a_score_are_those_of_scoring_every_row(
    index: VectorIndex, number: int, share: float | None, least: float
) -> None:
    mask = None if share is None else np.random.default_rng(9).random(COUNT) < share
    expected = [row for row, score in brute_force(number, mask) if score >= np.float64(least)]
    search = FusedSearch(index, QUERIES[number], None, made_evidence(number))
    rows, scores = search.above(least, mask)
    assert list(scores) == sorted(scores, reverse=True)
    if index.kind in ("exact", "oracle", "hnsw", "milvus"):
        assert rows.tolist() == expected
    else:  # vectors that are kept in half of the bits
        assert len({*rows.tolist()} ^ {*expected}) <= 0.02 * len(expected) + 1


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_a_shorter_list_begins_a_longer_one(index: VectorIndex, number: int) -> None:
    whole = FusedSearch(index, QUERIES[number], None, made_evidence(number)).nearest(400, None)
    for wanted in (1, 7, 20, 90, 250):
        part = FusedSearch(index, QUERIES[number], None, made_evidence(number))
        assert part.nearest(wanted, None) == whole[:wanted]


def test_a_mask_that_changes_in_place_is_seen() -> None:
    search = FusedSearch(ExactIndex(VECTORS), QUERIES[1], None, made_evidence(1))
    mask = np.ones(COUNT, np.bool_)
    first = search.nearest(5, mask)
    mask[[row for row, _ in first]] = False
    assert not {row for row, _ in search.nearest(5, mask)} & {row for row, _ in first}


def test_without_evidence_the_score_is_the_cosine() -> None:
    search = FusedSearch(ExactIndex(VECTORS), QUERIES[0], None, Evidence(np.ones(COUNT)))
    rows, scores = ExactIndex(VECTORS).search(QUERIES[:1], 30)
    found = search.nearest(30, None)
    assert [row for row, _ in found] == rows[0].tolist()
    np.testing.assert_allclose([score for _, score in found], scores[0], atol=1e-6)


def test_items_without_a_picture_are_as_likely_as_others_to_come_first() -> None:
    """Texts lie in a cone of their own, as an encoder of two towers puts them."""
    random = np.random.default_rng(3)
    cone = 2 * random.standard_normal(DIMENSION)
    meaning = random.standard_normal((3000, DIMENSION))
    noise = random.standard_normal((2, 3000, DIMENSION))
    text = normalise((meaning + 0.5 * noise[0] + cone).astype(np.float32))
    image = normalise((meaning + 0.5 * noise[1] - cone).astype(np.float32))
    item = normalise(0.8 * image + 0.2 * text)
    pairs = sample_pairs(text, image, item)
    assert pairs is not None
    calibration = PictureCalibration(pairs)
    bare = random.random(3000) < 0.1
    index = ExactIndex(np.where(bare[:, None], text, item))
    ahead = {"as they are": 0, "calibrated": 0}
    for query in normalise((random.standard_normal((100, DIMENSION)) + cone).astype(np.float32)):
        plain = Evidence(np.ones(3000))
        fair = Evidence(np.ones(3000), bare, calibration.curve(query))
        for name, evidence in zip(ahead, (plain, fair), strict=True):
            found = FusedSearch(index, query, None, evidence).nearest(10, None)
            ahead[name] += sum(bool(bare[row]) for row, _ in found)
    assert ahead["as they are"] > 900  # of 1,000 places, with a tenth of the items
    assert 50 <= ahead["calibrated"] <= 160


def test_a_text_nearer_than_the_whole_sample_stays_among_the_best_but_one_said_alike_is_first() -> (
    None
):
    curve = Curve(np.array([-0.3, 0.1, 0.25]), np.array([-0.1, 0.2, 0.4]))
    near, same = curve(np.array([0.8, 0.9999]))
    assert 0.4 < near < 0.6  # further up by .55, of which little counts
    assert same > 0.99
    scores = np.linspace(-1, 1, 2001)
    assert (np.diff(curve(scores)) >= 0).all()
    assert curve(scores).max() <= 1


def test_few_items_with_both_sides_give_no_calibration() -> None:
    text = VECTORS[:300].copy()
    text[100:] = 0
    assert sample_pairs(text, VECTORS[:300], VECTORS[:300]) is None
    assert sample_pairs(VECTORS, VECTORS, VECTORS).shape == (2, COUNT, DIMENSION)
