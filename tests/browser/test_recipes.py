"""The recipes of docs/widget.md, each as a shop would have it, on a page of another origin.

Shopify's and WordPress's template languages are not installed: what stands between their braces is
filled in as they would. React comes from npm, and that test is skipped if npm cannot be reached.
"""

import html
import re
import shutil
import subprocess

import pytest
from playwright.sync_api import expect

from tests.support.browser_pages import faults
from tests.support.docs_blocks import ROOT, blocks

PLACE = "https://twinset.example"
ITEM = "S0001"
# What each template's expression stands for on the page of a product.
LIQUID = {"product.id": ITEM, "shop.currency": "EUR"}
PHP = {"esc_attr($product->get_sku())": ITEM}
PACKAGES = ("react@19.2.0", "react-dom@19.2.0", "esbuild@0.25.10")
ENTRY = """import { createRoot } from "react-dom/client";
import { Similar } from "./recipe.jsx";
createRoot(document.getElementById("app")).render(<Similar item="ITEM" />);"""


def recipe(language, holding):
    """The block of docs/widget.md in this language that holds a text."""
    (found,) = (one.code for one in blocks("docs/widget.md", language) if holding in one.code)
    return found


def liquid(template):
    return re.sub(r"\{\{ *(.*?) *\}\}", lambda found: html.escape(LIQUID[found[1]]), template)


def php(code):
    """What the recipe prints: its `echo` and `printf` statements, in order."""
    printed = []
    for text, arguments in re.findall(r"(?:echo|printf\()\s*'(.*?)'(?:, (.*?)\))?;", code):
        values = [PHP[arguments]] if arguments else []
        assert text.count("%s") == len(values)
        printed.append(text % tuple(values) if values else text)
    assert len(printed) == 2
    return "".join(printed)


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """React and a bundler for its JSX."""
    if shutil.which("npm") is None:
        pytest.skip("needs npm")
    folder = tmp_path_factory.mktemp("react")
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefer-offline", *PACKAGES]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=90)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not answer in 90 seconds")
    if done.returncode:
        pytest.skip("npm cannot fetch React: " + done.stderr.decode()[-200:])
    return folder


@pytest.fixture
def open_recipe(visit, service, shop):
    """`open_recipe(html)`: the recipe on a page of a shop, with the service's own address."""

    def open_page(text):
        address = str(service.base_url).rstrip("/")
        shop.html = (
            "<!doctype html><html lang=en><meta charset=utf-8><title>A product</title>"
            "<link rel=icon href='data:,'><main><h1>A product</h1>"
            f"{text.replace(PLACE, address)}</main><p>Text below it.</p></html>"
        )
        page = visit("/livez")
        page.goto(f"{shop.origin}/product")
        return page

    return open_page


def check(page, service, **more):
    links = page.locator("twinset-similar a")
    expect(links).to_have_count(4)
    query = {"limit": 4, "group_by": "group_id", **more}
    answer = service.get(f"/items/{ITEM}/similar", params=query).json()
    found = [link.get_attribute("href").rsplit("/", 1)[1] for link in links.all()]
    assert found == [hit["id"] for hit in answer["items"]]
    assert page.get_by_role("list", name="Similar products").count() == 1
    assert faults(page) == []


def test_a_plain_page(open_recipe, service):
    text = recipe("html", "A product of my shop")
    check(open_recipe(text.replace("http://127.0.0.1:8000", PLACE)), service)


def test_the_page_of_the_tutorial(open_recipe, service):
    (block,) = blocks("docs/shops/google.md", "html")
    check(open_recipe(block.code.replace("http://127.0.0.1:8001", PLACE)), service)


def test_shopify(open_recipe, service):
    page = open_recipe(liquid(recipe("html", "product.id")))
    check(page, service, filter="available = true")
    expect(page.locator("twinset-similar [part=price]").first).to_contain_text("€")


def test_woocommerce(open_recipe, service):
    check(open_recipe(php(recipe("php", "get_sku"))), service)


def test_react(open_recipe, service, packages):
    (packages / "recipe.jsx").write_text(recipe("jsx", "useEffect"))
    (packages / "page.jsx").write_text(ENTRY.replace("ITEM", ITEM))
    subprocess.run(
        [
            "npx",
            "esbuild",
            "page.jsx",
            "--bundle",
            "--jsx=automatic",
            "--format=esm",
            "--minify",
            '--define:process.env.NODE_ENV="production"',
            "--outfile=page.js",
        ],
        cwd=packages,
        check=True,
        capture_output=True,
    )
    code = (packages / "page.js").read_text(encoding="utf-8").replace("</script", "<\\/script")
    page = open_recipe(f"<div id=app></div><script type=module>{code}</script>")
    check(page, service)


def test_no_recipe_is_left_out():
    page = (ROOT / "docs/widget.md").read_text(encoding="utf-8").split("## Recipes")[1]
    assert re.findall(r"^([A-Z]\w+)[^\n]*:$", page, re.MULTILINE) == [
        "Shopify",
        "WooCommerce",
        "React",
    ]
