"""Behind a path: every address that an answer names begins with it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.recommend.recommender import Recommender
from app.settings import Settings
from app.state import State
from tests.support.raw_client import check
from tests.support.small_shop import Server, open_shop, picture
from twinset.encoders import HashEncoder

ROOT = "/shops/north-1"
PROXIED = {"X-Forwarded-Prefix": ROOT}
BROWSER = {"Accept": "text/html"}
KEY = "a-read-key-0123456789"


@contextlib.contextmanager
def service(folder: Path, **options: Any) -> Iterator[httpx.Client]:
    settings = Settings(**options)
    state, encoder = State(settings), HashEncoder(32)
    state.recommender = Recommender(encoder, open_shop(folder, encoder), settings, state.metrics)
    with Server(state) as address, httpx.Client(base_url=address) as client:
        yield client


@pytest.fixture(scope="module", params=["setting", "header"])
def below(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """A client of a service behind a proxy that leaves its path out, or not; see `prefixes`."""
    folder = tmp_path_factory.mktemp("shop")
    if request.param == "setting":
        with service(folder, root_path=ROOT) as client:
            yield client
    else:
        with service(folder, trusted_proxies=("127.0.0.1",)) as client:
            client.headers.update(PROXIED)
            yield client


prefixes = pytest.mark.parametrize("prefix", ["", ROOT], ids=["left out", "passed on"])


@prefixes
def test_pictures_are_found_where_answers_say(below: httpx.Client, prefix: str) -> None:
    answers = [
        below.get(f"{prefix}/items/p1/similar?limit=3"),
        below.get(f"{prefix}/v1/items?limit=3"),
        below.post(f"{prefix}/recommend/by-image", files={"image": picture(1)}),
    ]
    addresses = [hit["item"]["image_url"] for answer in answers for hit in answer.json()["items"]]
    addresses.append(below.get(f"{prefix}/items/p1").json()["item"]["image_url"])
    for address in filter(None, addresses):
        assert address.startswith(f"{ROOT}/items/")
        assert below.get(address).status_code == 200


@prefixes
@pytest.mark.parametrize("path", ["/", "/search?q=hat", "/product/p1", "/docs", "/widget", "/none"])
def test_every_address_of_a_page_is_below_the_path(
    below: httpx.Client, prefix: str, path: str
) -> None:
    page = below.get(f"{prefix}{path}", headers=BROWSER).text
    named = re.findall(r'\s(?:href|src|action|data-address)="(/[^"]*)"', page)
    named += [a for s in re.findall(r'srcset="([^"]*)"', page) for a in re.findall("/[^ ]*", s)]
    assert named
    assert [address for address in named if not address.startswith(f"{ROOT}/")] == []
    assert [address for address in named if address.startswith(ROOT * 2)] == []
    loaded = {address for address in named if "/static/" in address or "/image" in address}
    assert all(below.get(address.replace("&amp;", "&")).status_code == 200 for address in loaded)
    assert f'data-root="{ROOT}"' in page


@prefixes
def test_the_document_names_its_servers(below: httpx.Client, prefix: str) -> None:
    servers = below.get(f"{prefix}/openapi.json").json()["servers"]
    assert servers == [{"url": ROOT}, {"url": f"{ROOT}/v1"}]


@prefixes
def test_what_is_not_there_is_not_there(below: httpx.Client, prefix: str) -> None:
    check(below.get(f"{prefix}/nowhere"), 404, "not_found")
    check(below.get(f"{prefix}{ROOT}{ROOT}/items"), 404, "not_found")


def test_a_session_leads_back_below_the_path(tmp_path: Path) -> None:
    with service(tmp_path, root_path=ROOT, read_keys=(KEY,)) as client:
        asked = client.get("/search?q=hat", headers=BROWSER)
        assert asked.status_code == 401
        assert f'name="next" value="{ROOT}/search?q=hat"' in asked.text
        for target, location in (
            (f"{ROOT}/search?q=hat", f"{ROOT}/search?q=hat"),
            ("", f"{ROOT}/"),
        ):
            begun = client.post("/sign-in", data={"key": KEY, "next": target})
            assert begun.headers["location"] == location
            assert f"path={ROOT}/" in begun.headers["set-cookie"].lower()


def test_the_path_is_believed_from_proxies_alone(client: httpx.Client) -> None:
    item = client.get("/items/p1", headers=PROXIED).json()["item"]
    assert item["image_url"] == "/items/p1/image"


def test_a_prefix_that_is_no_path_is_not_believed(tmp_path: Path) -> None:
    wrong = ["//evil.example", '/"><script>', "shop", "/a b", "/" + "x" * 900, "/a/../b", "/."]
    with service(tmp_path, trusted_proxies=("127.0.0.1",)) as client:
        for said, root in (*((prefix, "") for prefix in wrong), ("/.shop/..a", "/.shop/..a")):
            item = client.get("/items/p1", headers={"X-Forwarded-Prefix": said}).json()["item"]
            assert item["image_url"] == f"{root}/items/p1/image"


@pytest.mark.parametrize("wrong", ["shop", "/shop/", "//", "/a b", "/ü", "https://a.example/b"])
def test_a_root_path_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="root_path"):
        Settings(root_path=wrong)
