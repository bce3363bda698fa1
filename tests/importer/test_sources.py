"""Exports of each source system, as shops have them, recognised and read without an option."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from importer import ImportOptions, ImportReport, import_catalogue
from importer.sources import SYSTEMS
from twinset.errors import CatalogueError

WITHOUT_PICTURES = ImportOptions(fetch_pictures=False)


def read(tmp_path: Path, name: str, text: str | bytes) -> tuple[ImportReport, dict[str, Any]]:
    """The report of an import, and the products by title."""
    source = tmp_path / name
    source.write_bytes(text.encode() if isinstance(text, str) else text)
    report = import_catalogue(source, tmp_path / "out.parquet", WITHOUT_PICTURES)
    items = pq.read_table(tmp_path / "out.parquet").to_pylist()
    return report, {item["title"]: item for item in items}


def test_shopify_colours_with_pictures_are_items_of_one_group(tmp_path: Path) -> None:
    report, items = read(
        tmp_path,
        "products_export_1.csv",
        "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,"
        "Option2 Name,Option2 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,"
        "Variant Inventory Policy,Variant Price,Variant Image,Image Src,Image Position,"
        "Cost per item,Status\n"
        'tee,Merrow Tee,<p>Soft</p>,Merrow,T-Shirt,"basic, cotton",true,Color,Sage,Size,S,T1,'
        "shopify,0,deny,20.00,https://cdn.invalid/sage.jpg,https://cdn.invalid/sage.jpg,1,7,active\n"
        "tee,,,,,,,,Sage,,M,T2,shopify,3,deny,22.00,https://cdn.invalid/sage.jpg,,,7,\n"
        "tee,,,,,,,,Coal,,S,T3,shopify,0,deny,20.00,https://cdn.invalid/coal.jpg,"
        "https://cdn.invalid/coal.jpg,2,7,\n"
        "mug,Merrow Mug,,Merrow,Mug,,false,Title,Default Title,,,M1,,,deny,9.00,,,,3,active\n",
    )
    assert report.system == "Shopify CSV export"
    assert (report.accepted, report.hidden) == (2, 1)
    table = {item["id"]: item for item in pq.read_table(tmp_path / "out.parquet").to_pylist()}
    assert set(table) == {"tee-Sage", "tee-Coal"}
    assert {item["group_id"] for item in table.values()} == {"tee"}
    assert (table["tee-Sage"]["price"], table["tee-Sage"]["available"]) == (22.0, True)
    assert table["tee-Sage"]["Size"] == ["S", "M"]
    assert table["tee-Coal"]["available"] is False
    assert items["Merrow Tee"]["tags"] == ["basic", "cotton"]
    assert not any("cost" in name.lower() for name in items["Merrow Tee"])


def test_shopify_json_with_options(tmp_path: Path) -> None:
    product = {
        "id": 5,
        "title": "Merrow Sock",
        "handle": "merrow-sock",
        "body_html": "<p>Wool &amp; silk</p>",
        "vendor": "Merrow",
        "product_type": "Socks",
        "tags": "warm, winter",
        "images": [{"id": 1, "src": "https://cdn.invalid/s.jpg"}],
        "options": [{"name": "Size", "position": 1}],
        "variants": [
            {"id": 1, "option1": "S", "price": "8.00", "available": False},
            {"id": 2, "option1": "L", "price": "9.00", "available": True},
        ],
    }
    report, items = read(tmp_path, "feed.json", json.dumps({"products": [product]}))
    assert report.system == "Shopify products.json"
    sock = items["Merrow Sock"]
    assert (sock["id"], sock["price"], sock["available"]) == ("merrow-sock", 9.0, True)
    assert sock["Size"] == ["S", "L"]
    assert sock["description"] == "Wool & silk"


ATOM = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
<title>Merrow</title>
<entry><id>tag:shop,2026:1</id><g:id>A-1</g:id><title>Merrow Kilt</title>
<link href="https://shop.invalid/kilt"/><summary>plaid</summary>
<g:image_link>https://shop.invalid/kilt.jpg</g:image_link>
<g:price>GBP 80.00</g:price><g:sale_price>GBP 60.00</g:sale_price>
<g:availability>out_of_stock</g:availability><g:color>Red/Green</g:color>
<g:product_type>Men &gt; Kilts</g:product_type>
<g:tax><g:rate>20</g:rate></g:tax></entry></feed>"""


def test_google_atom(tmp_path: Path) -> None:
    report, items = read(tmp_path, "feed.atom", ATOM)
    assert report.system == "Google Merchant feed"
    kilt = items["Merrow Kilt"]
    assert (kilt["id"], kilt["price"], kilt["currency"]) == ("A-1", 60.0, "GBP")
    assert (kilt["available"], kilt["color"]) == (False, ["Red", "Green"])
    assert (kilt["link"], kilt["product_type"]) == ("https://shop.invalid/kilt", "Kilts")
    assert not any("tax" in name for name in kilt)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", ["\t", ",", ";"])
