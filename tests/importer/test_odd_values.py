"""Values that a system never writes cost a row or a value, and never the import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from importer import ImportOptions, ImportReport, import_catalogue
from importer.pictures.product_pictures import references_in
from importer.reading.records import Record
from importer.sources import SYSTEMS, System
from importer.sources.shops.oxid import OXID
from importer.sources.system import kind_in
from importer.sources.variants_of_product import Product, Variant, items_of
from importer.values.availability import read_available
from importer.values.html_text import plain_text
from importer.values.kinds import BadValue
from importer.values.lists import ListJudge, split_list
from importer.values.prices import of_smallest_unit
from twinset.catalogue import Catalogue

ODD: list[Any] = [
    None, "", 0, -1, 3.5, True, "n/a", "1,299", "\u00b2", "[" * 9_000, "9" * 5_000, [], ["a", None],
    [[1], [2]], [3], {}, {"a": 1}, {"value": [1], "currency": ["EUR"]}, [{}], [{"name": None}],
    [{"position": "\u00b2", "sort_order": "x", "option_values": [3], "attributes": 4}],
    [{"price": {"value": {"centAmount": "n/a", "fractionDigits": "x"}}, "prices": 3}],
]  # fmt: skip
# Fields in which one system or another has lists and objects.
NESTED = (
    "variants", "images", "options", "attributes", "custom_fields", "custom_attributes", "media",
    "media_gallery_entries", "categories", "categoryid", "__parentId", "offers", "hasVariant",
    "price", "pictures", "masterVariant.prices", "configurable_product_links", "postmeta.meta_key",
    "extension_attributes.configurable_product_links", "price_range", "position", "Variant Price",
    "prices.value.centAmount", "surcharge", "imagesortorder", "imageposition", "tags", "fieldtype",
)  # fmt: skip
IDS = ("id", "title", "handle", "sku", "product_id", "abstract_sku", "post_id", "concrete_sku",
       "@product-id", "name", "item_sku", "OXID", "Internal_ID", "Item Name",
       "Product ID [Non Editable]")  # fmt: skip


def products_of(
    folder: Path, name: str, text: str, **options: Any
) -> tuple[ImportReport, list[dict[str, Any]]]:
    (folder / name).write_text(text, encoding="utf-8")
    out = folder / "out.parquet"
    report = import_catalogue(folder / name, out, ImportOptions(fetch_pictures=False, **options))
    rows: list[dict[str, Any]] = Catalogue(out).rows().to_pylist()
    return report, rows


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda one: one.name)
def test_no_value_stops_the_reader_of_a_system(system: System) -> None:
    said = [{}, *({name: value} for name in NESTED for value in ODD), {}]
    rows = [
        Record("feed", number, {**dict.fromkeys(IDS, f"a{number}"), "post_type": "product", **one})
        for number, one in enumerate(said)
    ]
    lines = {one.line for one in system.products(rows) if not one.fault}
    assert {rows[0].line, rows[-1].line} <= lines


def test_a_price_in_cents_that_is_no_number_is_noted_for_its_row_alone(tmp_path: Path) -> None:
    def product(number: int, amount: Any) -> str:
        money = {"value": {"centAmount": amount, "currencyCode": "EUR"}}
        master = {"sku": f"s{number}", "prices": [money]}
        names = {"name": {"en": f"Hat {number}"}, "productType": {"id": "p"}}
        return json.dumps({"key": f"k{number}", "masterVariant": master, **names})

    text = "\n".join([product(1, 2990), product(2, "n/a"), product(3, "1,299"), product(4, [1])])
    report, rows = products_of(tmp_path, "feed.jsonl", text)
    assert report.system == "commercetools products"
    assert [row["price"] for row in rows] == [29.9, None, 12.99, None]


@pytest.mark.parametrize("amount", ["n/a", "1e999999999", float("inf"), None, [1], "NaN", True])
def test_no_price_comes_of_an_amount_that_is_none(amount: Any) -> None:
    assert of_smallest_unit(amount, "EUR") == "no price"


def test_objects_in_place_of_texts_cost_their_values_alone(tmp_path: Path) -> None:
    good = {"id": 1, "title": "Hat", "handle": "hat", "variants": [{"price": "9.00"}]}
    bad = {"id": 2, "title": "Cap", "handle": "cap", "variants": [{"selectedOptions": [{}]}]}
    bad["tags"], bad["images"] = {"a": 1}, [{"variant_ids": 5, "id": 1, "src": "x.jpg"}]
    _, rows = products_of(tmp_path, "products.json", json.dumps({"products": [good, bad]}))
    assert {row["title"] for row in rows} == {"Hat", "Cap"}


def test_a_picture_nested_without_end_is_none_and_one_in_objects_is_found() -> None:
    deep: Any = "a.jpg"
    for _ in range(900):
        deep = [deep]
    assert references_in(deep) == []
    assert references_in("[" * 100_000) == []
    assert references_in([{"src": {"url": ["a.jpg", '["b.jpg"]']}}]) == ["a.jpg", "b.jpg"]


def test_rows_of_a_group_may_hold_objects(tmp_path: Path) -> None:
    """Of rows that are folded, and of colours that have pictures of their own."""
    said = [{"id": n, "title": "Hat", "item_group_id": 7, "size": [{"a": [n]}]} for n in (1, 2, 2)]
    _, (row,) = products_of(tmp_path, "rows.json", json.dumps(said), fold=True)
    assert (row["id"], row["title"]) == ("7", "Hat")
    colours = [Variant({"color": one}, image=[f"{one}.jpg"]) for one in ("red", "blue")]
    assert [one["image_path"] for one in items_of(Product({"id": 1}, colours))] == [
        ["red.jpg"],
        ["blue.jpg"],
    ]


def test_a_cell_of_marks_alone_is_read_in_one_pass() -> None:
    """Whatever looks for an end again from each mark would not come to one here."""
    many = 200_000
    assert plain_text("Hat <a " * many) == ("Hat <a " * many).strip()
    assert plain_text("<p>Hat</p> 1 &lt; <a ") == "Hat\n1 < <a"
    assert plain_text("Hat<script>x</script>&amp;<script>y") == "Hat&"
    with pytest.raises(BadValue):
        read_available("1" + " " * many + "x")
    assert kind_in("Hats" + " " * many + "x").endswith("x")


def test_brackets_without_an_end_are_text() -> None:
    judge = ListJudge("tags")
    judge.add("[" * 100_000)
    assert judge.separator is None
    assert split_list("[" * 100_000, ",") is None


def test_a_variant_that_costs_nothing_has_its_product_s_price(tmp_path: Path) -> None:
    text = (
        "OXID,OXPARENTID,OXARTNUM,OXTITLE,OXPRICE,OXVARNAME,OXVARSELECT,OXACTIVE\n"
        "p,,P,Coat,90,Size,,1\nv,p,P-S,,0,,S,1\nw,p,P-M,,0,,M,1\n"
    )
    report, (row,) = products_of(tmp_path, "oxid.csv", text)
    assert (report.system, row["price"], row["Size"]) == (OXID.name, 90.0, ["S", "M"])


def test_a_sale_price_of_nothing_is_none(tmp_path: Path) -> None:
    header = "Item Type,Product ID,Product Name,Price,Sale Price,Product Visible"
    text = f"{header}\nProduct,1,Hat,29,0.00,Y\n"
    report, (row,) = products_of(tmp_path, "big.csv", text)
    assert (report.system, row["price"]) == ("BigCommerce export", 29.0)


def test_etsy_keeps_numbers_as_written_and_tells_long_titles_apart(tmp_path: Path) -> None:
    title = "Linen Summer Dress With Pockets And A Belt For The Beach Or The City In Colours "
    header = (
        "TITLE,PRICE,CURRENCY_CODE,QUANTITY,TAGS,MATERIALS,IMAGE1,SKU,"
        "VARIATION 1 NAME,VARIATION 1 VALUES"
    )
    lines = [f"{title}{one},9,EUR,1,summer_dress,,,,Size,UK_8" for one in ("red", "blue")]
    text = "\n".join([header, *lines, "Hat,9,EUR,1,,,,DRS_01,,"])
    report, rows = products_of(tmp_path, "etsy.csv", text)
    assert (report.system, len({row["id"] for row in rows})) == ("Etsy listings", 3)
    assert rows[2]["id"] == "DRS_01"
    assert (rows[0]["tags"], rows[0]["Size"]) == (["summer dress"], ["UK_8"])


def test_attributes_that_begin_like_fields_of_commercetools_are_kept(tmp_path: Path) -> None:
    text = (
        "productType,variantId,prices,name,sku,metal,taxonomy,stateOf,versionName,metaTitle,state\n"
        "ring,1,EUR 2990,Ring,r1,gold,jewels,new,second,buy,approved\n"
    )
    report, (row,) = products_of(tmp_path, "ct.csv", text)
    assert report.system == "commercetools product export"
    assert [row[name] for name in ("metal", "taxonomy", "stateOf", "versionName")] == [
        "gold", "jewels", "new", "second",
    ]  # fmt: skip
    assert not {"metaTitle", "state"} & set(row)


@pytest.mark.parametrize(("end", "price"), [("2999-01-01", 19.0), ("2020-01-01", 29.0)])
def test_amazon_discounts_count_in_their_time(tmp_path: Path, end: str, price: float) -> None:
    offer = "purchasable_offer[marketplace_id=ATVPDKIKX0DER][audience=ALL]#1"
    less = f"{offer}.discounted_price#1.schedule#1"
    header = ["contribution_sku#1.value", "item_name[language_tag=en_US]#1.value",
              f"{offer}.our_price#1.schedule#1.value_with_tax", f"{less}.value_with_tax",
              f"{less}.start_at", f"{less}.end_at"]  # fmt: skip
    text = f"{','.join(header)}\nS1,Hat,29,19,2020-01-01,{end}\n"
    report, (row,) = products_of(tmp_path, "amazon.csv", text)
    assert (report.system, row["price"], row["currency"]) == ("Amazon inventory file", price, "USD")


def test_an_escaped_backslash_before_an_n_is_no_line_break(tmp_path: Path) -> None:
    text = (
        "ID,Type,SKU,Name,Published,Visibility in catalog,Description,Regular price\n"
        "1,simple,A,Hat,1,visible,Warm\\nC:\\\\new,9\n"
    )
    _, (row,) = products_of(tmp_path, "woo.csv", text)
    assert row["description"] == "Warm\nC:\\\\new"
