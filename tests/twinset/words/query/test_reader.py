"""What is understood of a query, in catalogues that name their fields and values in many ways."""

import pyarrow as pa
import pytest

from tests.twinset.words.query.conftest import SHOP, words_of_shop
from twinset.columns import columns_from_table
from twinset.filters import evaluate, parse_filter
from twinset.words.query.parts import Part, Switches
from twinset.words.query.reader import Reader
from twinset.words.synonyms.synonyms import Synonyms


def parts(reader: Reader, text: str, *switches: str) -> list[tuple[str, object]]:
    """Names of the parts, each with its values, or its condition if it has none."""
    found = reader.read(text, Switches(switches)).parts
    return [(one.name, one.values or one.condition) for one in found]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("red sneakers", [("colour", ("Red",)), ("kind", ("Sneakers",))]),
        ("sneaker for men", [("kind", ("Sneakers",)), ("gender", ("Men",))]),
        ("men's T-shirt", [("gender", ("Men",)), ("kind", ("Tshirts",))]),
        ("mens tshirts", [("gender", ("Men",)), ("kind", ("Tshirts",))]),
        ("ladies' dress", [("gender", ("Women",)), ("kind", ("Dresses",))]),
        ("flipflops for girls", [("kind", ("Flip Flops",)), ("gender", ("Girls",))]),
        ("flip-flops for kids", [("kind", ("Flip Flops",)), ("gender", ("Boys", "Girls"))]),
        ("dress for my daughter", [("kind", ("Dresses",)), ("gender", ("Girls",))]),
        ("unisex belt", [("gender", ("Unisex",)), ("kind", ("Belts",))]),
        ("navy blue polka dot dress", [("colour", ("Navy Blue",)), ("pattern", ("Polka Dot",)),
                                       ("kind", ("Dresses",))]),
        ("Oak Mill leather belt", [("brand", ("Oak Mill",)), ("material", ("Leather",)),
                                   ("kind", ("Belts",))]),
        ("OFF-WHITE shoes", [("colour", ("Off White",)), ("kind", ("Shoes",))]),
        ("ｒｅｄ　ｄｒｅｓｓ", [("colour", ("Red",)), ("kind", ("Dresses",))]),  # noqa: RUF001
        ("dress in stock", [("kind", ("Dresses",)), ("availability", "available = true")]),
        ("available shoes", [("availability", "available = true"), ("kind", ("Shoes",))]),
        ("dress over 20 and under 50", [("kind", ("Dresses",)), ("price", "price > 20"),
                                        ("price", "price < 50")]),
        # The last of two kinds is what is wanted, unless the second only goes with the first.
        ("dress shoes", [("kind", ("Shoes",))]),
        ("dress with belt", [("kind", ("Dresses",))]),
        ("dress and shoes", [("kind", ("Dresses",)), ("kind", ("Shoes",))]),
        ("dress short", [("kind", ("Dresses",))]),
        ("dress sleeves", []),
        ("dress-sleeved red shoes", [("colour", ("Red",)), ("kind", ("Shoes",))]),
        ("shoes dress-sleeved", [("kind", ("Shoes",))]),
        ("dress sleeves dress", [("kind", ("Dresses",))]),
        ("something for the opera", []),
        ("501", []),
        ("", []),
    ],
)  # fmt: skip
def test_parts_of_a_query(words, query, expected):
    assert parts(Reader(words), query) == expected


def test_what_filters_leaves_the_words_and_what_is_preferred_stays(words):
    found = Reader(words).read("red dress under 50 in stock size M not striped")
    assert found.words == "red dress"
    assert found.filter == (
        'price < 50 AND available = true AND sizes IN ["M"] AND NOT pattern IN ["Striped"]'
    )
    assert [one.words for one in found.parts] == [
        "red", "dress", "under 50", "in stock", "size M", "not striped",
    ]  # fmt: skip


def test_preferences_have_the_weights_of_their_names(words):
    found = Reader(words).read("red dress for men").preferences({"colour": 0.2, "kind": 0.0}, 0.1)
    assert [(one.field, one.values, one.weight) for one in found] == [
        ("colour", ("Red",), 0.2),
        ("gender", ("Men",), 0.1),
        ("gender", ("Unisex",), pytest.approx(0.09)),
    ]


def test_what_is_for_everyone_fits_grown_ups_nearly_and_children_half(words):
    shares = {
        group: Reader(words).read(f"shoes for {group}").parts[-1].near_share
        for group in ("men", "ladies", "girls", "kids")
    }
    assert shares == {"men": 0.9, "ladies": 0.9, "girls": 0.5, "kids": 0.5}


