"""The shop's own settings, and what search engines read."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.recommend.recommender import Recommender
from app.settings import Settings
from app.state import State
from app.storefront.content.catalogue_language import texts_language
from app.storefront.interface.interface_words import words_of
from app.storefront.shop.shop_settings import Colours, ShopSettings, load_shop
from app.storefront.shop.structured_data import product_data
from tests.support.small_shop import Server, open_shop, picture
from twinset.encoders import HashEncoder
from twinset.errors import ConfigError
from twinset.index.indexed_items import ItemTable
from twinset.languages import MultilingualTexts
from twinset.languages.multilingual_texts import LANGUAGES_FILE

COMPACT = Path(__file__).parents[3] / "models" / "compact"
NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.mark.parametrize(
    ("language", "currency", "own", "written"),
    [
        ("en", None, None, "1,299.50"),
        ("en", "EUR", None, "€1,299.50"),
        ("en", "EUR", "CHF", "CHF 1,299.50"),
        ("de", "EUR", None, "1.299,50 €"),
        ("fr", "EUR", None, "1\u202f299,50 €"),
        ("it", None, None, "1.299,50"),
        ("en", "JPY", None, "¥1,300"),
        ("es", "PLN", None, "1.299,50 zł"),
    ],
)
def test_prices_are_written_as_the_language_writes_them(language, currency, own, written):
    words = words_of(language)
    assert ShopSettings(currency=currency).money(1299.5, own, words) == written


def test_a_file_that_does_not_fit_is_refused_in_words(tmp_path: Path):
    shop = tmp_path / "shop.toml"
    for text, reason in (
        ("name = ", "is not TOML"),
        ("colour = 'red'", "colour: extra inputs are not permitted"),
        ("languages = ['pl']", "languages.0: input should be 'en', 'de', 'fr', 'es' or 'it'"),
        ("languages = []", "languages: tuple should have at least 1 item"),
        ("catalogue_language = 'German'", "catalogue_language: string should match"),
        ("currency = 'euro'", "currency: string should match"),
        ("product_link = '/p/{id}'", "product_link: an https:// address with {id} in it"),
        ("product_link = 'javascript:{id}'", "product_link: an https:// address"),
        ("colours.accent = 'red;} body {'", "colours.accent: string should match"),
        ("logo = 'none.svg'", "none.svg: cannot be read"),
    ):
        shop.write_text(text)
        with pytest.raises(ConfigError, match=re.escape(reason)):
            load_shop(shop)
    (tmp_path / "logo.txt").write_text("no picture")
    shop.write_text("logo = 'logo.txt'")
    with pytest.raises(ConfigError, match=r"logo\.txt: is neither SVG nor a picture"):
        load_shop(shop)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_shop(tmp_path / "none.toml")


def test_pages_are_the_shops_own(tmp_path: Path):
    (tmp_path / "logo.png").write_bytes(picture(1, "PNG"))
    lines = (
        'name = "Anna\'s <Shop>"',
        "logo = 'logo.png'",
        "currency = 'EUR'",
        "languages = ['de', 'en']",
        "developer = false",
        "product_link = 'https://anna.example/p/{id}?from=search'",
        "colours.accent = '#0055aa'",
    )
    (tmp_path / "shop.toml").write_text("\n".join(lines))
    state = State(Settings(shop=tmp_path / "shop.toml"))
    encoder = HashEncoder(256)
    version = open_shop(tmp_path, encoder)
    state.recommender = Recommender(encoder, version, state.settings, state.metrics)
    with Server(state) as address, httpx.Client(base_url=address) as c:
        page = c.get("/product/p1").text
        assert "Anna&#39;s &lt;Shop&gt;</title>" in page
        assert 'href="https://anna.example/p/p1?from=search"' in page
        assert "/openapi.json" not in page
        assert "The API call" not in page
        assert '<html lang="de"' in page
        english = c.get("/product/p1", headers={"Accept-Language": "en-GB,de;q=0.5"})
        assert '<html lang="en"' in english.text
        assert re.search(r"\d+,\d\d €", page)
        assert "light-dark(#0055aa, #0055aa)" in c.get("/shop.css").text
        assert c.get("/shop-logo").headers["content-type"] == "image/png"


def test_texts_of_the_catalogue_are_marked_with_their_language(tmp_path: Path):
    (tmp_path / "shop.toml").write_text("catalogue_language = 'de-AT'")
    state = State(Settings(shop=tmp_path / "shop.toml"))
    encoder = HashEncoder(256)
    version = open_shop(tmp_path, encoder)
    state.recommender = Recommender(encoder, version, state.settings, state.metrics)
    with Server(state) as address, httpx.Client(base_url=address) as c:
        title = version.items.item(1)["title"]
        for path in ("/product/p1", "/search", "/search?f.gender=Men"):
            english = c.get(path, headers={"Accept-Language": "en"}).text
            assert 'lang="de-AT"' in english
            german = c.get(path, headers={"Accept-Language": "de"}).text
            assert 'lang="de-AT"' not in german
        page = c.get("/product/p1", headers={"Accept-Language": "fr"}).text
        assert f'<h1 lang="de-AT">{title}</h1>' in page
        assert '<h2 lang="de-AT">' not in page
        assert 'const TEXTS = "de-AT";' in c.get("/widget.js").text


def test_the_language_of_a_catalogue_is_that_of_its_titles(tmp_path: Path):
    encoder = HashEncoder(256)
    encoder.languages = MultilingualTexts.load(COMPACT / LANGUAGES_FILE)
    german = ["Schwarze Schuhe für Damen", "Rotes Kleid mit Blumen", "Wasserdichte Jacke", "Levi's"]
    for titles, code in ((german, "de"), (["Red dress", "Blue shirt"], "en"), ([None], "")):
        rows = [{"id": f"i{n}", "title": title} for n, title in enumerate(titles)]
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "items.parquet")
        table = ItemTable(tmp_path / "items.parquet")
        recommender = SimpleNamespace(encoder=encoder, version=SimpleNamespace(items=table))
        assert texts_language(ShopSettings(), recommender) == code
        assert texts_language(ShopSettings(catalogue_language="nl"), recommender) == "nl"
    assert texts_language(ShopSettings(), None) == ""
    assert texts_language(ShopSettings(), SimpleNamespace(encoder=HashEncoder(8))) == ""


def test_a_product_page_says_what_it_shows_to_search_engines(client: httpx.Client):
    page = client.get("/product/p1").text
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    data = json.loads(found[1])
    item = client.get("/items/p1").json()["item"]
    assert (data["@type"], data["sku"], data["name"]) == ("Product", "p1", item["title"])
    assert data["url"].endswith("/product/p1")
    assert f'<link rel="canonical" href="{data["url"]}">' in page
    assert "offers" not in data  # a price without a currency is no offer


def test_an_offer_has_a_price_a_currency_and_a_stock():
    item = {"id": "1", "title": "</script>", "price": 9.5, "available": False, "brand": "B"}
    data = product_data(item, "https://a/1", None, ShopSettings(currency="EUR"))
    assert data["offers"]["price"] == "9.50"
    assert data["offers"]["availability"] == "https://schema.org/OutOfStock"
    assert "image" not in data


def test_the_sitemap_names_every_product_once(client: httpx.Client):
    tree = ElementTree.fromstring(client.get("/sitemap.xml").text)  # noqa: S314 - our own
    places = [place.text for place in tree.iter(f"{NAMESPACE}loc")]
    total = client.get("/items", params={"limit": 1}).json()["total"]
    assert len(places) == len(set(places)) == total + 1
    assert client.get(places[5]).status_code == 200
    assert client.get("/sitemap.xml", params={"part": 99}).status_code == 404
    robots = client.get("/robots.txt").text
    assert robots.splitlines()[-1] == f"Sitemap: {client.base_url}/sitemap.xml".replace("//s", "/s")
    assert "Disallow: /search" in robots


def test_colours_are_colours():
    assert ShopSettings().style == ""
    assert "#112233" in ShopSettings(colours=Colours(accent_dark="#112233")).style
