"""The parts of a score, against what each factor takes away by the formula."""

from __future__ import annotations

import numpy as np
import pytest

from app.recommend.lists.explanations import Fit, explained
from app.recommend.lists.session import moved
from app.recommend.query import SearchQuery
from app.recommend.ranking import Ranked, rank, rank_rows
from tests.support.random_catalogue import COUNT, ITEMS, VECTORS, random_version
from twinset.index import ExactIndex
from twinset.index.index_versions import IndexVersion
from twinset.lexical.fused_search import Evidence, FusedSearch
from twinset.words.preferences import Preference

QUERY = VECTORS[20]
LEXICAL = np.random.default_rng(3).choice([1.0, 0.8, 0.5], COUNT)  # left of the distance by words
COLOUR, YEAR = (
    Preference("colour", ("Black",), "black", weight=0.2),
    Preference("group_id", ("s1", "s40", "s41"), "style", weight=0.4),
)


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> IndexVersion:
    return random_version(tmp_path_factory.mktemp("explain"), ExactIndex(VECTORS))


def values_of(hit: Ranked) -> dict[tuple[str, str], float]:
    assert hit.parts is not None
    return {(part.part, part.of): part.value for part in hit.parts}


def test_each_factor_has_its_own_part(version: IndexVersion) -> None:
    black = np.array([item["colour"] == "Black" for item in ITEMS])
    styled = np.array([item["group_id"] in YEAR.values for item in ITEMS])
    left = LEXICAL * np.where(black, 0.8, 1) * np.where(styled, 0.6, 1)
    evidence, query = Evidence(left), SearchQuery(limit=100, explain=True)
    page = rank_rows(version, FusedSearch(version.index, QUERY, None, evidence), query)
    fit = Fit(evidence, "lexical", (COLOUR, YEAR))
    for hit in explained(version, page, query, {("words", ""): QUERY}, fit).hits:
        found, row = values_of(hit), hit.row
        cosine = float(VECTORS[row] @ QUERY)
        words = (1 - cosine) * (1 - LEXICAL[row])
        colour = (1 - cosine) * LEXICAL[row] * 0.2 * black[row]
        style = (1 - cosine) * LEXICAL[row] * (0.8 if black[row] else 1) * 0.4 * styled[row]
        expected = {
            ("words", ""): cosine,
            ("lexical", ""): words,
            ("preference", "colour"): colour,
            ("preference", "group_id"): style,
        }
        for name, value in expected.items():
            assert found.pop(name, 0.0) == pytest.approx(value, abs=1e-5)
        assert found == {}
        assert sum(values_of(hit).values()) == pytest.approx(hit.score, abs=1e-4)


def test_signals_and_tastes_are_parts_of_one_cosine(version: IndexVersion) -> None:
    query = SearchQuery(limit=50, explain=True, liked=("i300",), disliked=("i500", "i501"))
    signals = {("positive", "0"): 0.7 * VECTORS[20], ("negative", "0"): -0.2 * VECTORS[90]}
    total = sum(signals.values())
    length = np.linalg.norm(total)
    signals = {name: (one / length).astype(np.float32) for name, one in signals.items()}
    vector = (total / length).astype(np.float32)
    page = explained(version, rank(version, vector, query), query, signals)
    shares = moved(version, vector, query) @ VECTORS.T
    for hit in page.hits:
        assert sum(values_of(hit).values()) == pytest.approx(shares[hit.row], abs=1e-5)
        names = {name for name, _ in values_of(hit)}
        assert names <= {"positive", "negative", "liked", "disliked"}


def test_a_code_leaves_nothing_to_preferences(version: IndexVersion) -> None:
    left = np.ones(COUNT)
    left[7] = 0
    evidence, query = Evidence(left), SearchQuery(limit=2, explain=True)
    page = rank_rows(version, FusedSearch(version.index, QUERY, None, evidence), query)
    fit = Fit(evidence, "lexical", (COLOUR, YEAR))
    first = explained(version, page, query, {("words", ""): QUERY}, fit).hits[0]
    assert (first.row, first.score) == (7, 1.0)
    assert set(values_of(first)) <= {("words", ""), ("lexical", "")}
    assert sum(values_of(first).values()) == pytest.approx(1.0, abs=1e-5)


def test_what_was_not_asked_for_is_left_out(version: IndexVersion) -> None:
    page = rank(version, QUERY, SearchQuery())
    assert explained(version, page, SearchQuery(), {("photo", ""): QUERY}) is page
