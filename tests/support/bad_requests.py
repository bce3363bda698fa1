"""Every bad request of the bar, made by code, with the answer that it gets.

One list, asked of the service itself and through nginx. Where nginx refuses by itself with another
status than the service would, the case says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from app.settings import Settings
from tests.support.image_corpus import bad_images
from tests.support.small_shop import picture

MIB = 1024 * 1024
LIMIT = Settings().max_body_bytes
FORM = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
FILE = PART % (b"image", b'; filename="a"', picture(1))
END = b"--b--\r\n"
# Words that no answer may repeat.
ECHO = "callers-own-word"


@dataclass(frozen=True)
class Case:
    """A request, and what comes back: `status` and, where it is one, `code`.

    `pieces` are the body; several are sent chunked. `head` is a request as it goes over the wire,
    for what no client library would send.
    """

    name: str
    status: int
    code: str
    method: str = "GET"
    path: str = "/recommend/by-image"
    pieces: tuple[bytes, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    head: str | None = None
    through_nginx: tuple[int, str] | None = None


def upload(name: str, status: int, code: str, body: bytes, content_type: str = FORM) -> Case:
    headers = {"Content-Type": content_type}
    return Case(name, status, code, "POST", pieces=(body,), headers=headers)


def images() -> Iterator[Case]:
    for name, (data, status, code) in bad_images().items():
        part = PART % (b"image", b'; filename="photo.jpg"\r\nContent-Type: image/jpeg', data)
        yield upload(f"image: {name}", status, code, part + END)


def multiparts() -> Iterator[Case]:
    bad, invalid = (400, "malformed_body"), (422, "invalid_request")
    other = (415, "unsupported_media_type")
    whole = FILE + END
    unknown = PART % (ECHO.encode(), b"", b"5")
    yield upload("no boundary", *bad, whole, "multipart/form-data")
    yield upload("absurd boundary", *bad, whole, f"multipart/form-data; boundary={'b' * 5000}")
    yield upload("empty boundary", *bad, whole, 'multipart/form-data; boundary=""')
    yield upload("garbage multipart", *bad, b"garbage")
    yield upload("empty multipart", *bad, b"")
    yield upload("too many parts", *bad, (PART % (b"fields", b"", b"x")) * 1300 + END)
    yield upload("field not utf-8", *bad, FILE + PART % (b"filter", b"", b"\xff\xfe") + END)
    yield upload("bad filter", 400, "invalid_filter", FILE + PART % (b"filter", b"", b"a ==") + END)
    yield upload("json on the upload route", *other, b'{"image": ""}', "application/json")
    yield upload("no content type", *other, whole, "")
    yield upload("truncated multipart", 422, "invalid_input", FILE[:-9])
    yield upload("no part", *invalid, END)
    yield upload("field missing", *invalid, PART % (b"photo", b'; filename="a"', b"x") + END)
    yield upload("field is text", *invalid, PART % (b"image", b"", b"text") + END)
    yield upload("two images", *invalid, FILE + FILE + END)
    yield upload("field twice", *invalid, FILE + PART % (b"limit", b"", b"5") * 2 + END)
    yield upload("unknown field", *invalid, FILE + unknown + END)


def common_fields() -> Iterator[Case]:
    values = {
        "limit": ("0", "-1", "101", "9" * 5000, "ten"),
        "offset": ("-1",),
        "min_score": ("nan", "1e999", "2"),
        "box": ("0,0,1", "0,0,2,1", "0.5,0,0.5,1", "nan,0,1,1", "a,b,c,d"),
    }
    for name, texts in values.items():
        for text in texts:
            part = PART % (name.encode(), b"", text.encode())
            label = f"{name} {text[:12]}"
            yield upload(f"form: {label}", 422, "invalid_request", FILE + part + END)
            if name != "box":
                path = f"/items/p1/similar?{name}={text}"
                yield Case(f"query: {label}", 422, "invalid_request", path=path)


def json_bodies() -> Iterator[Case]:
    bad = (
        "{",
        b'{"query": "\xff"}',
        "[" * 100_000,
        "[" + "[]," * 2_500_000 + "[]]",
        '{"positive": [' + "{}," * 2_500_000 + "{}]}",
        json.dumps({f"{ECHO}{i}": 1 for i in range(200_000)}),
        '{"query": "a", "limit": %s}' % ("9" * 5000),
    )
    filters = ("a ==", "nofield = 1", "(" * 40)
    invalid = (
        "",
        '{"query": "a", "min_score": NaN}',
        '{"query": "a", "min_score": 1e999}',
        '{"query": "a", "limit": Infinity}',
        '{"query": "\\ud800"}',
        '{"query": "a", "filter": "\\ud800"}',
        '{"query": "a", "exclude_ids": ["\\ud800"]}',
        '{"\\ud800": 1, "query": "a"}',
        '{"query": " \\n "}',
        '{"query": "\\u200b\\ufeff"}',
        json.dumps({"query": "a" * 513}),
        *(json.dumps({"query": "a", "limit": limit}) for limit in (0, -1, 101)),
        json.dumps({"query": "a", ECHO: 1}),
        '{"query": 7}',
        json.dumps({f"{ECHO}{i}": 1 for i in range(90_000)}),
        "[]",
        "null",
    )
    for body in bad:
        yield _json(body, 400, "malformed_body")
    for text in filters:
        yield _json(json.dumps({"query": "a", "filter": text}), 400, "invalid_filter")
    for body in invalid:
        yield _json(body, 422, "invalid_request")


def _json(body: str | bytes, status: int, code: str, path: str = "/recommend/by-text") -> Case:
    data = body.encode() if isinstance(body, str) else body
    headers = {"Content-Type": "application/json"}
    name = f"json to {path}: {data[:50].decode(errors='replace')} ({len(data)} bytes)"
    return Case(name, status, code, "POST", path, (data,), headers)


def signals() -> Iterator[Case]:
    unfit = (
        [],
        [{}],
        [{"text": "a", "item_id": "p1"}],
        [{"text": "a", "weight": 0}],
        [{"image": "not base64!"}],
        [{"text": "a"}] * 17,
        [{f"{ECHO}{i}": 1 for i in range(90_000)}],
    )
    for value in unfit:
        body = json.dumps({"positive": value})
        yield _json(body, 422, "invalid_request", "/recommend")
    same = [{"text": "hat", "weight": 1}]
    cancelled = json.dumps({"positive": same, "negative": same})
    yield _json(cancelled, 422, "invalid_input", "/recommend")
    yield _json('{"positive": [{"item_id": "none"}]}', 404, "not_found", "/recommend")
    yield _json('{"positive": [{"image": "aGk="}]}', 415, "unsupported_image", "/recommend")


def sizes() -> Iterator[Case]:
    over = bytes(LIMIT + 1)
    pieces = tuple(over[i : i + MIB] for i in range(0, len(over), MIB))
    too_large = (413, "body_too_large")
    yield upload("body limit + 1", *too_large, over)
    headers = {"Content-Type": FORM}
    yield Case("body limit + 1, chunked", *too_large, "POST", pieces=pieces, headers=headers)
    yield _json(json.dumps({"query": "a" * 25 * MIB}), *too_large)
    yield Case("a body where none belongs", *too_large, "POST", "/livez", (over,))


def addresses() -> Iterator[Case]:
    # nginx takes such paths apart before it passes them on.
    climbing = (400, "malformed_body")
    for path, through_nginx in (
        ("/items/none", None),
        ("/items/%00", climbing),
        ("/items/..%2F..%2Fetc", climbing),
        ("/items/none/similar", None),
        ("/items/none/image", None),
        ("/nowhere", None),
        ("/v1/nowhere", None),
        ("/static/none.js", None),
        ("/static/..%2Fmain.py", None),
        ("/items/" + "x" * 300, None),
    ):
        yield Case(f"address {path[:30]}", 404, "not_found", path=path, through_nginx=through_nginx)
    for method, path in (("DELETE", "/livez"), ("GET", "/recommend/by-image"), ("POST", "/facets")):
        yield Case(f"{method} {path}", 405, "method_not_allowed", method, path)
    for name in ("filter=nofield%3D1", "group_by=x", "fields=x"):
        code = "invalid_filter" if name.startswith("filter") else "unknown_field"
        yield Case(f"unknown field in {name}", 400, code, path=f"/items?{name}")


def heads() -> Iterator[Case]:
    for name, lines in {
        "negative Content-Length": "Content-Length: -1",
        "Content-Length that is no number": "Content-Length: x",
        "two Content-Lengths": "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length and Transfer-Encoding": "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "header of 1 MB": "X-Large: " + "x" * MIB,
        "40,000 headers": "\r\n".join(f"X-{i}: {i}" for i in range(40_000)),
    }.items():
        head = (
            f"POST /recommend/by-text HTTP/1.1\r\nHost: a\r\n{lines}\r\nConnection: close\r\n\r\n"
        )
        yield Case(name, 400, "malformed_body", head=head)
    yield Case("not HTTP", 400, "malformed_body", head="\x16\x03\x01 hello\r\n\r\n")


READ_KEY, ADMIN_KEY = "read-key-of-the-corpus", "admin-key-of-the-corpus"


def keyless_requests() -> Iterator[Case]:
    """What a service with these two keys refuses, before anything else is looked at."""
    denied, read_only = (401, "unauthorized"), (403, "forbidden")
    for name, key in (
        ("missing", None),
        ("wrong", f"Bearer {READ_KEY[:-1]}"),
        ("of another scheme", f"Basic {READ_KEY}"),
        ("of 8 KB", "Bearer " + "k" * 8192),
    ):
        headers = {} if key is None else {"Authorization": key}
        for path in ("/items/p1", "/nowhere"):
            yield Case(f"key {name}, {path}", *denied, path=path, headers=headers)
        form = headers | {"Content-Type": FORM}
        yield Case(f"key {name}, upload", *denied, "POST", pieces=(FILE + END,), headers=form)
        yield Case(f"key {name}, write", *denied, "DELETE", "/items/p1", headers=headers)
    head = "GET /items HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer \xff\xe9"
    yield Case("key not ASCII", *denied, head=head + "\r\n\r\n")
    reader = {"Authorization": f"Bearer {READ_KEY}"}
    for method, path in (
        ("PUT", "/items/p1"),
        ("PATCH", "/items/p1"),
        ("DELETE", "/items/p1"),
        ("POST", "/items/batch"),
        ("GET", "/indexes"),
        ("POST", "/indexes/rollback"),
        ("GET", "/errors"),
    ):
        yield Case(f"read key, {method} {path}", *read_only, method, path, headers=reader)


@cache
def bad_requests() -> list[Case]:
    """The whole corpus."""
    kinds = (images, multiparts, common_fields, json_bodies, signals, sizes, addresses, heads)
    return [case for kind in kinds for case in kind()]
