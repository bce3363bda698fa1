"""Pictures that a feed names by address, and what a feed must not reach."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from importer import ImportOptions, ImportReport, import_catalogue
from importer.pictures.kept_connections import FetchFault
from importer.pictures.product_pictures import MAX_SIDE, references_in
from importer.pictures.web_client import Downloads
from importer.reading import local_copy
from twinset.catalogue import Catalogue
from twinset.errors import CatalogueError


def jpeg(size: tuple[int, int] = (60, 80), colour: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG")
    return file.getvalue()


class Shop(BaseHTTPRequestHandler):
    """Pictures with ETags, redirects, and an endless answer."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        if self.path == "/busy.jpg" and self.server.asked.count(self.path) == 1:  # type: ignore[attr-defined]
            return self.answer(503, b"")
        if self.path.startswith("/to/"):
            return self.answer(302, b"", Location=self.path[4:])
        if self.path == "/endless":
            return self.answer(200, bytes(3_000_000))
        if not self.path.partition("?")[0].endswith(".jpg") or self.path == "/gone.jpg":
            return self.answer(404, b"")
        if self.headers.get("If-None-Match") == '"one"':
            return self.answer(304, b"", ETag='"one"')
        return self.answer(200, jpeg(), ETag='"one"')

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def shop() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        server.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def feed(tmp_path: Path, shop: Any, *names: str) -> Path:
    base = f"http://127.0.0.1:{shop.server_port}"
    lines = [f"{n},Hat {n},{base}{name}" for n, name in enumerate(names)]
    source = tmp_path / "feed.csv"
    source.write_text("\n".join(["id,title,image_link", *lines]))
    return source


def test_a_second_run_fetches_nothing_again(tmp_path: Path, shop: Any) -> None:
    source = feed(tmp_path, shop, "/a.jpg", "/b.jpg?v=2", "/gone.jpg", "/busy.jpg")
    out = tmp_path / "out.parquet"
    report = import_catalogue(source, out)
    assert (report.accepted, report.pictures) == (4, 3)
    assert report.warnings == {"picture at an address: 404 Not Found": 1}
    before = list(Catalogue(out).images())
    shop.asked.clear()
    assert import_catalogue(source, out).pictures == 3
    assert list(Catalogue(out).images()) == before
    assert sorted(set(shop.asked)) == ["/a.jpg", "/b.jpg?v=2", "/busy.jpg", "/gone.jpg"]


def test_large_pictures_are_scaled_down(tmp_path: Path) -> None:
    (tmp_path / "big.jpg").write_bytes(jpeg((3000, 1500)))
    source = tmp_path / "feed.csv"
    source.write_text("id,title,image\n1,Hat,\n")
    source.write_text("id,title,picture\n1,Hat,big.jpg\n")
    import_catalogue(source, tmp_path / "out.parquet")
    (data,) = Catalogue(tmp_path / "out.parquet").images()
    assert Image.open(io.BytesIO(data or b"")).size == (MAX_SIDE, MAX_SIDE // 2)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/a.jpg",
        "http://localhost:{port}/a.jpg",
        "http://[::1]:{port}/a.jpg",
        "http://2130706433:{port}/a.jpg",
        "http://0.0.0.0:{port}/a.jpg",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/a.jpg",
        "http://192.168.1.1/a.jpg",
    ],
)
def test_private_networks_are_refused(shop: Any, address: str) -> None:
    downloads = Downloads()
    with pytest.raises(FetchFault, match=r"private network|unknown host"):
        downloads.get(address.format(port=shop.server_port))
    assert shop.asked == []


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://a/b.jpg", "gopher://x", "http://"]
)
def test_only_the_web_is_asked(address: str) -> None:
    with pytest.raises(FetchFault, match="not an http or https address"):
        Downloads().get(address)


