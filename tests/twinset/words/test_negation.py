"""Which words of a query name a value that is not wanted."""

import pytest

from twinset.words.negation import CatalogueWords, without_negations

WORDS = CatalogueWords(
    [
        ("colour", "Black"),
        ("colour", "Navy Blue"),
        ("colour", "Blue"),
        ("colour", "Red"),
        ("material", "Leather"),
        ("pattern", "Striped"),
        ("kind", "Sneakers"),
        ("gender", "Women"),
    ]
)


@pytest.mark.parametrize(
    ("query", "kept", "unwanted"),
    [
        ("shoes not black", "shoes", {"colour": ("Black",)}),
        ("non-black shoes", "shoes", {"colour": ("Black",)}),
        ("NON black shoes", "shoes", {"colour": ("Black",)}),
        ("shirts except blue", "shirts", {"colour": ("Navy Blue", "Blue")}),
        ("shirts except navy blue", "shirts", {"colour": ("Navy Blue",)}),
        ("dress anything but red", "dress", {"colour": ("Red",)}),
        ("bag without leather straps", "bag straps", {"material": ("Leather",)}),
        ("shoes, no sneakers", "shoes", {"kind": ("Sneakers",)}),
        ("shoes, no sneaker please", "shoes, please", {"kind": ("Sneakers",)}),
        ("shirt not red or black", "shirt", {"colour": ("Red", "Black")}),
        ("shirt not red, not striped", "shirt", {"colour": ("Red",), "pattern": ("Striped",)}),
        ("not black", "", {"colour": ("Black",)}),
        ("not for women", "not for women", {}),
        ("dress without sleeves", "dress without sleeves", {}),
        ("no show socks", "no show socks", {}),
        ("black but soft shoes", "black but soft shoes", {}),
        ("a knot of red silk", "a knot of red silk", {}),
        ("notblack", "notblack", {}),
        ("", "", {}),
        ("not", "not", {}),
        ("non-", "non-", {}),
    ],
)
def test_negated_values_leave_the_words(query, kept, unwanted):
    found = without_negations(query, WORDS)
    assert found.words == kept
    merged: dict[str, tuple[str, ...]] = {}
    for one in found.unwanted:
        merged[one.field] = merged.get(one.field, ()) + one.values
        assert one.words in query
    assert merged == unwanted
    assert (found.filter is None) == (not unwanted)


def test_the_filter_quotes_what_it_names():
    words = CatalogueWords([("base colour", 'Off "white"')])
    found = without_negations("hat not off white", words)
    assert found.filter == 'NOT `base colour` IN ["Off \\"white\\""]'
