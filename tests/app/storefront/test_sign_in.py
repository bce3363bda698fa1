"""The storefront of a service with keys: a browser signs in, and gets what a key would get."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import httpx
import pytest

from app.http.sessions import COOKIE, LASTS_S, Sessions
from app.settings import Settings
from tests.support.bad_requests import LIMIT
from tests.support.guarded_service import KEYS, service
from tests.support.raw_client import check

ADMIN = "admin-key-0123456789"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SETTINGS = Settings.model_validate({"read_keys": ",".join(KEYS), "admin_key": ADMIN})


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("shop")
    with service(folder, read_keys=KEYS, admin_key=ADMIN) as client:
        client.headers.update(BROWSER)
        yield client


@pytest.fixture
def browser(shop: httpx.Client) -> Iterator[httpx.Client]:
    """One that is nobody yet."""
    shop.cookies.clear()
    yield shop
    shop.cookies.clear()


def sign_in(browser: httpx.Client, key: str, target: str = "/") -> httpx.Response:
    return browser.post("/sign-in", data={"key": key, "next": target})


PAGES = ["/", "/search?q=red+hat", "/product/p1"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_for_a_key_and_tells_nothing(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("text/html")
    assert 'action="/sign-in"' in answer.text
    assert f'name="next" value="{path}"' in answer.text
    assert not re.search(r"dress|/items/|\b25\b products", answer.text)


@pytest.mark.parametrize("key", [*KEYS, ADMIN])
@pytest.mark.parametrize("path", PAGES)
def test_a_key_opens_the_page_that_was_asked_for(
    browser: httpx.Client, path: str, key: str
) -> None:
    answer = sign_in(browser, key, path)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=lax" in said
    assert "secure" not in said
    assert key not in answer.headers["set-cookie"]
    assert browser.get(path).status_code == 200
    assert browser.get("/items/p1/image").status_code == 200
    assert browser.get("/items").status_code == 200
    browser.post("/sign-out")
    assert browser.get(path).status_code == 401


def test_behind_tls_the_cookie_stays_there(browser: httpx.Client) -> None:
    headers = {"X-Forwarded-Proto": "https"}
    answer = browser.post("/sign-in", data={"key": ADMIN}, headers=headers)
    assert "secure" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("key", ["", "x" * 20, KEYS[0][:-1], "ü" * 20, "x" * 10_000])
def test_a_wrong_key_is_told_so(browser: httpx.Client, key: str) -> None:
    answer = sign_in(browser, key, "/search?q=hat")
    assert answer.status_code == 401
    assert "not a key" in answer.text
    assert 'value="/search?q=hat"' in answer.text
    assert "set-cookie" not in answer.headers
    assert len(key) < 5 or key not in answer.text


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/\r\nX: 1", "/ü"]
)
def test_signing_in_leads_to_no_other_place(browser: httpx.Client, target: str) -> None:
    assert sign_in(browser, KEYS[0], target).headers["location"] == "/"


def test_a_session_writes_nothing(browser: httpx.Client) -> None:
    sign_in(browser, ADMIN)
    for method, path in (("PUT", "/items/p1"), ("DELETE", "/items/p1"), ("GET", "/indexes")):
        check(browser.request(method, path), 401, "unauthorized")
    check(browser.get("/errors"), 401, "unauthorized")


def test_a_header_counts_before_the_cookie(browser: httpx.Client) -> None:
    sign_in(browser, KEYS[0])
    check(browser.get("/items", headers={"Authorization": "Bearer " + "x" * 20}), 401)


def test_where_there_is_no_key_there_is_nothing_to_sign_in_to(client: httpx.Client) -> None:
    assert client.get("/sign-in").status_code == 404
    assert client.post("/sign-in", data={"key": "x"}).status_code == 404


def test_a_form_that_is_none_is_refused(browser: httpx.Client) -> None:
    assert browser.post("/sign-in", json={"key": ADMIN}).status_code == 415
    assert browser.post("/sign-in", data={"key": "x" * 20_000}).status_code == 413


class TestTokens:
    """What the cookie holds."""

    def test_it_ends(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = [1000.0]
        monkeypatch.setattr(time, "time", lambda: now[0])
        sessions = Sessions(SETTINGS)
        token = sessions.begin(KEYS[1])
        assert token is not None
        now[0] += LASTS_S - 1
        assert sessions.may_read(token)
        now[0] += 1
        assert not sessions.may_read(token)

    def test_a_reader_operates_nothing(self) -> None:
        sessions = Sessions(SETTINGS)
        reader, admin = sessions.begin(KEYS[0]), sessions.begin(ADMIN)
        assert reader is not None
        assert admin is not None
        assert [sessions.may_read(t) for t in (reader, admin)] == [True, True]
        assert [sessions.may_operate(t) for t in (reader, admin)] == [False, True]

    def test_it_ends_with_its_key(self) -> None:
        token = Sessions(SETTINGS).begin(KEYS[0])
        assert token is not None
        other = Settings.model_validate({"read_keys": KEYS[1]})
        assert not Sessions(other).may_read(token)

    def test_a_forged_one_is_none(self) -> None:
        sessions = Sessions(SETTINGS)
        token = sessions.begin(ADMIN) or ""
        value, when, mac = token.split(".")
        forged = [
            f"{value}.{when[:-1]}_.{mac}", f"{value}x.{when}.{mac}", f"{value}.{when}.{mac[:-1]}",
            f"{value}.{when}.", mac, "", ".", "..", f"{value}..{mac}", f"{value}.{mac}",
            f"{value}.{'9' * 5000}.{mac}", f"{value}.{when}.ü", f"ü.{when}.{mac}", f" {token}",
        ]  # fmt: skip
        assert not any(sessions.may_read(one) or sessions.may_operate(one) for one in forged)
        assert COOKIE not in token


def test_keys_are_not_tried_out(tmp_path_factory: pytest.TempPathFactory) -> None:
    options = {"read_keys": KEYS, "rate_limit": 0.2, "rate_burst": 3}
    with service(tmp_path_factory.mktemp("shop"), **options) as client:
        client.headers.update(BROWSER)
        answers = [sign_in(client, "x" * 20) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert "wait a moment" in answers[-1].text


class TestRefusals:
    """What is refused before any route is a page where a page was asked for."""

    def test_a_photo_that_is_too_large(self, client: httpx.Client) -> None:
        photo = {"image": bytes(LIMIT)}
        page = client.post("/search", files=photo, headers=BROWSER)
        assert page.status_code == 413
        assert "Choose a smaller one" in page.text
        assert page.headers["content-type"].startswith("text/html")
        assert "script-src 'self'" in page.headers["content-security-policy"]

    def test_scripts_and_programs_get_problems(self, client: httpx.Client) -> None:
        photo = {"image": bytes(LIMIT)}
        check(client.post("/search", files=photo), 413)
        check(client.post("/recommend/by-image", files=photo, headers=BROWSER), 413)
