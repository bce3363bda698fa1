"""Dates are recognised over a column and come in as ISO 8601, which filters and sorts compare."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer import import_catalogue
from importer.values.dates import DateColumn, is_date
from importer.values.kinds import BadValue
from twinset.catalogue import Catalogue
from twinset.columns import columns_from_table
from twinset.filters import evaluate, parse_filter


def read(*texts: str) -> list[str | None] | None:
    column = DateColumn()
    if not all(map(is_date, texts)):
        return None
    for text in texts:
        column.add(text)
    return [column.read(text) for text in texts] if column.is_clear else None


@pytest.mark.parametrize(
    ("texts", "dates"),
    [
        (["2026-11-06", "2026-1-7"], ["2026-11-06", "2026-01-07"]),
        (["2026-11-06 00:00:00", "2026-11-07T00:00:00Z"], ["2026-11-06", "2026-11-07"]),
        (
            ["2026-11-06T23:30:00-0200", "2026-11-06", "2026-11-06 04:15"],
            ["2026-11-07T01:30:00Z", "2026-11-06", "2026-11-06T04:15:00Z"],
        ),
        (["06.11.2026", "7.1.2026"], ["2026-11-06", "2026-01-07"]),
        (["03/04/2026", "25/12/2026"], ["2026-04-03", "2026-12-25"]),
        (["03/04/2026", "12/25/2026"], ["2026-03-04", "2026-12-25"]),
        (["12/25/2026 4:05 PM"], ["2026-12-25T16:05:00Z"]),
        (["Fri, 06 Nov 2026 04:15:00 GMT"], ["2026-11-06T04:15:00Z"]),
        (["6 Nov 2026", "November 7, 2026", "8. Dezember 2026", "9 de enero de 2026"],
         ["2026-11-06", "2026-11-07", "2026-12-08", "2026-01-09"]),
        (["0000-00-00 00:00:00", "2026-11-06"], [None, "2026-11-06"]),
        (["03/04/2026", "05/06/2026"], None),
        (["12/25/2026", "25/12/2026"], None),
        (["Style 4711"], None),
        (["10 pack 2026"], None),
        (["2026"], None),
        (["1.5.2"], None),
    ],
)  # fmt: skip
def test_what_feeds_write(texts: list[str], dates: list[str | None] | None) -> None:
    assert read(*texts) == dates


def test_a_day_that_the_calendar_lacks_costs_the_value() -> None:
    with pytest.raises(BadValue, match="calendar"):
        DateColumn().read("2026-02-30")


def test_a_column_of_dates_is_filtered_and_sorted_by(tmp_path: Path) -> None:
    table = (
        "id,title,released,code\n1,Hat,24.12.2026,1.2.3\n2,Hat,01.02.2026,x\n3,Hat,31.02.2026,\n"
    )
    (tmp_path / "shop.csv").write_text(table)
    report = import_catalogue(tmp_path / "shop.csv", tmp_path / "out.parquet")
    held = Catalogue(tmp_path / "out.parquet").rows()
    assert held["released"].to_pylist() == ["2026-12-24", "2026-02-01", None]
    assert report.warnings == {"a date is none of the calendar's": 1}
    roles = {one.column: one.role for one in report.columns}
    assert roles["released"] == "attribute released, date"
    columns = columns_from_table(held, ["released"])
    after = evaluate(parse_filter('released >= "2026-03-01"'), columns)
    assert after.tolist() == [True, False, False]
    assert columns["released"].values[:2].argsort().tolist() == [1, 0]
