"""The page of recognised headers is made from the importer, and names what its readers ask for."""

from __future__ import annotations

import pytest

from importer.column_mapping import SYNONYMS
from importer.headers_page import headers_page
from tests.support.paths import ROOT


def test_the_page_is_what_the_importer_makes() -> None:
    made = (ROOT / "docs/headers.md").read_text(encoding="utf-8")
    assert made == headers_page(), "run `make docs/headers.md`"


@pytest.mark.parametrize("column", SYNONYMS)
def test_every_name_of_a_column_is_listed(column: str) -> None:
    (row,) = [line for line in headers_page().splitlines() if line.startswith(f"| {column} |")]
    assert all(f"`{name}`" in row for name in SYNONYMS[column])


@pytest.mark.parametrize(
    ("reader", "header"),
    [
        ("shopify", "variantprice"),
        ("woocommerce", "reguliereprijs"),
        ("magento", "additionalattributes"),
        ("wix", "productoptionnameN"),
        ("spryker", "attribute_key_N"),
        ("prestashop", "prixttc"),
        ("google_merchant", "itemgroupid"),
    ],
)
def test_what_readers_ask_for_is_listed(reader: str, header: str) -> None:
    (row,) = [line for line in headers_page().splitlines() if line.startswith(f"| {reader} |")]
    assert f"`{header}`" in row
