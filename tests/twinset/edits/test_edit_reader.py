"""Words that change something, as they are read against a catalogue's values."""

from __future__ import annotations

import pyarrow as pa
import pytest

from twinset.columns import Columns, columns_from_table
from twinset.edits.edit_reader import Edit, plain_wish, read_edit, stepped
from twinset.edits.kept_values import Likeness, kept_values, preferences_of
from twinset.edits.title_patterns import pattern_in
from twinset.words.query.catalogue_words import CatalogueWords
from twinset.words.query.reader import Reader
from twinset.words.synonyms.synonyms import Synonyms

ROWS = [
    ("Navy striped shirt", "Shirts", "Men", "Navy Blue", 20.0, True),
    ("Red dress", "Dresses", "Women", "Red", 50.0, True),
    ("Red checked shirt", "Shirts", "Women", "Red", 30.0, False),
    ("Plain bag", "Bags", None, "Black", None, True),
]
MIXED = "for men in navy blue"
NAMES = ("title", "articleType", "gender", "baseColour", "price", "available")


@pytest.fixture(scope="module")
def columns() -> Columns:
    table = pa.table(
        {name: list(column) for name, column in zip(NAMES, zip(*ROWS, strict=True), strict=True)}
    )
    return columns_from_table(table, NAMES)


@pytest.fixture(scope="module")
def reader(columns: Columns) -> Reader:
    return Reader(CatalogueWords.of(columns, "articleType"))


def changed(edit: Edit) -> dict[str, tuple[str, ...]]:
    return {part.name: part.values for part in edit.changed}


@pytest.mark.parametrize(
    ("said", "values", "text"),
    [
        ("in red", {"colour": ("Red",)}, "in red"),
        ("could it be red?", {"colour": ("Red",)}, "in red"),
        ("swap the colour for navy blue please", {"colour": ("Navy Blue",)}, "in navy blue"),
        ("not this colour, red", {"colour": ("Red",)}, "in red"),
        ("for men", {"gender": ("Men",)}, "for men"),
        ("the women's version", {"gender": ("Women",)}, "for women"),
        ("as a dress", {"kind": ("Dresses",)}, "dresses"),
        ("with stripes", {"pattern": ("striped",)}, "striped"),
        ("tailored, in red", {"colour": ("Red",)}, "in red tailored"),
        ("bordered, red", {"colour": ("Red",)}, "in red bordered"),
        ("in red, more elegant", {"colour": ("Red",)}, "in red elegant"),
        ("red instead of black", {"colour": ("Red",)}, "in red"),
        ("instead of black I want red", {"colour": ("Red",)}, "in red"),
        ("without sleeves", {}, "sleeveless"),
        ("without flowers", {"pattern": ("solid",)}, "solid"),
        ("without any stripes", {"pattern": ("solid",)}, "solid"),
        ("no polka dots, in red", {"colour": ("Red",), "pattern": ("solid",)}, "in red solid"),
        ("a bit more elegant", {}, "elegant"),
        ("no logo", {}, ""),
        ("not too shiny, in red", {"colour": ("Red",)}, "in red"),
        ("in vermilion please", {"colour": ("Red",)}, "in red"),
        ("in tomato please", {"colour": ("Red",)}, "in red"),
        ("flame coloured", {"colour": ("Red",)}, "in red"),
        ("with flame stitching", {}, "flame stitching"),
        ("gimme it in brick red", {"colour": ("Red",)}, "in red brick"),
        ("midnight blue, for men", {"colour": ("Navy Blue",), "gender": ("Men",)}, MIXED),
    ],
)
def test_what_is_recognised_changes_and_the_rest_is_composed(
    reader: Reader, said: str, values: dict[str, tuple[str, ...]], text: str
) -> None:
    edit = read_edit(reader, said)
    assert (changed(edit), edit.text) == (values, text)


def test_how_an_unknown_wish_is_put_makes_no_difference() -> None:
    ways = (
        "in zigzag",
        "could it be zigzag?",
        "Gimme the zigzag version, pls",
        "i'd rather zigzag",
    )
    assert {plain_wish(text) for text in ways} == {"zigzag"}
    assert plain_wish("this one instead") == "this one instead"


def test_cheaper_means_below_the_items_own_price(reader: Reader) -> None:
    assert read_edit(reader, "cheaper", [30.0]).condition == "price < 30.0"
    assert read_edit(reader, "in red but less expensive", [30.0, 20.0]).condition == "price < 20.0"
    assert read_edit(reader, "more expensive ones", [30.0]).condition == "price > 30.0"
    assert read_edit(reader, "cheaper", [30.0]).text == ""
    for said in ("not so expensive", "moins cher", "billiger"):
        assert read_edit(reader, said, [30.0]).condition == "price < 30.0"
    assert read_edit(reader, "cheaper than 25", [30.0]).condition == "price < 25"
    assert read_edit(reader, "more expensive than 40", [30.0]).condition == "price > 40"
    photo = read_edit(reader, "cheaper")  # a photo has no price
    assert (photo.condition, photo.text) == (None, "cheaper")


