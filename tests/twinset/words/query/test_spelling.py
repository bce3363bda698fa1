"""Words with a letter wrong, and words that must stay as they are."""

from collections import Counter
from random import Random

import pytest

from twinset.words.query.parts import SPELLING, Rewording, Switches
from twinset.words.query.reader import Reader
from twinset.words.query.spelling import Spelling
from twinset.words.synonyms.synonyms import Synonyms
from twinset.words.word_forms import stem

COUNTS = Counter(
    {"dress": 90, "dresses": 5, "sneakers": 40, "sunglasses": 30, "red": 80, "green": 60}
    | {"grey": 20, "leather": 30, "shoes": 90, "jacket": 50, "women": 99, "kestrel": 2, "odd": 1}
)
ENGLISH = {"beach", "shot", "wedding", "opera"}
SPELLING_OF_SHOP = Spelling(COUNTS, {"sneakers", "dresses", "green"}, ENGLISH.__contains__)


@pytest.mark.parametrize(
    ("word", "right"),
    [
        ("snekers", "sneakers"),  # a letter missing
        ("sneakerss", "sneakers"),  # doubled
        ("snaekers", "sneakers"),  # two swapped
        ("sneakets", "sneakers"),  # replaced
        ("sungalsses", "sunglasses"),
        ("sunglases", "sunglasses"),
        ("lether", "leather"),
        ("gren", "green"),  # not grey: a doubled letter is easily lost
        ("wommen", "women"),
        ("kestral", "kestrel"),
        ("sunglesess", "sunglasses"),  # two slips in a long word
        ("reddress", "red dress"),  # a gap missing
        ("leatherjacket", "leather jacket"),
        ("jaket", "jacket"),
    ],
)
def test_slips_are_corrected(word, right):
    assert SPELLING_OF_SHOP.correct(word) == right


@pytest.mark.parametrize(
    "word",
    [
        "dress", "sneaker", "jackets", "odd",  # known, also in singular or plural
        "beach", "shot", "wedding",  # right, although the catalogue lacks them
        "s0042", "501", "xl2",  # codes and numbers
        "re", "x", "",  # too short to tell
        "qwertyuiop", "schwarze",  # nothing is near
        "дресс", "黑色鞋子",
        "drrss1", "o'dd",
    ],
)  # fmt: skip
def test_other_words_stay(word):
    assert SPELLING_OF_SHOP.correct(word) is None


def test_every_slip_leads_back_or_to_a_word_that_is_as_near():
    random = Random(3)
    words = [word for word in COUNTS if len(word) > 4]
    for _ in range(400):
        word = random.choice(words)
        place = random.randrange(len(word) - 1)
        slip = random.choice(
            (
                word[:place] + word[place + 1 :],
                word[:place] + word[place] + word[place:],
                word[:place] + word[place + 1] + word[place] + word[place + 2 :],
                word[:place] + random.choice("xyz") + word[place + 1 :],
            )
        )
        found = SPELLING_OF_SHOP.correct(slip)
        assert stem(found or "") == stem(word) or SPELLING_OF_SHOP.knows(slip), (word, slip, found)


def test_nothing_is_corrected_without_words():
    assert Spelling({}, set()).correct("dress") is None


def test_a_correction_is_said_and_can_be_switched_off(words):
    spelling = Spelling(Counter({"sneakers": 5, "leather": 5, "red": 4}), {"sneakers"})
    reader = Reader(words, Synonyms.read(["trainers, sneakers"]), spelling)
    found = reader.read("Red snekers, not lether")
    assert found.words == "Red sneakers"
    assert found.reworded == (
        Rewording("lether", "leather", SPELLING),
        Rewording("snekers", "sneakers", SPELLING),
    )
    assert [one.values for one in found.parts] == [("Red",), ("Sneakers",), ("Leather",)]
    assert found.parts[-1].words == "not lether"
    off = reader.read("Red snekers", Switches(("-spelling",)))
    assert (off.words, off.reworded) == ("Red snekers", ())


@pytest.mark.parametrize(
    ("query", "right"),
    [
        ("flap flops", "flip flops"),  # "flap" is a word
        ("polka dott dress", "polka dot dress"),
        ("a nay blue shirt", "a navy blue shirt"),
        ("flap shoes", "flap shoes"),  # nothing around it makes a value
        ("oak bill", "oak mill"),
    ],
)
def test_the_words_around_a_slip_may_give_it_away(words, query, right):
    spelling = Spelling({}, (), {"flap", "nay", "bill"}.__contains__)
    assert Reader(words, spelling=spelling).read(query).words == right


@pytest.mark.parametrize(
    ("query", "right"),
    [
        ("black bets", "black belts"),  # a letter of a kind is missing
        ("hoes", "hoes"),  # not an inner letter
        ("shoes for bets", "shoes for bets"),  # there is a kind
        ("beets", "beets"),  # not missing but too many
        ("belfs", "belfs"),
    ],
)
def test_a_word_that_lacks_a_letter_of_a_kind_is_corrected_if_there_is_no_kind(words, query, right):
    spelling = Spelling({}, (), {"bets", "hoes", "beets", "belfs"}.__contains__)
    assert Reader(words, spelling=spelling).read(query).words == right


@pytest.mark.parametrize("text", ["trainers", "flipflops", "flip-flops", "mens", "for", "tshirt"])
def test_what_the_reader_knows_is_no_slip(words, text):
    spelling = Spelling(Counter({"strainers": 9, "flip": 9, "shirt": 9, "fur": 9, "omens": 9}), ())
    reader = Reader(words, Synonyms.read(["trainers, sneakers"]), spelling)
    assert not [one for one in reader.read(text).reworded if one.reason == SPELLING]


def test_a_form_of_a_word_that_stands_once_is_corrected() -> None:
    spelling = Spelling({"shrt": 1, "shirts": 900, "shirt": 500, "boot": 9}, {"shirts"})
    assert spelling.correct("shrts") == "shirts"
    assert spelling.correct("shrt") is None  # the catalogue has just this word
    assert spelling.correct("boots") is None


@pytest.mark.parametrize(("word", "right"), [("sleeved", "sleeve"), ("laced", "lace")])
def test_a_form_of_a_word_is_read_as_it_and_called_no_slip(words, word, right) -> None:
    spelling = Spelling({"sleeve": 9, "lace": 9}, ())
    found = Reader(words, spelling=spelling).read(f"{word} top")
    assert (found.words, found.reworded) == (f"{right} top", ())


def test_a_missing_letter_is_likelier_than_a_wrong_one() -> None:
    assert Spelling({"suits": 40, "skirts": 30}, {"suits", "skirts"}).correct("skits") == "skirts"
