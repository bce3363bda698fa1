"""Layouts that shops' exports have beside those of the folder `feeds`."""

import gzip
import json
import zipfile

import pytest

from importer import ImportOptions, import_catalogue, inspect_source
from twinset import cli
from twinset.catalogue import Catalogue
from twinset.errors import CatalogueError

SQUARE = """\
Token,Item Name,Variation Name,SKU,Category,Price,Current Quantity Shop,Current Quantity Store,\
Option Name 1,Option Value 1,Archived
T1,Wool Scarf,S,WS-S,Scarves (#AB12),29.00,0,0,Size,S,N
T2,Wool Scarf,M,WS-M,Scarves (#AB12),31.00,0,4,Size,M,N
T3,Felt Hat,Regular,FH,Hats,variable,,,,,N
T4,Old Hat,Regular,OH,Hats,9.00,1,,,,Y
"""
LIGHTSPEED = """\
Internal_ID,Visible,Brand,NL_Title_Short,EN_Title_Short,NL_Description_Long,Internal_Variant_ID,\
NL_Variant,Price,Price_Old,Stock_Level,Article_Code,SKU,Images,NL_Category_1,NL_Subcategory_1
51,Y,Noord,Rode muts,Red beanie,<p>Warm</p>,901,"Maat: S, Kleur: Rood",19.95,24.95,0,M-S,,\
https://s.example/1.jpg,Dames,Mutsen
52,N,Noord,Sjaal,Scarf,Zacht,902,Default,29.95,,3,S,,https://s.example/2.jpg,Dames,Sjaals
51,Y,Noord,Rode muts,Red beanie,<p>Warm</p>,903,"Maat: M, Kleur: Rood",21.95,24.95,2,M-M,,\
https://s.example/1.jpg,Dames,Mutsen
"""
TILL = """\
System ID,UPC,EAN,Custom SKU,Manufact. SKU,Item,Qty.,Price,Brand,Category,Subcategory 1,\
Matrix Description,Size,Color
2101,,,J-1,,Linen Shirt S White,4,49.90,Noord,Men,Shirts,Linen Shirt,S,White
2102,,,J-2,,Linen Shirt M White,0,39.90,Noord,Men,Shirts,Linen Shirt,M,White
2103,,,J-3,,Rain Coat,2,99.90,Noord,Men,Coats,,,
"""
JAPANESE = """\
ID,タイプ,SKU,名前,公開済み,説明,在庫あり?,セール価格,通常価格,カテゴリー,タグ,画像,親,\
属性 1 の名前,属性 1 の値
1,simple,K1,赤いマフラー,1,毛,1,,4980,レディース > マフラー,冬,https://s.example/1.jpg,,色,赤
2,simple,K2,青い帽子,1,綿,0,1980,3980,メンズ > 帽子,,https://s.example/2.jpg,,色,青
"""


def rows_of(tmp_path, name, content):
    """The rows of the catalogue that a file becomes, without fetching its pictures."""
    source = tmp_path / name
    source.write_bytes(content if isinstance(content, bytes) else content.encode())
    catalogue = tmp_path / "catalog.parquet"
    report = import_catalogue(source, catalogue, ImportOptions(fetch_pictures=False))
    return report, Catalogue(catalogue).rows().to_pylist()


def test_square_variations_of_an_item_are_one_product(tmp_path):
    report, rows = rows_of(tmp_path, "items.csv", SQUARE)
    assert report.system == "Square item library"
    assert report.hidden == 1
    scarf, hat = rows
    assert (scarf["title"], scarf["category"], scarf["Size"]) == (
        "Wool Scarf",
        "Scarves",
        ["S", "M"],
    )
    assert (scarf["price"], scarf["available"]) == (31.0, True)  # S is sold out
    assert (hat["title"], hat["price"], hat["available"]) == ("Felt Hat", None, None)


