"""Sales have a time, and shops of every kind say when it is over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from importer import ImportOptions, import_catalogue
from importer.values.sale_time import is_on
from twinset.catalogue import Catalogue


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("", "", True),
        ("2020-01-01T00:00+0100", "2020-02-01T00:00+0100", False),
        ("2020-01-01 00:00:00", "2999-01-01", True),
        ("2999-01-01", None, False),
        (None, "2020-11-28", False),
        ("soon", "later", True),
    ],
)
def test_a_sale_counts_in_its_time(start: Any, end: Any, expected: bool) -> None:
    assert is_on(start, end) is expected


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        (
            "sku,product_type,name,attribute_set_code,price,special_price,special_price_to_date",
            "1,simple,Coat,D,90,60,{end}",
        ),
        (
            "Type,ID,SKU,Name,Published,Date sale price ends,Sale price,Regular price",
            "simple,1,C,Coat,1,{end},60,90",
        ),
        (
            "Product ID,Active (0/1),Name,Price tax included,Discount amount,Discount to",
            "1,1,Coat,90,30,{end}",
        ),
        (
            "id,title,link,image_link,price,sale_price,sale_price_effective_date,condition",
            "1,Coat,https://s.invalid/1,,90,60,2020-01-01/{end},new",
        ),
    ],
)
def test_shops_of_every_kind_end_their_sales(tmp_path: Path, columns: str, row: str) -> None:
    def price(end: str) -> float:
        (tmp_path / "shop.csv").write_text(f"{columns}\n{row.format(end=end)}\n")
        options = ImportOptions(fetch_pictures=False)
        import_catalogue(tmp_path / "shop.csv", tmp_path / "out.parquet", options)
        return float(Catalogue(tmp_path / "out.parquet").rows()["price"][0].as_py())

    assert (price("2999-01-31"), price("2020-01-31")) == (60.0, 90.0)
