"""Keys, rates and origins: who is let in, how often, and from which page."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr, ValidationError
from starlette.types import Receive, Scope, Send

from app.http.keys import is_any_key
from app.http.proxies import Proxies, client_name
from app.http.rate_limits import MAX_CLIENTS, RateLimiter
from app.settings import Settings
from tests.support.guarded_service import KEYS, bearer, service
from tests.support.raw_client import check, parse, send_raw
from tests.support.small_shop import picture


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with service(tmp_path_factory.mktemp("shop"), read_keys=KEYS) as client:
        yield client


@pytest.mark.parametrize("key", KEYS)
def test_each_read_key_opens(guarded: httpx.Client, key: str) -> None:
    assert guarded.get("/items", headers=bearer(key)).status_code == 200
    response = guarded.post("/recommend/by-image", files={"image": picture(1)}, headers=bearer(key))
    assert response.status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        f"Basic {KEYS[0]}",
        f"Bearer {KEYS[0]}x",
        f"Bearer {KEYS[0][:-1]}",
        f"Bearer {KEYS[0].upper()}",
        f"Bearer {','.join(KEYS)}",
        "Bearer " + "k" * 8192,
    ],
)
@pytest.mark.parametrize("path", ["/items", "/v1/items/p1", "/items/p1/image", "/nowhere"])
def test_any_other_key_is_401(guarded: httpx.Client, header: str | None, path: str) -> None:
    headers = {} if header is None else {"Authorization": header}
    response = guarded.get(path, headers=headers)
    check(response, 401, "unauthorized")
    assert response.headers["www-authenticate"] == "Bearer"
    assert KEYS[0] not in response.text


def test_keys_for_reading_and_for_writing(tmp_path: Path) -> None:
    admin = "admin-key-0123456789"
    with service(tmp_path, read_keys=KEYS, admin_key=admin) as client:
        reader, writer, other = bearer(KEYS[1]), bearer(admin), bearer("x" * 20)
        for headers, status in ((reader, 200), (writer, 200), (other, 401), ({}, 401)):
            assert client.get("/items/p1", headers=headers).status_code == status
        for method, path in (("PUT", "/items/p1"), ("DELETE", "/items/p1"), ("GET", "/indexes")):
            check(client.request(method, path, headers=reader), 403, "forbidden")
            check(client.request(method, path, headers=other), 401, "unauthorized")
            assert client.request(method, path, headers=writer).status_code not in (401, 403)
        declared = client.get("/openapi.json").json()["paths"]
        assert "403" in declared["/indexes"]["get"]["responses"]
        assert "403" not in declared["/items"]["get"]["responses"]
    folder = tmp_path / "second"
    folder.mkdir()
    with service(folder, read_keys=KEYS) as client:
        check(client.get("/indexes", headers=bearer(KEYS[0])), 404)


def test_a_key_that_is_not_ascii_is_401(guarded: httpx.Client) -> None:
    head = "GET /items HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer k\xff\xe9"
    check(parse(send_raw(str(guarded.base_url), head + "\r\n\r\n")), 401)


@pytest.mark.parametrize("given", ["", "Bearer x", f"bearer {KEYS[0]}", "Bearer \u20ac\xff"])
def test_keys_are_compared_in_constant_time(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr("app.http.keys.hmac.compare_digest", compare)
    assert is_any_key(given, list(map(SecretStr, KEYS))) == (KEYS[0] in given)
    # All of them, as bytes of one length, whatever was sent.
    assert [(len(one), len(other)) for one, other in compared] == [(32, 32), (32, 32)]
    assert all(isinstance(one, bytes) for pair in compared for one in pair)


def test_the_key_is_judged_before_the_body_is_read(guarded: httpx.Client) -> None:
    # The body is announced and never sent.
    head = "POST /recommend/by-image HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n"
    head += "Connection: close\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n"
    check(parse(send_raw(str(guarded.base_url), head)), 401)


def test_probes_and_pages_need_no_key(guarded: httpx.Client) -> None:
    probes = ("/livez", "/readyz", "/v1/readyz", "/metrics")
    for path in (*probes, "/docs", "/openapi.json", "/operator", "/widget", "/widget.js"):
        assert guarded.get(path).status_code == 200, path
    assert guarded.get("/static/storefront.js").status_code == 200
    for path in ("/widget", "/widget?item=p1"):  # nothing of the catalogue
        assert "<twinset-similar" not in guarded.get(path).text
    check(guarded.get("/static/../items"), 401)
    assert guarded.get("/static/..%2Fitems").status_code == 404


def test_the_document_declares_the_key(guarded: httpx.Client, client: httpx.Client) -> None:
    closed, open_ = guarded.get("/openapi.json").json(), client.get("/openapi.json").json()
    assert closed["components"]["securitySchemes"]["ReadKey"]["scheme"] == "bearer"
    assert "401" in closed["paths"]["/items"]["get"]["responses"]
    assert "401" not in closed["paths"]["/livez"]["get"]["responses"]
    assert "401" not in open_["paths"]["/items"]["get"]["responses"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"read_keys": "short"},
        {"read_keys": "schlüssel-0123456789"},
        {"read_keys": "two words 0123456789"},
        {"trusted_proxies": "10.0.0.300"},
        {"trusted_proxies": "proxy.example"},
        {"cors_origins": "shop.example"},
        {"cors_origins": "https://shop.example/"},
        {"cors_origins": "*"},
        {"rate_limit": "-1"},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(
    wrong: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in wrong.items():
        monkeypatch.setenv(f"TWINSET_{name.upper()}", value)
    with pytest.raises(ValidationError):
        Settings()


def test_settings_hide_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINSET_READ_KEYS", ", ".join(KEYS))
    settings = Settings()
    assert [key.get_secret_value() for key in settings.read_keys] == list(KEYS)
    assert KEYS[0] not in repr(settings) + settings.model_dump_json()


def test_a_client_gets_its_burst_and_then_its_rate() -> None:
    now = [100.0]
    limiter = RateLimiter(rate=2, burst=3, clock=lambda: now[0])
    # Three at once; the fourth half a second later, when one of two a second is due.
    assert [limiter.wait("a") for _ in range(5)] == [0, 0, 0, 0.5, 0.5]
    assert limiter.wait("b") == 0
    now[0] += 0.5
    assert [limiter.wait("a"), limiter.wait("a")] == [0, 0.5]
    now[0] += 60  # a long rest gives no more than the burst
    assert [limiter.wait("a") > 0 for _ in range(4)] == [False, False, False, True]


def test_few_clients_are_remembered() -> None:
    limiter = RateLimiter(rate=1, burst=1, clock=lambda: 0)
    for number in range(MAX_CLIENTS + 10):
        limiter.wait(str(number))
    assert len(limiter._full_at) == MAX_CLIENTS


def named(peer: str, *forwarded: str) -> str:
    """What a request that came from `peer` is counted under."""
    names = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        names.append(client_name(scope))

    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    scope = {"type": "http", "client": (peer, 1), "headers": headers}
    asyncio.run(Proxies(app, ["10.0.0.0/8"])(scope, None, None))  # type: ignore[arg-type]
    return names[0]


@pytest.mark.parametrize(
    ("peer", "forwarded", "name"),
    [
        ("9.9.9.9", ["1.1.1.1"], "9.9.9.9"),  # no proxy of ours
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", ["7.7.7.7, 1.1.1.1"], "1.1.1.1"),  # the left is the client's claim
        ("10.0.0.1", ["7.7.7.7", "1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", ["7.7.7.7, 1.1.1.1, 10.0.0.2"], "1.1.1.1"),
        ("10.0.0.1", ["garbage"], "unknown"),
        ("10.0.0.1", ["1.1.1.1, garbage"], "unknown"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("::ffff:10.0.0.1", ["1.1.1.1"], "1.1.1.1"),
        ("2001:db8::1:2:3:4", [], "2001:db8::/64"),
        ("2001:db8::5:6:7:8", [], "2001:db8::/64"),
    ],
)
def test_forwarded_addresses_are_believed_from_proxies_alone(
    peer: str, forwarded: list[str], name: str
) -> None:
    assert named(peer, *forwarded) == name


def test_beyond_the_rate_is_429_and_says_when(tmp_path: Path) -> None:
    options = {"rate_limit": 0.2, "rate_burst": 3, "trusted_proxies": ("127.0.0.1",)}
    with service(tmp_path, **options) as client:
        answers = [client.get("/items") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        check(answers[-1], 429, "rate_limited")
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 5
        assert client.get("/livez").status_code == 200
        assert client.get("/readyz").status_code == 200
        other = {"X-Forwarded-For": "1.1.1.1"}
        assert client.get("/items", headers=other).status_code == 200


def test_without_configured_proxies_nobody_gets_another_name(tmp_path: Path) -> None:
    with service(tmp_path, rate_limit=0.2, rate_burst=2) as client:
        forged = [client.get("/items", headers={"X-Forwarded-For": f"1.1.1.{i}"}) for i in range(3)]
    assert [answer.status_code for answer in forged] == [200, 200, 429]


SHOP = "https://shop.example"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type",
}


def cors(response: httpx.Response) -> list[str]:
    return [name for name in response.headers if name.startswith("access-control-allow")]


def test_no_other_origin_is_allowed_by_default(client: httpx.Client) -> None:
    assert cors(client.get("/items", headers={"Origin": SHOP})) == []
    preflight = client.options("/recommend/by-text", headers={"Origin": SHOP, **PREFLIGHT})
    check(preflight, 405)
    assert cors(preflight) == []


def test_configured_origins_are_allowed(tmp_path: Path) -> None:
    with service(tmp_path, cors_origins=(SHOP,), read_keys=KEYS) as client:
        ours, other = {"Origin": SHOP}, {"Origin": "https://evil.example"}
        answer = client.get("/items", headers=ours | bearer(KEYS[0]))
        assert answer.headers["access-control-allow-origin"] == SHOP
        assert "access-control-allow-credentials" not in answer.headers
        assert cors(client.get("/items", headers=other | bearer(KEYS[0]))) == []
        # A page can read why it is refused; a preflight carries no key.
        refused = client.get("/items", headers=ours)
        assert check(refused, 401)
        assert refused.headers["access-control-allow-origin"] == SHOP
        asked = client.options("/recommend/by-text", headers=ours | PREFLIGHT)
        assert (asked.status_code, asked.content) == (204, b"")
        assert asked.headers["access-control-allow-origin"] == SHOP
        denied = client.options("/recommend/by-text", headers=other | PREFLIGHT)
        assert (denied.status_code, cors(denied)) == (204, [])
        deleting = PREFLIGHT | {"Access-Control-Request-Method": "DELETE"}
        assert cors(client.options("/items/p1", headers=ours | deleting)) == []


@pytest.mark.parametrize("path", ["/items", "/", "/docs", "/static/storefront.js", "/nowhere"])
def test_security_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "server" not in headers


def test_a_batch_is_worth_as_many_requests_as_it_holds(tmp_path: Path) -> None:
    with service(tmp_path, rate_limit=0.2, rate_burst=8) as client:
        entries = [{"route": "by-text", "query": "hat"}] * 7
        assert client.post("/recommend/batch", json={"requests": entries}).status_code == 200
        assert client.get("/items").status_code == 200  # the eighth
        refused = client.get("/items")
        check(refused, 429, "rate_limited")
        assert int(refused.headers["retry-after"]) <= 5


def test_what_is_charged_is_waited_for() -> None:
    now = [0.0]
    limiter = RateLimiter(rate=2, burst=3, clock=lambda: now[0])
    assert limiter.wait("a") == 0
    limiter.charge("a", 9)
    assert limiter.wait("a") == pytest.approx(4)
    assert limiter.wait("b") == 0
    now[0] = 4.1
    assert limiter.wait("a") == 0
