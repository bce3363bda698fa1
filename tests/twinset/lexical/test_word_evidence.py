"""How well words, codes and preferences fit items, against the same sums done item by item."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.small_shop import as_version
from twinset.index import ExactIndex
from twinset.index.index_versions import IndexVersion
from twinset.lexical.terms import terms_of
from twinset.lexical.word_evidence import (
    WORDS_WEIGHT,
    WordQuery,
    evidence_of,
    rows_of_code,
    word_shares,
)
from twinset.lexical.word_index import WordIndex, build_word_table
from twinset.words.preferences import Preference

TITLES = ["red dress", "red summer dress", "blue dress", "dress for the sea", "shirt", "red"]
GTINS = [4006381333931, 4006381333948, None, 4006381333931, None, None]
SKUS = ["AB-12 34", "SHOE/9", "plain", None, "ZZ", None]
SIZES = [["S", "M"], ["M"], None, ["L"], None, ["XL"]]


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> IndexVersion:
    folder = tmp_path_factory.mktemp("evidence")
    fields = {
        "id": [f"Item {n}" for n in range(6)],
        "title": TITLES,
        "gtin": GTINS,
        "sku": SKUS,
        "sizes": SIZES,
        "colour": ["Red", "red", "Blue", None, "RED", "Navy Blue"],
    }
    pq.write_table(pa.table(fields), folder / "items.parquet")
    places = {"offset": [0] * 6, "length": [0] * 6, "type": [None] * 6}
    schema = pa.schema([("offset", pa.int64()), ("length", pa.int64()), ("type", pa.string())])
    pq.write_table(pa.table(places, schema), folder / "images.parquet")
    (folder / "images.bin").touch()
    return as_version(folder, ExactIndex(np.eye(6, dtype=np.float32)))


def plain_share(query: list[str], row: int) -> float:
    """By hand: words weighed by rarity; a third by how much of the title they are."""
    held = [set(terms_of(title)) for title in TITLES]
    counts = Counter(term for terms in held for term in terms)
    rarity = {term: math.log1p((6 - counts[term] + 0.5) / (counts[term] + 0.5)) for term in query}
    for term in {"for", "the"} & set(query):
        rarity[term] *= 0.2
    whole = sum(rarity[term] * (1 if counts[term] else 0.5) for term in query)
    matched = [term for term in query if term in held[row]]
    titled = len(matched) / len(held[row])
    return sum(rarity[term] for term in matched) / whole * (0.65 + 0.35 * titled)


@pytest.mark.parametrize(
    "query", ["red dress", "dress", "red velvet dress", "dress for the sea", "velvet"]
)
def test_shares_are_those_of_a_plain_loop(query: str) -> None:
    titles = WordIndex(build_word_table(pa.table({"title": TITLES}), None), 6)
    titled = word_shares(titles, 6, query)
    expected = [plain_share(query.split(), row) for row in range(6)]
    np.testing.assert_allclose(titled, expected, atol=1e-12)


def test_an_exact_title_has_all_and_comes_before_a_longer_one(version: IndexVersion) -> None:
    assert version.words is not None
    shares = word_shares(version.words, 6, "red dress")
    assert shares[0] == shares.max() == pytest.approx(1.0)
    assert shares[1] < 1
    assert not word_shares(version.words, 6, "velvet").any()


@pytest.mark.parametrize(
    ("typed", "own", "others"),
    [
        ("item 3", [3], []),
        ("ITEM 3 ", [3], []),
        ("4006381333931", [], [0, 3]),
        ("4006381333948", [], [1]),
        ("ab1234", [], [0]),
        ("AB 12-34", [], [0]),
        ("shoe 9", [], [1]),
        ("plain", [], [2]),
        ("red", [], []),
        ("--", [], []),
    ],
)
def test_codes_typed_whole_are_found(
    version: IndexVersion, typed: str, own: list[int], others: list[int]
) -> None:
    first, then = rows_of_code(version, typed)
    assert (first.tolist(), then.tolist()) == (own, others)
    left = evidence_of(version, WordQuery(typed, typed), np.ones(6, np.float32)).left
    assert all(left[own] == 0)
    assert all(left[others] <= 0.01)


def test_a_preference_takes_its_part_of_what_is_left(version: IndexVersion) -> None:
    preferences = (
        Preference("colour", ("Red",), "red", 0.2),
        Preference("sizes", ("m", "XL"), "medium", 0.5),
        Preference("gtin", ("1",), "a number has no words", 0.5),
        Preference("nosuchfield", ("x",), "x", 0.5),
    )
    left = evidence_of(version, WordQuery("", "", preferences), np.ones(6, np.float32)).left
    np.testing.assert_allclose(left, [0.4, 0.4, 1.0, 1.0, 0.8, 0.5])
    assert WORDS_WEIGHT < 1


def test_a_value_that_stands_for_a_word_counts_as_the_word(version: IndexVersion) -> None:
    # Nobody's title says "sea" but one: items in blue, and in navy blue, stand in for it.
    asked = ("colour", ("Blue", "Navy Blue"), "for the sea")
    plain, half, whole = (
        evidence_of(version, WordQuery("", "sea dress", (), given), np.ones(6, np.float32)).left
        for given in ((), (Preference(*asked, 0.5),), (Preference(*asked, 1.0),))
    )
    others = [0, 1, 3, 4]  # row 3 has the word itself, and gains nothing
    assert half[others].tolist() == whole[others].tolist() == plain[others].tolist()
    assert whole[2] < half[2] < plain[2]
    assert plain[5] == 1
    assert 1 - half[5] == pytest.approx((1 - whole[5]) / 2)