def test_a_redirect_is_judged_as_the_address_was(shop: Any) -> None:
    base = f"http://127.0.0.1:{shop.server_port}"
    allowed = Downloads({"127.0.0.1"})
    assert allowed.get(f"{base}/to//a.jpg").status == 200
    with pytest.raises(FetchFault, match="private network"):
        allowed.get(f"{base}/to/http://localhost:{shop.server_port}/a.jpg")
    with pytest.raises(FetchFault, match="redirects too often"):
        allowed.get(base + "/to/" * 8 + "a.jpg")


def test_an_answer_that_is_too_large_is_cut_off(shop: Any) -> None:
    with pytest.raises(FetchFault, match="too large"):
        Downloads({"127.0.0.1"}, max_bytes=1_000_000).get(
            f"http://127.0.0.1:{shop.server_port}/endless"
        )


@pytest.mark.parametrize(
    ("value", "first"),
    [
        ("https://a/1.jpg, https://a/2.jpg", "https://a/1.jpg"),
        ("https://a/1,2.jpg", "https://a/1,2.jpg"),
        ("https://a/1.jpg|https://a/2.jpg", "https://a/1.jpg"),
        ("https://a/1.jpg https://a/2.jpg", "https://a/1.jpg"),
        ('["https://a/1.jpg", "x"]', "https://a/1.jpg"),
        (["", {"src": "https://a/1.jpg"}], "https://a/1.jpg"),
        ("one.jpg;two.jpg", "one.jpg"),
        ("  ", None),
        (None, None),
    ],
)
def test_the_main_picture_of_several(value: object, first: str | None) -> None:
    assert (references_in(value) or [None])[0] == first


def test_bombs_and_escaping_paths_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_copy, "MAX_EXPANDED_BYTES", 100_000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("feed.csv", "id,title\n" + "1,t\n" * 200_000)
    with pytest.raises(CatalogueError, match="unpacks to more than"):
        import_catalogue(tmp_path / "bomb.zip", tmp_path / "out.parquet")
    with zipfile.ZipFile(tmp_path / "slip.zip", "w") as archive:
        archive.writestr("../feed.csv", "id,title\n1,t\n")
    with pytest.raises(CatalogueError, match="leaves its folder"):
        import_catalogue(tmp_path / "slip.zip", tmp_path / "out.parquet")


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE r SYSTEM "http://127.0.0.1/x.dtd">',
        '<!DOCTYPE r SYSTEM "../x.dtd">',
        '<!DOCTYPE r PUBLIC "-//X//EN" "x.dtd">',
        '<!DOCTYPE r SYSTEM "x.dtd" [<!ENTITY % p SYSTEM "x.dtd"> %p;]>',
        '<!DOCTYPE r SYSTEM "x.dtd" [<!ATTLIST item id CDATA "1">]>',
    ],
)
def test_xml_with_a_dtd_is_refused(tmp_path: Path, prolog: str) -> None:
    source = tmp_path / "feed.xml"
    source.write_text(
        f'<?xml version="1.0"?>{prolog}<r><item><id>1</id><title>t</title></item></r>'
    )
    with pytest.raises(CatalogueError, match=r"DTD|can be read"):
        import_catalogue(source, tmp_path / "out.parquet", ImportOptions())


def test_the_picture_of_an_id_that_lost_its_leading_zero(tmp_path: Path) -> None:
    folder = tmp_path / "images" / "010"
    folder.mkdir(parents=True)
    file = io.BytesIO()
    Image.new("RGB", (60, 80), "teal").save(file, "JPEG")
    (folder / "0108775015.jpg").write_bytes(file.getvalue())
    table = "article_id,prod_name,product_type_name\n108775015,Strap top,Vest top\n99,Other,Hat\n"
    (tmp_path / "articles.csv").write_text(table)
    report = import_catalogue(tmp_path / "articles.csv", tmp_path / "out.parquet")
    assert (report.accepted, report.pictures) == (2, 1)


