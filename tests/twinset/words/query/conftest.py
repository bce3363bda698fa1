"""Catalogues whose words are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from twinset.columns import columns_from_table
from twinset.words.query.catalogue_words import CatalogueWords

SHOP = {
    "id": ["1", "2", "3", "4", "5", "6"],
    "title": ["a", "b", "c", "d", "e", "f"],
    "category": ["Sneakers", "Dresses", "Flip Flops", "Tshirts", "Shoes", "Belts"],
    "colour": ["Black", "Navy Blue", "Blue", "Red", "Off White", "White"],
    "material": ["Leather", "Cotton", "Rubber", "Cotton", "Denim", "Suede"],
    "pattern": ["Striped", "Polka Dot", "Solid", None, None, None],
    "gender": ["Men", "Women", "Unisex", "Boys", "Girls", "Men"],
    "brand": ["Oak Mill", "Next", "Veldmoor", "Oak Mill", "Next", "Veldmoor"],
    "sizes": [["S", "M"], ["M", "L"], ["UK 8"], ["XL"], ["42", "43.5"], None],
    "price": [10.0, 20.0, 30.0, 40.0, 50.0, 60.0],
    "available": [True, True, False, True, True, True],
}


def words_of_shop(columns: dict[str, Sequence[Any]], kind: str | None = None) -> CatalogueWords:
    """The words of a catalogue with these columns."""
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    return CatalogueWords.of(columns_from_table(table, list(columns)), kind)


@pytest.fixture(scope="session")
def words() -> CatalogueWords:
    return words_of_shop(SHOP, "category")
