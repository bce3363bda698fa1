"""Values that a word is one slip away from, though the catalogue has it."""

import pytest

from tests.twinset.words.query.conftest import SHOP, words_of_shop
from twinset.words.query.parts import Switches
from twinset.words.query.reader import Reader
from twinset.words.query.spelling import Spelling

COUNTS = {"whte": 1, "shots": 2, "black": 90, "back": 40, "white": 80, "shoes": 70, "shorts": 40}


@pytest.fixture(scope="module")
def reader() -> Reader:
    words = words_of_shop({**SHOP, "category": [*SHOP["category"][:5], "Shorts"]}, "category")
    return Reader(words, spelling=Spelling(COUNTS, words.single_words()))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("whte shoes", [("whte", ("White",)), ("shoes", ("Shoes",))]),
        ("shots", [("shots", ("Shorts",))]),
        ("back shoes", [("shoes", ("Shoes",))]),  # too many items have the word
        ("re shoes", [("shoes", ("Shoes",))]),  # too short
        ("black shoes", [("black", ("Black",)), ("shoes", ("Shoes",))]),
    ],
)
def test_a_rare_word_prefers_what_it_may_have_meant(
    reader: Reader, query: str, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    found = reader.read(query)
    assert [(part.words, part.values) for part in found.parts] == expected
    assert found.words == query


def test_it_is_switched_off_with_corrections(reader: Reader) -> None:
    assert not reader.read("shots", Switches(("-spelling",))).parts
