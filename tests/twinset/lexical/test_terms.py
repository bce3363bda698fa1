"""The terms that a text is indexed and looked up by."""

from __future__ import annotations

import pytest

from twinset.lexical.terms import code_of, query_terms, terms_of


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Women's T-shirts", {"women", "tshirt", "shirt"}),
        ("Womens DRESSES", {"women", "dress"}),
        ("Zoë Crème", {"zoe", "creme"}),
        ("H&M 3/4 sleeve", {"hm", "34", "sleeve"}),
        ("Air-Max 90", {"airmax", "air", "max", "90"}),
        ("黑色鞋子", {"黑色", "色鞋", "鞋子"}),
        ("Nike黑色", {"nike", "黑色"}),
        ("लाल साड़ी", {"लाल", "साडी"}),
        (" - ", set()),
    ],
)
def test_a_text_gives_the_terms_that_people_search_by(text: str, terms: set[str]) -> None:
    assert set(terms_of(text)) == terms


@pytest.mark.parametrize("written", ["T-Shirts", "tshirt", "t shirt", "T - shirt"])
def test_a_compound_is_found_however_it_is_written(written: str) -> None:
    known = set(terms_of("Plain T-shirt"))
    assert "tshirt" in query_terms(written, known.__contains__)


def test_a_compound_that_no_item_has_is_looked_up_by_its_parts() -> None:
    known = {"lace", "dress"}
    assert query_terms("lace-dress", known.__contains__) == ["lace", "dress"]
    assert query_terms("lace dress", known.__contains__) == ["lace", "dress"]


def test_codes_are_compared_by_letters_and_digits() -> None:
    assert code_of(" ab-123.45/Ü ") == code_of("AB12345u") == "ab12345u"
    assert code_of("--") == ""