def test_headers_in_small_letters_keep_the_products_of_a_till_apart(tmp_path):
    header, rows = SQUARE.split("\n", 1)
    report, found = rows_of(tmp_path, "items.csv", f"{header.lower()}\n{rows}")
    assert [one["title"] for one in found] == ["Wool Scarf", "Felt Hat"]
    for name, text, kept in (("web.csv", LIGHTSPEED, 1), ("till.csv", TILL, 2)):
        header, rows = text.replace("Internal_ID", "Internal_Id").split("\n", 1)
        header = header.lower() if text is TILL else header
        report, found = rows_of(tmp_path, name, f"{header}\n{rows}")
        assert (report.accepted, report.rejected) == (kept, {})
    assert found[0]["size"] == ["S", "M"]


def test_square_rows_without_a_name_are_products_of_their_own(tmp_path):
    text = "Token,Item Name,Variation Name,Category,Price\nT1,,S,Hats,1\nT2,,M,Hats,2\n"
    with pytest.raises(CatalogueError, match="2 rows: neither title nor image"):
        rows_of(tmp_path, "items.csv", text)


def test_lightspeed_variants_are_folded_wherever_they_stand(tmp_path):
    report, rows = rows_of(tmp_path, "products.csv", LIGHTSPEED)
    assert report.system == "Lightspeed eCom export"
    assert report.hidden == 1
    (beanie,) = rows
    assert (beanie["id"], beanie["title"], beanie["category"]) == ("51", "Red beanie", "Mutsen")
    assert (beanie["price"], beanie["available"]) == (21.95, True)
    assert (beanie["Maat"], beanie["Kleur"]) == (["S", "M"], "Rood")


def test_the_matrix_of_a_lightspeed_till_is_one_product(tmp_path):
    report, rows = rows_of(tmp_path, "till.csv", TILL)
    assert report.system == "Lightspeed Retail export"
    shirt, coat = rows
    assert (shirt["title"], shirt["price"], shirt["Size"]) == ("Linen Shirt", 49.9, ["S", "M"])
    assert (coat["title"], coat["category"]) == ("Rain Coat", "Coats")


def test_a_japanese_woocommerce_export_has_titles(tmp_path):
    report, rows = rows_of(tmp_path, "wc.csv", JAPANESE.encode("cp932"))
    assert report.system == "WooCommerce CSV export"
    assert [row["title"] for row in rows] == ["赤いマフラー", "青い帽子"]
    assert [row["price"] for row in rows] == [4980.0, 1980.0]
    assert [row["category"] for row in rows] == ["マフラー", "帽子"]


@pytest.mark.parametrize(
    "head",
    ["<rss>", '<?xml version="1.0"?>\n<!-- <old:feed> by a plugin -->\n<rss version="2.0">'],
)
def test_prefixes_that_a_feed_does_not_declare_are_read(tmp_path, head):
    item = (
        "<item><g:id>A1</g:id><g:title>Red <![CDATA[<b:b>]]></g:title><g:price>49.90 EUR</g:price>"
        "<g:image_link>https://s.example/1.jpg</g:image_link><x:season>Winter</x:season></item>"
    )
    _, (row,) = rows_of(tmp_path, "feed.xml", f"{head}<channel>{item}</channel></rss>")
    assert (row["id"], row["price"], row["season"]) == ("A1", 49.9, "Winter")


def test_a_prefix_without_a_declaration_far_behind_is_still_refused(tmp_path):
    plain = f"<item><id>1</id><title>{'red ' * 100}</title></item>" * 1000
    (tmp_path / "feed.xml").write_text(f"<rss>{plain}<item><g:id>2</g:id></item></rss>")
    with pytest.raises(CatalogueError, match="unbound prefix"):
        inspect_source(tmp_path / "feed.xml")