def test_google_text_in_any_encoding(tmp_path: Path, encoding: str, separator: str) -> None:
    header = ["id", "title", "image_link", "availability", "price", "condition", "item_group_id"]
    lines = [
        ["7", "Écharpe Merrow", "https://shop.invalid/7.jpg", "in stock", "12.50 EUR", "new", "G"],
        ["8", "Châle Merrow", "https://shop.invalid/8.jpg", "preorder", "15.00 EUR", "new", "G"],
        ["9", "Béret été", "https://shop.invalid/9.jpg", "out of stock", "9.00 EUR", "new", ""],
    ]
    text = "\r\n".join(separator.join(line) for line in (header, *lines))
    report, items = read(tmp_path, "feed.txt", text.encode(encoding))
    assert report.system == "Google Merchant feed"
    assert set(items) == {"Écharpe Merrow", "Châle Merrow", "Béret été"}
    assert (report.priced, report.sold_out, report.currency) == (3, 1, ("EUR",))


WOO_GERMAN = (
    "ID,Typ,Artikelnummer,Name,Veröffentlicht,Kurzbeschreibung,Beschreibung,Vorrätig?,Bestand,"
    "Angebotspreis,Regulärer Preis,Kategorien,Schlagwörter,Bilder,Übergeordnet\n"
    '21,simple,MM1,Merrow Mantel,1,kurz,<p>Loden</p>,1,4,,"189,00",Damen > Mäntel,warm,'
    "https://s.invalid/m.jpg,\n"
    '22,simple,MS1,Merrow Schal,1,,,0,0,"15,50","19,00",Damen > Schals,,https://s.invalid/s.jpg,\n'
)


def test_woocommerce_in_german(tmp_path: Path) -> None:
    report, items = read(tmp_path, "wc-export.csv", WOO_GERMAN)
    assert report.system == "WooCommerce CSV export"
    coat, scarf = items["Merrow Mantel"], items["Merrow Schal"]
    assert (coat["price"], coat["available"], coat["category"]) == (189.0, True, "Mäntel")
    assert (scarf["price"], scarf["available"]) == (15.5, False)
    assert coat["description"] == "Loden"


def test_magento_configurable(tmp_path: Path) -> None:
    report, items = read(
        tmp_path,
        "catalog_product.csv",
        "sku,product_type,attribute_set_code,categories,name,product_online,visibility,price,"
        "base_image,additional_attributes,qty,is_in_stock,configurable_variations\n"
        'MB,configurable,Shoe,"Default Category/Men,Default Category/Men/Boots",Merrow Boot,1,'
        '"Catalog, Search",,/m/b/mb.jpg,brand=Merrow,,1,"sku=MB-41,size=41|sku=MB-42,size=42"\n'
        "MB-41,simple,Shoe,Default Category/Men/Boots,Merrow Boot 41,1,Not Visible Individually,"
        '120.00,,"size=41,material=Leather|Suede",0,0,\n'
        "MB-42,simple,Shoe,Default Category/Men/Boots,Merrow Boot 42,1,Not Visible Individually,"
        '125.00,,"size=42,material=Leather",2,1,\n'
        "OFF,simple,Shoe,Default Category/Men,Merrow Old,2,Catalog,9.00,,,1,1,\n",
    )
    assert report.system == "Magento 2 export"
    assert set(items) == {"Merrow Boot"}
    boot = items["Merrow Boot"]
    assert (boot["price"], boot["available"], boot["category"]) == (125.0, True, "Boots")
    assert (boot["size"], boot["brand"]) == (["41", "42"], "Merrow")


OTHERS = {
    "PrestaShop export": (
        "ID;Active (0/1);Name*;Categories (x,y,z...);Price tax included;Wholesale price;Quantity;"
        "Description;Image URLs (x,y,z...)\n"
        "3;1;Merrow Vest;Vests,Men;44,90;12,00;0;<b>Quilted</b>;https://s.invalid/v.jpg\n"
        "4;1;Merrow Cape;Capes;60,00;12,00;5;;https://s.invalid/c.jpg\n",
        {"price": 44.9, "available": False, "category": "Vests", "description": "Quilted"},
        "Merrow Vest",
    ),
    "Wix Stores export": (
        "handleId,fieldType,name,description,productImageUrl,collection,price,surcharge,visible,"
        "inventory,productOptionName1,productOptionDescription1,cost\n"
        "p1,Product,Merrow Stole,<p>Lace</p>,a.jpg;b.jpg,Stoles,30,,true,InStock,Size,S;M,4\n"
        "p1,Variant,,,,,,5,,InStock,,S,\n"
        "p2,Product,Merrow Ghost,,c.jpg,,10,,false,InStock,,,\n",
        {"price": 35.0, "available": True, "category": "Stoles"},
        "Merrow Stole",
    ),
    "BigCommerce export": (
        "Item Type,Product ID,Product Name,Product Code/SKU,Price,Cost Price,Product Visible?,"
        "Track Inventory,Current Stock Level,Category,Product Image URL - 1,Brand Name\n"
        "Product,11,Merrow Robe,MR,70.00,20.00,Y,by product,0,Women/Robes,https://s/r.jpg,Merrow\n"
        "Product,12,Merrow Slip,MS,30.00,9.00,Y,none,0,Women/Slips,https://s/s.jpg,Merrow\n",
        {"price": 70.0, "available": False, "category": "Robes", "brand": "Merrow"},
        "Merrow Robe",
    ),
    "Akeneo export": (
        "sku;family;enabled;categories;name-en_US;name-de_DE;description-en_US-ecommerce;"
        "price-EUR;color\n"
        "AK1;belts;1;accessories;Merrow Belt;Merrow Gürtel;Calf leather;35.00;brown\n"
        "AK2;belts;0;accessories;Merrow Sash;;;20.00;red\n",
        {"price": 35.0, "currency": "EUR", "category": "belts", "color": "brown"},
        "Merrow Belt",
    ),
    "Spryker export": (
        "abstract_sku,concrete_sku,name.en_US,description.en_US,category_key,attribute_key_1,"
        "value_1,external_url_large\n"
        "001,001-1,Merrow Glove,Lambskin,gloves,colour,tan,https://s.invalid/g.jpg\n",
        {"id": "001", "category": "gloves", "colour": "tan", "description": "Lambskin"},
        "Merrow Glove",
    ),
}  # fmt: skip


