"""Which words of a query name a value that is not wanted."""

import pytest

from tests.twinset.words.query.conftest import words_of_shop
from twinset.words.query.parts import ANY_FIELD, Effect, Switches
from twinset.words.query.reader import Reader
from twinset.words.query.spelling import Spelling

BLACK = {"colour": ("Black",)}
BLUE = {"colour": ("Blue", "Navy Blue")}


@pytest.mark.parametrize(
    ("query", "kept", "unwanted"),
    [
        ("shoes not black", "shoes", BLACK),
        ("non-black shoes", "shoes", BLACK),
        ("NON black shoes", "shoes", BLACK),
        ("shoes that are not black", "shoes", BLACK),
        ("shoes but not black", "shoes", BLACK),
        ("shoes other than black", "shoes", BLACK),
        ("shoes that aren't black", "shoes", BLACK),
        ("I don't want black shoes", "I shoes", BLACK),
        ("nothing black", "", BLACK),
        ("dresses in any colour but red", "dresses", {"colour": ("Red",)}),
        ("red, not black, dress", "red, dress", BLACK),
        ("shoes not black, red", "shoes", {"colour": ("Black", "Red")}),
        ("shoes not in black", "shoes", BLACK),
        ("shirts except blue", "shirts", BLUE),
        ("shirts except for blue", "shirts", BLUE),
        ("shirts except navy blue", "shirts", {"colour": ("Navy Blue",)}),
        ("dress anything but red", "dress", {"colour": ("Red",)}),
        ("all but black shoes", "shoes", BLACK),
        ("bag without leather straps", "bag straps", {"material": ("Leather",)}),
        ("bag without any leather", "bag", {"material": ("Leather",)}),
        ("shoes, no sneakers", "shoes", {"category": ("Sneakers",)}),
        ("shoes, no sneaker please", "shoes, please", {"category": ("Sneakers",)}),
        ("shirt not red or black", "shirt", {"colour": ("Red", "Black")}),
        ("shirt not red, not striped", "shirt", {"colour": ("Red",), "pattern": ("Striped",)}),
        ("no polka dots", "", {"pattern": ("Polka Dot",)}),
        ("not black", "", BLACK),
        ("shoes not for women", "shoes", {"gender": ("Women",)}),
        ("shoes no ladies", "shoes", {"gender": ("Women",)}),
        ("jacken ohne leather", "jacken", {"material": ("Leather",)}),
        ("shirt neither black nor red", "shirt", {"colour": ("Black", "Red")}),
        ("weder black noch red", "", {"colour": ("Black", "Red")}),
        ("leather-free bag", "bag", {"material": ("Leather",)}),
        ("bag, leather free", "bag", {"material": ("Leather",)}),
        ("bag free of leather", "bag", {"material": ("Leather",)}),
        ("w/o leather, bag", "bag", {"material": ("Leather",)}),
        ("bag w/out leather", "bag", {"material": ("Leather",)}),
        ("bag w/ leather", "bag w/ leather", {}),
        ("red free size dress", "red free size dress", {}),
        ("leather free size belt", "leather free size belt", {}),
        ("leather belt, free shipping", "leather belt, free shipping", {}),
        ("red free people dress", "red free people dress", {}),
        ("next women free dress", "next women free dress", {}),
        ("leather free run shoes", "leather free run shoes", {}),
        ("care free dress", "care free dress", {}),
        ("belt free of charge", "belt free of charge", {}),
        ("dress without sleeves", "dress without sleeves", {}),
        ("no show socks", "no show socks", {}),
        ("black but soft shoes", "black but soft shoes", {}),
        ("a knot of red silk", "a knot of red silk", {}),
        ("notblack", "notblack", {}),
        ("", "", {}),
        ("not", "not", {}),
        ("non-", "non-", {}),
        ("not in", "not in", {}),
    ],
)
def test_negated_values_leave_the_words(words, query, kept, unwanted):
    found = Reader(words).read(query)
    assert found.words == kept
    merged: dict[str, tuple[str, ...]] = {}
    for one in found.parts:
        if one.effect is Effect.EXCLUDE:
            merged[one.field] = merged.get(one.field, ()) + one.values
            assert one.words in query
    assert merged == unwanted
    assert (found.filter is None) == (not unwanted)


@pytest.mark.parametrize(
    ("query", "kept", "unwanted"),
    [
        ("red dress not floral", "red dress", ("floral",)),
        ("shoes other than nike", "shoes", ("nike",)),
        ("shoes not by nike or adidas", "shoes", ("nike", "adidas")),
        ("shoes without any floral print", "shoes print", ("floral",)),
        ("shoes not nike, red", "shoes, red", ("nike",)),
        ("anything but nike shoes", "shoes", ("nike",)),
        ("dress not too floral", "dress not too floral", None),
        ("no show socks", "no show socks", None),
        ("dress not velvet", "dress not velvet", None),
        ("without", "without", None),
    ],
)
def test_negated_words_that_items_have_are_left_out(words, query, kept, unwanted):
    counts = dict.fromkeys(("floral", "nike", "adidas", "print", "no", "show"), 9)
    spelling = Spelling(counts, words.single_words(), {"velvet", "socks", "too"}.__contains__)
    found = Reader(words, spelling=spelling, leaves_out=True).read(query)
    parts = [one.values for one in found.parts if one.field == ANY_FIELD]
    assert (found.words, parts) == (kept, [unwanted] if unwanted else [])
    assert found.filter is None
    assert Reader(words, spelling=spelling).read(query).words == query


def test_a_brand_that_begins_with_free_is_no_negation():
    brands = words_of_shop(
        {"material": ["Leather", "Wool"], "brand": ["Free People", "Leather Free"]}
    )
    for query in ("leather free people bag", "leather free bag"):
        assert not [one for one in Reader(brands).read(query).parts if one.name == "negation"]


def test_a_word_that_negates_is_no_slip(words):
    spelling = Spelling({"leather": 9, "leder": 9, "nether": 9}, words.single_words())
    for query in ("weder velvet", "neither velvet"):
        assert Reader(words, spelling=spelling).read(query).reworded == ()


def test_a_negation_is_no_preference(words):
    found = Reader(words).read("red shoes not black")
    assert [(one.name, one.effect) for one in found.parts] == [
        ("colour", Effect.PREFER),
        ("kind", Effect.PREFER),
        ("negation", Effect.EXCLUDE),
    ]


def test_a_negation_that_is_switched_off_stays_in_the_words(words):
    found = Reader(words).read("shoes not black", Switches(("-negation",)))
    assert (found.words, found.filter) == ("shoes not black", None)


def test_the_filter_quotes_what_it_names():
    words = words_of_shop({"base colour": ['Off "white"', "Red"]})
    found = Reader(words).read("hat not off white")
    assert found.filter == 'NOT `base colour` IN ["Off \\"white\\""]'