def test_further_pictures_come_in_their_order_and_once(tmp_path: Path) -> None:
    for name, colour in (("a", "teal"), ("b", "navy"), ("c", "plum"), ("d", "gold")):
        Image.new("RGB", (40, 40), colour).save(tmp_path / f"{name}.png")
    table = (
        "id,title,image_link,additional_image_link,image_2\n"
        "1,Coat,a.png,b.png|c.png,d.png\n"
        "2,Coat,missing.png,b.png,b.png\n"
        "3,Coat,a.png,,\n"
    )
    (tmp_path / "shop.csv").write_text(table)

    def imported(**options: int) -> tuple[ImportReport, list[list[tuple[int, ...]]]]:
        out = tmp_path / "out.parquet"
        report = import_catalogue(tmp_path / "shop.csv", out, ImportOptions(**options))
        catalogue = Catalogue(out)
        pairs = zip(catalogue.images(), catalogue.further_images(), strict=True)
        return report, [[_colour(one) for one in (main, *more) if one] for main, more in pairs]

    report, found = imported()
    teal, navy, plum, gold = (0, 128, 128), (0, 0, 128), (221, 160, 221), (255, 215, 0)
    assert found == [[teal, navy, plum, gold], [navy], [teal]]
    assert (report.pictures, report.further_pictures) == (3, 3)
    assert report.warnings == {"image is missing": 1}
    assert imported(further_pictures=1)[1] == [[teal, navy], [navy], [teal]]
    assert imported(further_pictures=0)[1] == [[teal], [navy], [teal]]


def _colour(data: bytes) -> tuple[int, ...]:
    pixel = Image.open(io.BytesIO(data)).convert("RGB").getpixel((5, 5))
    assert isinstance(pixel, tuple)
    return pixel


def test_a_packed_list_finds_its_pictures_in_another_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "shop.zip", "w") as archive:
        archive.writestr(
            "shop/csv/p.csv", "id,title,image\n1,Hat,a.JPG\n2,Cap,both/b.jpg\n3,Bag,b.jpg\n"
        )
        for name in ("images/a.jpg", "images/both/b.jpg", "images/other/b.jpg"):
            archive.writestr(f"shop/{name}", jpeg())
    report = import_catalogue(tmp_path / "shop.zip", tmp_path / "out.parquet")
    assert (report.accepted, report.pictures) == (3, 2)
    assert report.warnings == {"image is missing": 1}  # of two with the name, neither is meant


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.jsonl", '{"id": 1, "title": "Hat", "image": ["a.jpg", {"url": "b.jpg"}]}\n'),
        ("p.csv", "id;title;images\n1;Hat;['a.jpg', 'b.jpg']\n"),
    ],
)
def test_a_list_of_pictures_is_read(tmp_path: Path, name: str, text: str) -> None:
    for letter, colour in (("a", "red"), ("b", "blue")):
        (tmp_path / f"{letter}.jpg").write_bytes(jpeg(colour=colour))
    source = tmp_path / name
    source.write_text(text)
    report = import_catalogue(source, tmp_path / "out.parquet")
    assert (report.pictures, report.further_pictures) == (1, 1)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("p.xlsx", b"PK\x03\x04" + bytes(64), "Excel workbook"),
        ("p.xml", b"<!DOCTYPE html><html><body><p>Log in</p></body></html>", "web page"),
        ("p.json", '[{"id": "1", "title": "Hüte"}]'.encode("cp1252"), "--encoding cp1252"),
    ],
)
def test_what_is_no_feed_is_named(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CatalogueError, match=message):
        import_catalogue(tmp_path / name, tmp_path / "out.parquet")


def test_a_thumbnail_is_taken_if_there_is_no_other_picture(tmp_path: Path) -> None:
    for letter, colour in (("a", "red"), ("b", "blue")):
        (tmp_path / f"{letter}.jpg").write_bytes(jpeg(colour=colour))
    source = tmp_path / "p.csv"
    source.write_text("id,title,image,thumbnail_url\n1,Hat,a.jpg,b.jpg\n2,Cap,,b.jpg\n")
    report = import_catalogue(source, tmp_path / "out.parquet")
    assert (report.pictures, report.further_pictures) == (2, 0)
    roles = {one.column: one.role for one in report.columns}
    assert roles["thumbnail_url"] == "a picture if there is no other"
