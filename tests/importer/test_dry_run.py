"""A dry run says what an import would do, and does none of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer import ImportOptions, import_catalogue, inspect_source
from importer.column_mapping import Choices
from twinset import cli
from twinset.catalogue import Catalogue

TABLE = (
    "id,title,price,available,item_group,condition,additional_image_link,image_url\n"
    + "".join(
        f"{n},Hat {n},{n}.50 EUR,{'no' if n % 4 == 0 else 'yes'},G,new,https://s.invalid/b.jpg,"
        f"{'https://s.invalid/a.jpg' if n % 2 else ''}\n"
        for n in range(1, 25)
    )
    + ",no id,1.00,yes,G,new,,\n3,twice,1.00,yes,G,new,,\n"
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "shop.csv").write_text(TABLE)
    return tmp_path / "shop.csv"


def test_it_counts_what_an_import_counts(table: Path) -> None:
    options = ImportOptions(fetch_pictures=False)
    dry = inspect_source(table, options)
    made = import_catalogue(table, table.with_name("out.parquet"), options)
    for name in ("accepted", "priced", "sold_out", "groups", "currency", "rejected", "as_of"):
        assert getattr(dry, name) == getattr(made, name)
    assert (dry.accepted, dry.sold_out, dry.pictures) == (24, 6, 24)
    assert dry.rejected == {"id is missing": 1, "id is a duplicate": 1}


def test_it_writes_nothing_and_ends_in_one_line(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["import", str(table), str(table.with_name("out.parquet")), "--dry-run"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert (
        "24 products: 24 with picture and 12 further ones, 24 with price (EUR), 6 sold out, "
        "0 groups, 2 rejected" in said
    )
    assert [path.name for path in table.parent.iterdir()] == ["shop.csv"]


def test_what_tells_products_apart_in_nothing_is_left_out(table: Path) -> None:
    out = table.with_name("out.parquet")
    import_catalogue(table, out, ImportOptions(fetch_pictures=False))
    names = Catalogue(out).attributes
    assert "condition" not in names
    assert "additional_image_link" not in names
    kept = ImportOptions(fetch_pictures=False, columns=Choices(keep=["condition"]))
    report = import_catalogue(table, out, kept)
    assert "condition" in Catalogue(out).attributes
    roles = {one.column: one.role for one in report.columns}
    assert roles["additional_image_link"] == "further pictures"
    dry = {one.column: one.role for one in inspect_source(table).columns}
    assert dry["condition"] == "the same everywhere, left out"
