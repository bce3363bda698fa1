"""Sales have a time, and shops of every kind say when it is over."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from importer import ImportOptions, import_catalogue
from importer.values.dates import DateColumn
from importer.values.kinds import BadValue
from importer.values.sale_time import add_date, is_on, is_within
from twinset.catalogue import Catalogue


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("", "", True),
        ("2020-01-01T00:00+0100", "2020-02-01T00:00+0100", False),
        ("2020-01-01 00:00:00", "2999-01-01", True),
        ("2999-01-01", None, False),
        (None, "2020-11-28", False),
        ("", "9999-12-31", True),
        ("0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", True),
        ("0000-00-00", "0", True),
        (None, "31 Dec 2020", False),
        (None, "31.12.2020", False),
        ("01/15/2020", "12/31/2020", False),
        ("2020/01/01", "2999/12/31", True),
        ("03/04/2020", "05/06/2999", True),
        ("03/04/2020", "05/06/2020", False),
        ("11/1/20", "", True),
        ("", "11/1/20", False),
        ("", "1/13/20 10:15", False),
        ("soon", "", False),
        ("", "later", False),
    ],
)
def test_a_sale_counts_in_its_time(start: Any, end: Any, expected: bool) -> None:
    assert is_on(start, end) is expected


def test_a_day_that_may_be_over_or_still_to_come_is_not_guessed() -> None:
    dates, text = DateColumn(), "03/09/2026"  # the third of September, or the ninth of March
    add_date(dates, text)
    with pytest.raises(BadValue, match="read in two ways"):
        is_within(text, "", dates, datetime(2026, 6, 1, tzinfo=UTC))
    assert is_within(text, "", dates, datetime(2026, 10, 1, tzinfo=UTC))


def test_a_feed_as_a_whole_says_which_part_of_its_dates_is_the_month(tmp_path: Path) -> None:
    """01/02/3000 is in the future, and 13/01/2020 says that days come first; an end that is no date
    leaves the regular price, with a note."""
    (tmp_path / "feed.csv").write_text(
        "id,title,price,sale_price,sale_start_date,sale_end_date\n1,Coat,90,60,13/01/2020,01/02/3000\n"
        "2,Hat,30,20,01/02/2020,02/01/2021\n3,Cap,30,20,,when it is gone\n4,Sock,9,,,soon\n"
    )
    options = ImportOptions(fetch_pictures=False)
    report = import_catalogue(tmp_path / "feed.csv", tmp_path / "out.parquet", options)
    prices = Catalogue(tmp_path / "out.parquet").rows()["price"].to_pylist()
    assert prices == [60.0, 30.0, 30.0, 9.0]
    assert report.warnings == {
        "a sale's start or end is not a date, so the regular price counts": 1
    }


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
