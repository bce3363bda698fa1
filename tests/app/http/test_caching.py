"""What is kept by browsers and CDNs, and what is sent in gzip."""

from __future__ import annotations

import re

import httpx
import pytest

from app.settings import Settings

GZIP = {"Accept-Encoding": "gzip"}
PLAIN = {"Accept-Encoding": "identity"}


@pytest.mark.parametrize("path", ["/items", "/items/p1/similar", "/", "/openapi.json", "/metrics"])
def test_text_is_sent_in_gzip_to_those_who_ask(client: httpx.Client, path: str) -> None:
    packed, plain = client.get(path, headers=GZIP), client.get(path, headers=PLAIN)
    assert packed.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert "content-encoding" not in plain.headers
    if path == "/items":
        assert packed.json()["items"] == plain.json()["items"]


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip;q=0", False),
        ("gzip; q=0.0, br", False),
        ("br, zstd", False),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("deflate, gzip;q=0.01", True),
    ],
)
def test_gzip_is_sent_only_to_those_who_take_it(
    client: httpx.Client, accepted: str, packed: bool
) -> None:
    for path in ("/items", "/static/pages.css"):
        answer = client.get(path, headers={"Accept-Encoding": accepted})
        assert ("content-encoding" in answer.headers) == packed
        assert answer.content[:1] not in (b"", b"\x1f")  # the client unpacks it


@pytest.mark.parametrize("path", ["/items/p1/image", "/livez", "/static/fonts/inter.woff2"])
def test_pictures_and_crumbs_are_not(client: httpx.Client, path: str) -> None:
    assert "content-encoding" not in client.get(path, headers=GZIP).headers


def test_files_named_by_their_content_last(client: httpx.Client) -> None:
    page = client.get("/").text
    named = re.search(r'href="(/static/[0-9a-f]{16}/pages\.css)"', page)
    assert named is not None
    kept = client.get(named[1])
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "accept-encoding" in kept.headers["vary"].lower()
    asked = client.get("/static/pages.css")
    assert asked.headers["cache-control"] == "no-cache"
    assert asked.content == kept.content
    stale = named[1].replace("/static/", "/static/0")
    assert client.get(stale).status_code == 404


def test_lists_of_similar_items_are_kept_if_the_shop_says_so() -> None:
    assert Settings().cache_headers == {"Cache-Control": "private, no-cache"}
    said = Settings(cache_seconds=60).cache_headers
    lasts = "public, max-age=60, s-maxage=60, stale-while-revalidate=60"
    assert said == {"Cache-Control": lasts, "Vary": "Accept-Encoding"}
    keyed = Settings.model_validate({"cache_seconds": 60, "read_keys": "k" * 16})
    assert keyed.cache_headers == {"Cache-Control": "private, no-cache"}