def test_what_can_be_filtered_is_a_filter(reader: Reader) -> None:
    assert read_edit(reader, "in stock").condition == "available = true"
    assert read_edit(reader, "not red").condition == 'NOT baseColour IN ["Red"]'
    assert read_edit(reader, "less black").condition == 'NOT baseColour IN ["Black"]'
    both = read_edit(reader, "in red for women under 40")
    assert both.condition == "price < 40"
    assert changed(both) == {"colour": ("Red",), "gender": ("Women",)}


def test_darker_and_lighter_are_the_catalogues_own_colours() -> None:
    names = ("Blue", "Navy Blue", "Red", "Multi")
    columns = columns_from_table(pa.table({"colour": list(names)}), ["colour"])
    reader = Reader(CatalogueWords.of(columns, None))

    def step(said: str, **shares: float) -> Edit:
        return stepped(reader, read_edit(reader, said), {"colour": shares})

    darker = step("a bit darker, with zips", Red=0.2, Blue=0.8)
    assert (changed(darker), darker.text) == ({"colour": ("Navy Blue",)}, "in navy blue zips")
    assert changed(step("lighter", Blue=1.0)) == changed(step("darker", Multi=1.0)) == {}
    assert changed(step("darker, in red", Blue=1.0)) == {"colour": ("Red",)}


def test_an_item_keeps_what_does_not_change(reader: Reader, columns: Columns) -> None:
    edit, item = read_edit(reader, "in red"), Likeness.of_items([0], [ROWS[0][0]])
    kept = {one.name: one.shares for one in kept_values(reader.words, columns, edit, item)}
    assert kept == {"kind": {"Shirts": 1.0}, "gender": {"Men": 1.0}, "pattern": {"striped": 1.0}}
    for_women = read_edit(reader, "for women with checks")
    kept = {one.name: one.shares for one in kept_values(reader.words, columns, for_women, item)}
    assert kept == {"kind": {"Shirts": 1.0}, "colour": {"Navy Blue": 1.0}}


def test_a_photo_keeps_what_its_neighbours_agree_in(reader: Reader, columns: Columns) -> None:
    near = Likeness.of_neighbours([1, 2, 0], [0.9, 0.9, 0.2])
    kept = {
        one.name: one.shares
        for one in kept_values(reader.words, columns, read_edit(reader, "more elegant"), near)
    }
    assert kept["kind"] == {"Dresses": 0.5, "Shirts": 0.5}
    assert kept["colour"] == {"Red": 1.0}
    assert kept["gender"] == {"Women": 1.0}
    assert near.weights.sum() == pytest.approx(1)


def test_the_colour_is_told_from_more_items_and_counts_more_if_the_gender_changes(
    reader: Reader, columns: Columns
) -> None:
    near = Likeness.of_neighbours([0, 1], [0.9, 0.86])
    shares, weights = [], []
    for said in ("for women", "as a dress"):
        edit = read_edit(reader, said)
        kept = kept_values(reader.words, columns, edit, near)
        (colour,) = (one.shares for one in kept if one.name == "colour")
        shares.append(colour["Red"])
        weights.append(max(p.weight for p in preferences_of(edit, kept) if p.values == ("Red",)))
    assert shares[0] > shares[1]
    assert weights[0] > weights[1]


def test_a_change_counts_more_than_what_stays(reader: Reader, columns: Columns) -> None:
    edit = read_edit(reader, "in red")
    kept = kept_values(reader.words, columns, edit, Likeness.of_items([0]))
    weights = {one.field: one.weight for one in preferences_of(edit, kept)}
    assert all(0 < weight < 1 for weight in weights.values())
    assert weights["baseColour"] >= max(weights.values())


def test_patterns_are_told_from_titles() -> None:
    assert pattern_in("Blue Stripes Shirt") == ("striped", "Stripes")
    assert pattern_in("Blue Shirt") is None


def test_a_catalogue_without_fields_leaves_all_to_the_composer() -> None:
    columns = columns_from_table(pa.table({"title": ["Red shirt", "Blue bag"]}), ["title"])
    reader = Reader(CatalogueWords.of(columns, None))
    edit = read_edit(reader, "in red")
    assert (edit.text, edit.changed, edit.condition) == ("red", (), None)
    assert kept_values(reader.words, columns, edit, Likeness.of_items([0])) == ()


def test_a_synonym_that_holds_its_own_word_is_read_once() -> None:
    table = pa.table({"articleType": ["Tank Tops", "Bags"]})
    words = CatalogueWords.of(columns_from_table(table, ["articleType"]), "articleType")
    reader = Reader(words, Synonyms.read(["top => tank top"]))
    assert changed(read_edit(reader, "a top instead")) == {"kind": ("Tank Tops",)}


def test_what_is_not_wanted_is_not_kept(reader: Reader, columns: Columns) -> None:
    edit = read_edit(reader, "not red")
    kept = kept_values(reader.words, columns, edit, Likeness.of_items([1]))
    assert [(one.name, list(one.shares)) for one in kept] == [
        ("kind", ["Dresses"]),
        ("gender", ["Women"]),
    ]