def test_a_workbook_by_another_name_says_what_it_is(tmp_path):
    with zipfile.ZipFile(tmp_path / "products.csv", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(CatalogueError, match="Excel workbook"):
        inspect_source(tmp_path / "products.csv")


def test_a_metafield_of_shopify_is_a_list(tmp_path):
    text = "id,title,price,image,Material\n" + "".join(
        f'{n},Coat {n},9.90,https://s.example/{n}.jpg,"{value}"\n'
        for n, value in enumerate(['[""cotton"",""linen""]', '[""wool""]', ""])
    )
    _, rows = rows_of(tmp_path, "feed.csv", text)
    assert [row["Material"] for row in rows] == [["cotton", "linen"], ["wool"], None]


def table(**columns):
    """A German table of products with further columns of numbers."""
    heads = ";".join(["Art.-Nr.", "Bezeichnung", "Preis", *columns])
    lines = [
        ";".join([str(n), f"Hose {n}", price, *values])
        for n, (price, *values) in enumerate(
            zip(("49,90", "59,90", "1.159,90"), *columns.values(), strict=True)
        )
    ]
    return "\n".join([heads, *lines])


def test_decimal_commas_of_attributes_are_numbers(tmp_path):
    text = table(Gewicht=("0,2", "1", "-1,25"), Breite=("12,5", "13", "14,75"))
    _, rows = rows_of(tmp_path, "table.csv", text)
    assert [row["Gewicht"] for row in rows] == [0.2, 1.0, -1.25]
    assert [row["Breite"] for row in rows] == [12.5, 13.0, 14.75]


def test_commas_that_may_be_no_decimals_stay_text(tmp_path):
    text = table(
        Masse=("1,299", "12,5", "3"), Groesse=("42,5", "43", "0,5"), Teile=("1,2", "a", "3")
    )
    _, rows = rows_of(tmp_path, "table.csv", text)
    assert [row["Masse"] for row in rows] == ["1,299", "12,5", "3"]
    assert [row["Groesse"] for row in rows] == ["42,5", "43", "0,5"]
    assert [row["Teile"] for row in rows] == ["1,2", "a", "3"]


def test_pairs_of_numbers_stay_text_without_a_word_for_decimals(tmp_path):
    text = 'id,title,price,related\n1,Hat,9.90,"2,3"\n2,Cap,8.90,"1,3"\n3,Bag,7.90,"1,2"\n'
    _, rows = rows_of(tmp_path, "table.csv", text)
    assert [row["related"] for row in rows] == ["2,3", "1,3", "1,2"]


def test_a_dry_run_needs_no_catalogue(tmp_path, capsys):
    feed = tmp_path / "feed.gz"
    feed.write_bytes(gzip.compress(json.dumps([{"id": "1", "title": "Hat"}]).encode()))
    assert cli.run(["import", str(feed), "--dry-run"]) == 0
    assert "1 products" in capsys.readouterr().out
    assert cli.run(["import", str(feed)]) == 1
    assert "name the catalogue to write" in capsys.readouterr().err


def test_names_and_prices_deep_in_json_are_read(tmp_path):
    product = {
        "productId": "n1",
        "info": {"name": {"de": "Rotes Kleid", "en": "Red dress"}, "brand": {"name": "Aster"}},
        "pricing": {
            "current": {"value": 49.9, "currency": "EUR"},
            "original": {"value": 69.9, "currency": "EUR"},
        },
        "media": [{"type": "image", "url": "https://s.example/1.jpg"}],
    }
    document = json.dumps({"data": {"products": [product, {**product, "productId": "n2"}]}})
    report, rows = rows_of(tmp_path, "feed.json", document)
    assert (rows[0]["title"], rows[0]["price"]) == ("Red dress", 49.9)
    assert rows[0]["pricing_original"] == 69.9
    assert [note for note in report.warnings if "nested" in note] == []


@pytest.mark.parametrize(
    ("word", "encoding"),
    [("赤", "cp932"), ("ドレス", "cp932"), ("men\u2019s", "cp1252"), ("été", "cp1252")],
)
def test_a_table_with_one_word_beyond_ascii_is_read(tmp_path, word, encoding):
    text = f"sku,name,price,image,color\n1,Hat,49,https://s.example/1.jpg,{word}\n2,Cap,39,,black\n"
    _, rows = rows_of(tmp_path, "feed.csv", text.encode(encoding))
    assert rows[0]["color"] == word
