"""The pages' words: the same keys in each language, all of them used, and no sentence elsewhere."""

from __future__ import annotations

import re
from html import escape
from string import Formatter
from urllib.parse import quote

import httpx
import pytest

from app.storefront.html_templates import FOLDER
from app.storefront.interface.interface_words import LANGUAGES, best_language, words_of
from app.storefront.interface.widget_words import SCRIPT, with_words
from tests.support.small_shop import ODD_ID

TEMPLATES = FOLDER / "templates"
# Pages for operators and developers, who read English; and what a file of nginx holds.
ENGLISH = {"operator.html", "reference.html", "widget.html", "for_developers.html", "drawer.html"}
SCRIPTS = [
    FOLDER / "static" / f"{name}.js"
    for name in ("crop", "photo", "price", "show", "storefront", "suggest", "values")
]
KEY = re.compile(r'\b(?:t|n|word|words|words_for\(request\))(?:\.count)?\(\s*"([a-z_.]+)"')
MADE = {"list", "query", "sorting", "error", "fields", "script", "widget", "spoken"}
USED = (*TEMPLATES.glob("*.html"), *FOLDER.rglob("*.py"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_gaps(language: str) -> None:
    english, words = words_of("en"), words_of(language)
    assert words.keys == english.keys
    for key in english.keys:
        gaps = [
            {name for _, name, _, _ in Formatter().parse(one._texts[key]) if name}
            for one in (english, words)
        ]
        assert gaps[0] == gaps[1], key
        assert words._texts[key].strip() == words._texts[key] or key == "photo.keys", key


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_every_language_is_a_translation(language: str) -> None:
    english, words = words_of("en"), words_of(language)
    same = [key for key in english.keys if english._texts[key] == words._texts[key]]
    assert len(same) < 0.08 * len(english.keys), same


def test_every_key_is_used_and_every_used_key_is_there() -> None:
    known = words_of("en").keys
    used = {key for path in USED for key in KEY.findall(path.read_text(encoding="utf-8"))}
    plain = {key.removesuffix(".one").removesuffix(".other") for key in known}
    assert {key for key in used if key not in plain and not key.endswith((".", "~"))} == set()
    spoken = {word for path in SCRIPTS for word in KEY.findall(path.read_text(encoding="utf-8"))}
    assert {f"script.{word}" for word in spoken} <= known
    assert [k for k in plain if k not in used and k.partition(".")[0] not in MADE] == ["language"]


def test_no_template_holds_a_sentence_of_its_own() -> None:
    for path in sorted(TEMPLATES.glob("*.html")):
        if path.name in ENGLISH:
            continue
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"\{#.*?#\}|<style>.*?</style>|<svg.*?</svg>", "", text, flags=re.DOTALL)
        text = re.sub(r'<(span|a) [^>]*lang="en".*?</\1>', "", text, flags=re.DOTALL)
        text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
        told = re.findall(r' (?:aria-label|title|placeholder|alt)="([^"]*[A-Za-z][^"]*)"', text)
        told += re.findall(r">([^<>]*[A-Za-z]{2}[^<>]*)<", re.sub(r'"[^"]*"', '""', text))
        assert [one for one in told if one.strip() not in ("", "ms", "· Twinset")] == [], path.name


def test_no_script_holds_a_sentence_of_its_own() -> None:
    sentence = re.compile(r"[\"'`]([A-Z][a-z]+(?: [a-z]+)+[^\"'`]*)[\"'`]")
    for path in SCRIPTS:
        code = re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert sentence.findall(code) == [], path.name


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("", "de"),
        ("fr", "fr"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("pl,en;q=0.5", "en"),
        ("en;q=0.2,fr;q=0.9", "fr"),
        ("es, fr;q=0", "de"),
        ("*", "de"),
        ("fr;q=x,en;q=0.1", "en"),
        ("ja,zh", "de"),
    ],
)
def test_the_language_is_the_one_that_the_browser_prefers(wanted: str, chosen: str) -> None:
    assert best_language(wanted, ("de", "fr", "en")) == chosen


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_in_one_language(client: httpx.Client, language: str) -> None:
    for path in ("/", "/search?q=shirt&high=20", "/product/p1", "/product/none"):
        answer = client.get(path, headers={"Accept-Language": language})
        assert f'<html lang="{language}"' in answer.text
        assert answer.headers["vary"].startswith("Accept-Language, Cookie")
        assert f'lang="{language}" hreflang="{language}" rel="nofollow" aria-current' in answer.text


def test_a_chosen_language_stays(client: httpx.Client) -> None:
    with httpx.Client(base_url=client.base_url, headers={"Accept-Language": "en"}) as reader:
        chosen = reader.get("/search?q=hat&language=it")
        assert 'href="/search?q=hat&amp;language=de"' in chosen.text
        assert '<html lang="it"' in reader.get("/").text
        assert "language" not in reader.get("/search?q=hat").text.split("data-address")[1][:60]


def test_numbers_and_plurals_are_those_of_the_language() -> None:
    counts = {one: words_of(one).count("list.products", 0) for one in LANGUAGES}
    assert counts["fr"] == "0 produit"
    assert counts["de"] == "0 Produkte"
    assert words_of("en").count("list.products", 1) == "1 product"
    assert words_of("it").count("list.products", 12345) == "12.345 prodotti"


def test_the_widget_holds_the_words_of_the_files() -> None:
    script = SCRIPT.read_text(encoding="utf-8")
    assert script == with_words(script)
    for language in LANGUAGES:
        assert words_of(language)("widget.nothing") in script
    keys = set(re.findall(r'word\("([a-z_]+)"\)|label = "([a-z_]+)"', script))
    assert {one or other for one, other in keys} == set(words_of("en").part("widget"))


def test_a_page_leads_to_itself_in_other_languages(client: httpx.Client) -> None:
    for item_id in ("p1", ODD_ID):
        page = client.get(f"/product/{quote(item_id, safe='')}")
        link = re.search(r'<a href="([^"]*language=de)" lang="de"', page.text)
        assert link is not None
        german = httpx.get(f"{client.base_url}".rstrip("/") + link[1].replace("&amp;", "&"))
        assert german.status_code == 200
        assert '<html lang="de"' in german.text
        assert german.text.count(escape(item_id)) == page.text.count(escape(item_id))
