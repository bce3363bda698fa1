"""The pages of shop systems: their commands run as written, on exports of each system."""

from __future__ import annotations

import functools
import http.server
import io
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.support.docs_blocks import ROOT, blocks
from tests.support.running_service import running_service, twinset

SHOP = "https://shop.example"
FEEDS = ROOT / "tests/importer/feeds"
# What each page calls its files, and the export that stands in for each.
PAGES = {
    "shopify": {
        "products_export.csv": "shopify/new_columns.csv",
        "products.json": "shopify/pages.json",
    },
    "woocommerce": {
        "wc-product-export.csv": "woocommerce/german.csv",
        "wordpress.xml": "woocommerce/wordpress.xml",
    },
    "magento": {"catalog_product.csv": "magento/catalog_product.csv"},
    "google": {"feed.xml": "google/details.xml"},
}
_SETTING = re.compile(r"TWINSET_\w+=")
_PICTURE = re.compile(r"https?://\w+\.invalid/[\w/-]+\.jpg[^\s,;\"<]*")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder that a server hands out, with a picture, and the server's address."""
    file = io.BytesIO()
    Image.new("RGB", (60, 80), "teal").save(file, "JPEG")
    (tmp_path / "picture.jpg").write_bytes(file.getvalue())
    for name in ("wj01", "wj01-blue", "wj01-red", "wj01-back", "wj01-side"):
        path = tmp_path / "media/w/j" / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.getvalue())
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield tmp_path, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


# The others begin with other files and go on with the same commands.
LONG = [pytest.param(page, marks=pytest.mark.long) for page in ("woocommerce", "magento")]


@pytest.mark.parametrize("page", ["shopify", "google", *LONG])
def test_the_commands_of_a_page_run(page: str, shop: tuple[Path, str], compact: Path) -> None:
    folder, address = shop
    for name, export in PAGES[page].items():
        shutil.copy(FEEDS / export, folder / name)
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(_PICTURE.sub(f"{address}/picture.jpg", text), encoding="utf-8")
    lines = [
        line for block in blocks(f"docs/shops/{page}.md", "console")
        for line in block.code.splitlines()
    ]  # fmt: skip
    assert lines
    for line in lines:
        # A setting before the command is for its process alone.
        program, command, *words = (word for word in line.split() if not _SETTING.match(word))
        assert program == "twinset"
        if command != "serve":
            twinset(command, *(_placed(word, folder, address, compact) for word in words))
    with running_service(compact, folder / "index") as (client, _):
        listed = client.get("/items", params={"limit": 10}).json()["items"]
        pictures = [client.get(f"/items/{item['id']}/image").status_code for item in listed]
        assert 200 in pictures


def _placed(word: str, folder: Path, address: str, compact: Path) -> str | Path:
    if word == "models/compact":
        return compact
    if word.startswith(SHOP):
        return word.replace(SHOP, address)
    return word if word.startswith("-") else folder / word
