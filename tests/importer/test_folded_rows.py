"""Rows of one group become the items that a shopper chooses between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from importer import ImportOptions, import_catalogue
from twinset.catalogue import Catalogue

HEAD = "id\ttitle\tlink\timage_link\tavailability\tprice\tsale_price\titem_group_id\tcolor\tsize"
ROWS = (
    "1\tKilt\thttps://s.invalid/1\t{}/a.jpg\tout of stock\t40 EUR\t30 EUR\tK\tRed\tS",
    "9\tHat\thttps://s.invalid/9\t{}/h.jpg\tin stock\t9 EUR\t\t\tRed\t",
    "2\tKilt\thttps://s.invalid/2\t{}/a.jpg\tin stock\t45 EUR\t\tK\tRed\tM",
    "3\tKilt\thttps://s.invalid/3\t{}/b.jpg\tin stock\t50 EUR\t42 EUR\tK\tBlue\tM",
    "4\tSock\thttps://s.invalid/4\t{}/s.jpg\tin stock\t5 EUR\t\tS\tRed\t39-42",
    "5\tSock\thttps://s.invalid/5\t{}/s.jpg\tout of stock\t4 EUR\t\tS\tBlue\t43-46",
    "6\tBelt\thttps://s.invalid/6\t{}/t.jpg\tin stock\t7 EUR\t\tB\tTan\t80",
)


def items(folder: Path, **options: Any) -> dict[str, dict[str, Any]]:
    source = folder / "feed.txt"
    source.write_text("\n".join((HEAD, *ROWS)).replace("{}", "https://s.invalid"))
    chosen = ImportOptions(fetch_pictures=False, **options)
    import_catalogue(source, folder / "out.parquet", chosen)
    return {row["id"]: row for row in Catalogue(folder / "out.parquet").rows().to_pylist()}


def test_a_google_feed_is_folded_if_asked(tmp_path: Path) -> None:
    folded = items(tmp_path, fold=True)
    assert list(folded) == ["9", "K-Red", "K-Blue", "S", "6"]
    red, blue, sock = folded["K-Red"], folded["K-Blue"], folded["S"]
    assert (red["price"], red["available"], red["size"]) == (45.0, True, ["S", "M"])
    assert red["link"] == "https://s.invalid/2"
    assert (blue["price"], blue["size"], blue["group_id"]) == (42.0, ["M"], "K")
    # One picture shows both colours, so they are one item.
    assert (sock["price"], sock["color"], sock["size"]) == (
        5.0,
        ["Red", "Blue"],
        ["39-42", "43-46"],
    )


def test_by_default_each_row_of_a_google_feed_is_an_item(tmp_path: Path) -> None:
    plain = items(tmp_path)
    assert list(plain) == ["1", "9", "2", "3", "4", "5", "6"]
    assert {row["group_id"] for row in plain.values()} == {"K", None, "S", "B"}


def test_an_akeneo_export_is_folded_by_its_parents(tmp_path: Path) -> None:
    source = tmp_path / "products.csv"
    source.write_text(
        "sku;enabled;family;parent;groups;name-en_US;color;size;price-EUR;material\n"
        "a1;1;coats;alma;winter;Alma Coat;red;S;99.00;wool,silk\n"
        "b1;1;hats;;winter;Bo Hat;red;;9.00;wool\n"
        "a2;1;coats;alma;winter;Alma Coat;red;M;89.00;wool,silk\n"
    )
    import_catalogue(source, tmp_path / "out.parquet")
    rows = {row["id"]: row for row in Catalogue(tmp_path / "out.parquet").rows().to_pylist()}
    assert list(rows) == ["b1", "alma"]
    assert (rows["alma"]["price"], rows["alma"]["size"]) == (89.0, ["S", "M"])
    assert [row["material"] for row in rows.values()] == [["wool"], ["wool", "silk"]]
    assert rows["b1"]["group_id"] is None
    import_catalogue(source, tmp_path / "out.parquet", ImportOptions(fold=False))
    assert len(Catalogue(tmp_path / "out.parquet")) == 3
