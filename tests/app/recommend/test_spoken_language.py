"""Which language words are in, where a slip of the keyboard would explain them too."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.recommend.word_search import WordSearch
from tests.support.live_shop import build, products
from twinset.index.index_versions import IndexVersion, open_version
from twinset.languages import Language
from twinset.words.query.parts import EVERYTHING
from twinset.words.synonyms.synonym_file import SynonymFile

# Words that the encoder knows, and the shop does not.
COMMON = {"badminton", "shorter", "sans", "sin", "plus", "court"}


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> IndexVersion:
    rows = [row | {"baseColour": "watches"} for row in products(20)]
    return open_version(build(tmp_path_factory.mktemp("shop"), rows))


@pytest.fixture
def search(tmp_path: Path) -> WordSearch:
    return WordSearch(SynonymFile(tmp_path, None), COMMON.__contains__)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("sans manches", "fr"),
        ("sin mangas", "es"),
        ("ohne \xc4rmel", "de"),
        ("senza maniche", "it"),
    ],
)
def test_what_a_dictionary_reads_whole_is_no_slip_of_a_value(
    version: IndexVersion, search: WordSearch, text: str, code: str
) -> None:
    found = Language(code, 0.65, spoken=True)
    said, language = search.in_english(version, text, found)
    assert said in ("sleeveless", "without sleeve")
    assert language.is_english


def test_an_edit_of_a_catalogue_of_its_language_keeps_the_words_of_its_values(
    tmp_path: Path, search: WordSearch
) -> None:
    rows = [row | {"material": "Cuir", "baseColour": "Noir"} for row in products(20)]
    version = open_version(build(tmp_path / "shop", rows))
    french = Language("fr", 0.95, spoken=True)
    assert search.in_english(version, "noir sans cuir", french) == ("noir without cuir", french)


@pytest.mark.parametrize(("word", "code"), [("badminton", "da"), ("shorter", "nl")])
def test_common_words_are_english_if_their_language_is_a_guess(
    version: IndexVersion, search: WordSearch, word: str, code: str
) -> None:
    guess = Language(code, 0.6, spoken=True)
    assert search.language(version, word, guess, EVERYTHING).is_english


def test_a_phrase_of_a_language_is_of_it_though_its_words_are_english_too(
    version: IndexVersion, search: WordSearch
) -> None:
    guess = Language("en", 0.1, spoken=True)
    assert search.in_english(version, "plus court", guess)[0] == "shorter"


def test_a_language_that_is_sure_stays(version: IndexVersion, search: WordSearch) -> None:
    sure = Language("da", 0.95, spoken=True)
    assert search.language(version, "badminton", sure, EVERYTHING) is sure
