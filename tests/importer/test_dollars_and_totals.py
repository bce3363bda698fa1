"""What `$` alone means in a feed, and lines of totals below its products."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from importer import ImportOptions, ImportReport, import_catalogue
from importer.values.prices import DecimalMark, read_price
from importer.values.total_lines import is_total
from twinset import cli


def read(folder: Path, text: str) -> tuple[ImportReport, dict[str, str | None]]:
    (folder / "feed.csv").write_text(text, encoding="utf-8")
    out = folder / "out.parquet"
    report = import_catalogue(folder / "feed.csv", out, ImportOptions(fetch_pictures=False))
    return report, {row["title"]: row.get("currency") for row in pq.read_table(out).to_pylist()}


@pytest.mark.parametrize(
    ("text", "currency"),
    [("CA$ 20", "CAD"), ("C$20", "CAD"), ("A$20", "AUD"), ("AU$20", "AUD"), ("NZ$20", "NZD"),
     ("HK$20", "HKD"), ("S$20", "SGD"), ("R$ 20,00", "BRL"), ("MX$20", "MXN"), ("US$20", "USD"),
     ("NT$20", "TWD"), ("US $29.99", "USD"), ("AU $ 29", "AUD"), ("C $29", "CAD"),
     ("$29 CA", "CAD"), ("29 $US", "USD"), ("$A29", "AUD"), ("$20 CAD", "CAD"),
     ("AUD $20", "AUD"), ("$20", "USD")],
)  # fmt: skip
def test_a_dollar_is_that_of_the_country_beside_it(text: str, currency: str) -> None:
    assert read_price(text, DecimalMark()).currency == currency


@pytest.mark.parametrize(
    ("table", "currency", "said"),
    [
        ("id,title,Price (CAD)\n1,Hat,$29\n", "CAD", "as the name of the column says"),
        ("id,title,price\n1,Hat,$29\n2,Cap,A$19\n", "AUD", "as other prices say"),
        ("id,title,Price (AU $)\n1,Hat,$29\n", "AUD", "as the name of the column says"),
        ("id,title,price,currency\n1,Hat,$29,\n2,Cap,$19,CAD\n", "CAD", "as other prices say"),
        ("id,title,price,market\n1,Hat,$29,Canada\n", "CAD", "as its market says"),
        ("id,title,price,link\n1,Hat,$29,https://a.co.nz/1\n", "NZD", "hosts of the links"),
        ("id,title,price,link\n1,Hat,$29,https://a.example/1\n", "USD", "nothing in the feed"),
        ("id,title,price,country\n1,Hat,$29,Mexico\n", "USD", "nothing in the feed"),
    ],
)
def test_other_evidence_says_which_dollar(
    tmp_path: Path, table: str, currency: str, said: str
) -> None:
    report, found = read(tmp_path, table)
    assert found["Hat"] == currency
    assert currency in report.currency
    assert report.dollar is not None
    assert said in report.dollar


def test_a_dollar_with_its_country_is_not_that_of_the_links(tmp_path: Path) -> None:
    report, found = read(tmp_path, "id,title,price,link\n1,Hat,US $29,https://a.ca/1\n")
    assert (found, report.dollar) == ({"Hat": "USD"}, None)


def test_a_column_of_currencies_leaves_nothing_to_assume(tmp_path: Path) -> None:
    report, found = read(tmp_path, "id,title,price,currency\n1,Hat,$29,HKD\n2,Cap,$19,HKD\n")
    assert found == {"Hat": "HKD", "Cap": "HKD"}
    assert (report.currency, report.dollar) == (("HKD",), None)


def test_a_dry_run_says_what_was_assumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "feed.csv"
    table.write_text("id,title,price\n1,Hat,$29\n")
    assert cli.run(["import", str(table), str(tmp_path / "out.parquet"), "--dry-run"]) == 0
    assert "prices with $ alone are taken for USD" in capsys.readouterr().out


@pytest.mark.parametrize(
    "line", ["Total,2 products,41.00,,", "Grand total:,,41.00 EUR,,", ",Total,41.00,3,",
             "Summe,Gesamt,\"41,00\",,", "Итого,,41,5,", "合計,,41,,"],
)  # fmt: skip
def test_a_line_of_totals_is_refused_with_its_reason(tmp_path: Path, line: str) -> None:
    report, found = read(
        tmp_path, f"id,title,price,stock,image\n1,Hat,29,2,a.jpg\n2,Cap,12,1,b.jpg\n{line}\n"
    )
    assert set(found) == {"Hat", "Cap"}
    assert report.rejected == {"is a line of totals and no product": 1}


def test_a_product_called_total_is_one(tmp_path: Path) -> None:
    report, found = read(
        tmp_path,
        "id,title,price,stock,image\n1,Total Eclipse Tee,29,2,a.jpg\n2,Total,12,1,\n"
        "TOTAL,Total,12,1,t.jpg\nsum,Summer Hat,9,1,\n",
    )
    assert set(found) == {"Total Eclipse Tee", "Total", "Summer Hat"}
    assert report.rejected == {}


def test_a_long_cell_is_no_total_and_is_not_searched_for_one() -> None:
    """A pattern with several repeats would not come to an end here."""
    assert not is_total("Total", "", ["Total", "9" * 200_000 + "x"])
    assert not is_total("Total" + "9" * 200_000, "", [])


def test_words_beside_the_total_make_a_product() -> None:
    assert is_total("Total", "", ["Total", "", 41.0, "12.50 EUR", None])
    assert not is_total("Total", "", ["Total", "", 41.0, "Red"])
    assert not is_total("A1", "Total", ["A1", "Total", "9.90"])