@pytest.mark.parametrize(
    ("query", "sizes"),
    [
        ("dress size M", ("M",)),
        ("dress in M", ("M",)),
        ("dress in size xl", ("XL",)),
        ("dress size medium", ("M",)),
        ("shoes uk 8", ("UK 8",)),
        ("shoes UK8", ()),
        ("shoes eu 42", ("42",)),
        ("shoes size 43.5", ("43.5",)),
        ("size uk 8 shoes", ("UK 8",)),
        ("i'm a dress", ()),
        ("m&s dress", ()),
        ("M&S dress", ()),
        ("H&M dress", ()),
        ("H & M dress", ()),
        ("L/S shirt", ()),
        ("S/L shirt", ()),
        ("S or L shirt", ("S", "L")),
        ("S.O.S shirt", ()),
        ("Oak-M dress", ()),
        ("O'M dress", ()),
        ("dress (M)", ("M",)),
        ("M, red dress", ("M",)),
        ("shirt XL/XXL", ("XL",)),
        ("dress S/M", ("S", "M")),
        ("dress size S or M", ("S", "M")),
        ("dress S, M or XL", ("S", "M", "XL")),
        ("shirt size l & xl", ("L", "XL")),
        ("Kleid Größe M oder L", ("M", "L")),
        ("dress size M, red", ("M",)),
        ("shoes size 42 or 43.5", ("42", "43.5")),
        ("medium dress", ()),
        ("shoes 42", ()),
        ("size 99", ()),
        ("size", ()),
    ],
)
def test_sizes_are_those_that_the_catalogue_lists(words, query, sizes):
    found = [one for one in Reader(words).read(query).parts if one.name == "size"]
    assert tuple(value for one in found for value in one.values) == sizes


def test_sizes_may_be_numbers():
    reader = Reader(words_of_shop({"shoeSize": [41.0, 42.5]}))
    assert reader.read("boots size 42,5").filter == "shoeSize = 42.5"
    assert reader.read("boots eu 41").filter == "shoeSize = 41"
    assert reader.read("boots size m").filter is None
    assert reader.read("boots size 41 or 42.5, 3 straps").filter == "shoeSize IN [41, 42.5]"
    assert reader.read("boots not size 41").filter == "NOT shoeSize = 41"


@pytest.mark.parametrize(
    ("query", "rest", "unwanted"),
    [
        ("shirt not XL", "shirt", ("XL",)),
        ("red dress, anything but size M", "red dress", ("M",)),
        ("any size but M, dress", "dress", ("M",)),
        ("dress not in size S or M", "dress", ("S", "M")),
        ("dress, no XL", "dress", ("XL",)),
    ],
)
def test_of_a_size_that_is_not_wanted_only_what_comes_in_no_other_is_left_out(
    words, query, rest, unwanted
):
    found = Reader(words).read(query)
    assert found.words == rest
    (part,) = (one for one in found.parts if one.name == "negation")
    assert (part.field, part.values) == ("sizes", unwanted)
    sizes: list[list[str] | None] = [["S"], ["S", "M", "XL"], ["XL"], ["42"], None]
    table = pa.table({"sizes": pa.array(sizes)})
    kept = evaluate(parse_filter(part.condition or ""), columns_from_table(table, ["sizes"]))
    assert kept.tolist() == [not one or set(one) - set(unwanted) != set() for one in sizes]


def test_a_size_that_is_not_wanted_stays_if_negations_are_switched_off(words):
    found = Reader(words).read("shirt not XL", Switches(("-negation",)))
    assert (found.words, found.filter) == ("shirt not XL", None)


@pytest.mark.parametrize(
    "query",
    ["watch not available", "no longer in stock", "isn't available", "not currently available"],
)
def test_what_is_not_in_stock_is_no_wish_for_what_is(words, query):
    assert Reader(words).read(query).filter is None


@pytest.mark.parametrize("query", ["H&M dress", "h & m dress", "h and m dress"])
def test_a_brand_of_single_letters_is_known(query):
    reader = Reader(
        words_of_shop({**SHOP, "brand": ["H&M", "M&S", "Jack & Jones"] * 2}, "category")
    )
    assert parts(reader, query) == [("brand", ("H&M",)), ("kind", ("Dresses",))]
    assert parts(reader, "jack & jones shoes")[0] == ("brand", ("Jack & Jones",))
    assert parts(reader, "dress & shoes") == [("kind", ("Dresses",)), ("kind", ("Shoes",))]