@pytest.mark.parametrize("system", OTHERS)
def test_other_systems(tmp_path: Path, system: str) -> None:
    text, expected, title = OTHERS[system]
    report, items = read(tmp_path, "export.csv", text)
    assert report.system == system
    assert {name: items[title][name] for name in expected} == expected
    public = "".join(items[title]).lower()
    assert "cost" not in public
    assert "wholesale" not in public
    assert not {"Merrow Ghost", "Merrow Sash"} & set(items)


def test_salesforce_xml(tmp_path: Path) -> None:
    report, items = read(
        tmp_path,
        "catalog.xml",
        """<?xml version="1.0" encoding="UTF-8"?>
<catalog xmlns="http://www.demandware.com/xml/impex/catalog/2006-10-31" catalog-id="c">
<product product-id="SF1"><display-name xml:lang="x-default">Merrow Parka</display-name>
<long-description xml:lang="x-default">&lt;p&gt;Down&lt;/p&gt;</long-description>
<online-flag>true</online-flag><brand>Merrow</brand>
<images><image-group view-type="large"><image path="large/p.jpg"/></image-group></images>
<custom-attributes><custom-attribute attribute-id="color">olive</custom-attribute>
<custom-attribute attribute-id="fit">regular</custom-attribute></custom-attributes>
<classification-category>outerwear</classification-category></product>
<product product-id="SF2"><display-name>Merrow Off</display-name>
<online-flag>false</online-flag></product></catalog>""",
    )
    assert report.system == "Salesforce Commerce catalogue"
    assert set(items) == {"Merrow Parka"}
    parka = items["Merrow Parka"]
    assert (parka["id"], parka["color"], parka["fit"]) == ("SF1", "olive", "regular")
    assert (parka["category"], parka["description"]) == ("outerwear", "Down")


def test_a_feed_of_openai_names(tmp_path: Path) -> None:
    lines = [
        {"item_id": "o1", "title": "Merrow Top", "url": "https://s.invalid/o1",
         "image_url": "https://s.invalid/o1.jpg", "price": "25.00 USD",
         "availability": "in_stock", "color": "navy"},
    ]  # fmt: skip
    report, items = read(tmp_path, "feed.jsonl", "\n".join(map(json.dumps, lines)))
    assert report.system == "Google Merchant feed"
    assert (items["Merrow Top"]["price"], items["Merrow Top"]["currency"]) == (25.0, "USD")
    assert items["Merrow Top"]["link"] == "https://s.invalid/o1"


def test_packed_files_and_folders_of_files(tmp_path: Path) -> None:
    text = "id,title,price\n1,Merrow Hat,5\n"
    packed = gzip.compress(text.encode())
    assert "Merrow Hat" in read(tmp_path, "feed.csv.gz", packed)[1]
    with zipfile.ZipFile(tmp_path / "feed.zip", "w") as archive:
        archive.writestr("export/one.csv", text)
        archive.writestr("__MACOSX/._one.csv", "no")
    import_catalogue(tmp_path / "feed.zip", tmp_path / "zip.parquet", WITHOUT_PICTURES)
    folder = tmp_path / "parts"
    folder.mkdir()
    for part in range(3):
        (folder / f"part-{part}.csv").write_text(f"id,title\n{part},Merrow Hat {part}\n")
    report = import_catalogue(folder, tmp_path / "folder.parquet", WITHOUT_PICTURES)
    assert report.accepted == 3


def test_no_two_systems_share_a_name() -> None:
    assert len({system.name for system in SYSTEMS}) == len(SYSTEMS)


def test_an_export_of_hidden_products_alone_says_so(tmp_path: Path) -> None:
    text = "Handle,Title,Variant Price,Status,Option1 Name,Published\na,Hat,1,draft,,true\n"
    with pytest.raises(CatalogueError, match="hides all 1 products"):
        read(tmp_path, "products.csv", text)
