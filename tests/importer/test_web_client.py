"""How addresses are asked: over connections that are kept, and within limits."""

from __future__ import annotations

import base64
import gzip
import io
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from importer import import_catalogue
from importer.pictures.kept_connections import FetchFault
from importer.pictures.web_client import Downloads
from twinset.catalogue import Catalogue

LATER, EARLIER = "Fri, 06 Nov 2026 04:15:00 GMT", "Thu, 05 Nov 2026 04:15:00 GMT"


def picture(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 50), colour).save(file, "JPEG")
    return file.getvalue()


class Shop(BaseHTTPRequestHandler):
    """Answers with what the test put at a path: a body and headers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: Any = self.server
        server.asked.append((self.path, self.client_address[1], dict(self.headers)))
        body, headers = server.held.get(self.path, (b"", {}))
        conditions = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
        same = [self.headers.get(conditions[n]) == v for n, v in headers.items() if n in conditions]
        status = 302 if "Location" in headers else 304 if same and all(same) else 200
        body = b"" if status == 304 else body
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        # A server may close a connection without a word; the next request meets that.
        self.close_connection = self.path == "/silent"

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def shop() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    server.daemon_threads = True
    server.asked, server.held = [], {}
    server.base = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def fetched(*addresses: str, **options: Any) -> list[bytes]:
    with closing(Downloads({"127.0.0.1", "localhost"}, **options)) as downloads:
        return [downloads.get(address).content for address in addresses]


def test_one_connection_serves_many_requests_and_one_that_was_closed_is_replaced(shop: Any) -> None:
    paths = ("/a", "/b", "/silent", "/c", "/d")
    shop.held |= {path: (path.encode(), {}) for path in paths}
    assert fetched(*(shop.base + path for path in paths)) == [path.encode() for path in paths]
    ports = [port for _, port, _ in shop.asked]
    assert len(set(ports[:3])) == 1
    assert len(set(ports[3:])) == 1
    assert len(set(ports)) == 2


def test_an_answer_that_ends_early_is_not_taken(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importer.pictures.web_client._PAUSE_S", 0.0)
    shop.held["/silent"] = (b"half", {"Content-Length": "8"})
    with pytest.raises(FetchFault, match="does not answer"):
        fetched(shop.base + "/silent")


def test_packed_answers_are_unpacked_within_the_limits(shop: Any) -> None:
    packed = {"Content-Encoding": "gzip"}
    shop.held["/feed"] = (gzip.compress(b"id,title\n"), packed)
    shop.held["/bomb"] = (gzip.compress(bytes(2_000_000)), packed)
    assert fetched(shop.base + "/feed") == [b"id,title\n"]
    with pytest.raises(FetchFault, match="too large"):
        fetched(shop.base + "/bomb", max_bytes=1_000_000)


def test_a_password_goes_to_the_host_that_it_is_for_alone(shop: Any) -> None:
    shop.held["/away"] = (b"", {"Location": f"http://localhost:{shop.server_port}/there"})
    fetched(f"http://ann:s%3Acret@127.0.0.1:{shop.server_port}/away")
    sent = [headers.get("Authorization") for _, _, headers in shop.asked]
    assert sent == ["Basic " + base64.b64encode(b"ann:s:cret").decode(), None]


def test_addresses_come_as_people_write_them(shop: Any) -> None:
    shop.held["/gr%C3%BCn%20blau.jpg?v=%C3%A9&w=1%2C2"] = (b"seen", {})
    assert fetched(f"{shop.base}/grün blau.jpg?v=é&w=1%2C2#top") == [b"seen"]


@pytest.mark.parametrize("mark", ["ETag", "Last-Modified"])
def test_a_picture_that_changed_under_its_address_is_found(
    shop: Any, tmp_path: Path, mark: str
) -> None:
    first, second = ('"1"', '"2"') if mark == "ETag" else (EARLIER, LATER)
    shop.held |= {f"/{n}.jpg": (picture("teal"), {mark: first}) for n in range(3)}
    table = "".join(f"{n},Hat {n},{shop.base}/{n}.jpg\n" for n in range(3))
    (tmp_path / "feed.csv").write_text("id,title,image_link\n" + table)

    def colours() -> list[Any]:
        import_catalogue(tmp_path / "feed.csv", tmp_path / "out.parquet")
        found = Catalogue(tmp_path / "out.parquet").images()
        return [Image.open(io.BytesIO(data or b"")).getpixel((20, 20)) for data in found]

    before = colours()
    shop.held["/1.jpg"] = (picture("gold"), {mark: second})
    after = colours()
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False, True]