@pytest.mark.parametrize(
    ("values", "query", "expected"),
    [
        (["Men", "Women"], "for men", ("Men",)),
        (["male", "female"], "ladies shoes", ("female",)),
        (["Herren", "Damen", "Kinder"], "men's shoes", ("Herren",)),
        (["Herren", "Damen", "Kinder"], "shoes for boys", ("Kinder",)),
        (["M", "F", "U"], "shoes for women", ("F",)),
        (["Homme", "Femme"], "chaussures femme", ("Femme",)),
        (["Men's", "Women's"], "mens shoes", ("Men's",)),
        (["adult-men", "adult-women"], "gents watch", ("adult-men",)),
        (["Men", "Women"], "shoes for girls", ("Women",)),
        (["cats", "dogs"], "for men", ()),
    ],
)
def test_genders_are_found_whatever_they_are_called(values, query, expected):
    reader = Reader(words_of_shop({"audience": values}))
    found = [one for one in reader.read(query).parts if one.name == "gender"]
    assert tuple(value for one in found for value in one.values) == expected


@pytest.mark.parametrize("name", ["colour", "color", "Farbe", "baseColour", "base_color", "shade"])
def test_a_colour_has_its_role_whatever_its_field_is_called(name):
    reader = Reader(words_of_shop({name: ["Red", "Blue"]}))
    (part,) = reader.read("red dress").parts
    assert (part.field, part.values) == (name, ("Red",))
    assert part.name == ("shade" if name == "shade" else "colour")


def test_values_in_lists_and_of_german_catalogues():
    reader = Reader(words_of_shop({"farbe": [["Schwarz", "Weiß"], ["Rot"]], "preis": [1.0, 2.0]}))
    found = reader.read("schwarz WEISS unter 50 €")
    assert parts(reader, found.words) == [("colour", ("Schwarz",)), ("colour", ("Weiß",))]
    assert found.filter == "preis < 50"


def test_without_a_field_the_words_stay_as_they_are():
    nothing = {"price": [float("nan")], "note": ["x"]}
    for columns in ({}, {"id": ["1"]}, {"id": [], "colour": []}, nothing):
        found = Reader(words_of_shop(columns)).read("red dress under 50 in stock for men")
        assert (found.words, found.parts) == ("red dress under 50 in stock for men", ())


@pytest.mark.parametrize(
    ("query", "rest"),
    [
        ("red wear", "red"),
        ("red outfit for women", "red for women"),
        ("red wear dress", "red wear dress"),
        ("sleep wear", "sleep wear"),
    ],
)
def test_a_word_for_things_of_any_kind_says_nothing_after_a_value(words, query, rest):
    assert Reader(words).read(query).words == rest


@pytest.mark.parametrize(
    ("query", "size", "rest"),
    [
        ("dress in size 38", "size 38", "dress"),
        ("size xl tee", "size xl", "tee"),
        ("uk 8 shoes", "uk 8", "shoes"),
        ("plus size top", "plus size", "top"),
        ("tee xxl", "xxl", "tee"),
        ("us polo shirt", None, "us polo shirt"),
        ("shirt m", None, "shirt m"),
        ("gel 8 shoes", None, "gel 8 shoes"),
    ],
)
def test_a_size_that_no_catalogue_field_has_is_named_and_left_out_of_what_is_compared(
    query, size, rest
) -> None:
    found = Reader(words_of_shop({"id": ["1"]})).read(query)
    assert found.words == rest
    assert [part.words for part in found.parts if part.name == "size"] == ([size] if size else [])


def test_switches_name_parts_or_fields(words):
    reader, query = Reader(words), "red sneakers for men under 50"
    everything = [name for name, _ in parts(reader, query)]
    assert everything == ["colour", "kind", "gender", "price"]
    assert [name for name, _ in parts(reader, query, "colour", "price")] == ["colour", "price"]
    assert [name for name, _ in parts(reader, query, "category")] == ["kind"]
    assert [name for name, _ in parts(reader, query, "-colour", "-gender")] == ["kind", "price"]
    assert reader.read(query, Switches(off=True)).parts == ()
    assert reader.read(query, Switches(off=True)).words == query
    assert {"colour", "price", "negation", "material", "sizes"} - {"sizes"} <= reader.names()


def test_synonyms_lead_to_words_that_the_catalogue_knows(words):
    reader = Reader(words, Synonyms.read(["trainers, sneakers", "tee, t-shirt", "wig, toupee"]))
    assert parts(reader, "trainers") == [("kind", ("Sneakers",))]
    assert reader.read("blue trainers").words == "blue sneakers"
    assert parts(reader, "tee") == [("kind", ("Tshirts",))]
    assert reader.read("wig").words == "wig"
    assert parts(reader, "trainers", "-synonyms") == []
    assert parts(reader, "shoes not trainers") == [
        ("kind", ("Shoes",)),
        ("negation", ("Sneakers",)),
    ]


def test_every_value_is_found_by_its_own_words(words):
    for name, text in words.texts():
        found: list[Part] = [*Reader(words).read(text.lower()).parts]
        assert any(one.field == name and text in one.values for one in found), text
    assert {text for _, text in words.texts()} >= set(SHOP["category"])
