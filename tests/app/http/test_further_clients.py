"""Requests of libraries, old programs and cameras that nobody has complained of yet."""

from __future__ import annotations

import io
import struct
import zlib

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.support.raw_client import check, parse, send_raw
from tests.support.small_shop import picture

PHOTO = picture(3)
PIXELS = Image.open(io.BytesIO(PHOTO)).convert("RGB")
WIDE = np.asarray(PIXELS).astype(">u2") * 257  # the same colours in 16 bits
OPAQUE = np.full((*WIDE.shape[:2], 1), 65535, ">u2")
CLEAR = np.concatenate([WIDE, np.zeros_like(OPAQUE)], axis=2)
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [hit["id"] for hit in answer.json()["items"]]


def upload(client: httpx.Client, data: bytes, name: str = "a.jpg") -> httpx.Response:
    return client.post("/recommend/by-image", files={"image": (name, data)})


@pytest.fixture(scope="module")
def like_photo(client: httpx.Client) -> list[str]:
    return ids(upload(client, PHOTO))


def png(rows: bytes, size: tuple[int, int], bits: int, colours: int, interlaced: int = 0) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        code = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", code)

    head = struct.pack(">IIBBBBB", *size, bits, colours, 0, 0, interlaced)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def sixteen_bits(values: np.ndarray, colours: int) -> bytes:
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    return png(rows, PIXELS.size, 16, colours)


def interlaced() -> bytes:
    values = np.asarray(PIXELS)
    rows = []
    for x, y, wide, high in (*PASSES, (0, 1, 1, 2)):
        rows += [b"\0" + row[x::wide].tobytes() for row in values[y::high]]
    return png(b"".join(rows), PIXELS.size, 8, 2, 1)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


SAME = {
    "16 bits a colour": lambda: sixteen_bits(WIDE, 2),
    "16 bits with alpha": lambda: sixteen_bits(np.concatenate([WIDE, OPAQUE], axis=2), 6),
    "interlaced": interlaced,
    "moving WebP": lambda: saved(
        PIXELS, "WEBP", lossless=True, save_all=True, append_images=[PIXELS.rotate(90)]
    ),
    "moving PNG": lambda: saved(PIXELS, "PNG", save_all=True, append_images=[PIXELS.rotate(90)]),
    "another file behind its end": lambda: PHOTO + saved(PIXELS.rotate(90), "PNG"),
}


@pytest.mark.parametrize("make", SAME.values(), ids=SAME)
def test_the_same_picture_in_other_files(client, like_photo, make) -> None:
    assert ids(upload(client, make())) == like_photo


def test_what_is_clear_in_16_bits_is_white(client: httpx.Client) -> None:
    white = saved(Image.new("RGB", PIXELS.size, "white"), "PNG")
    assert ids(upload(client, sixteen_bits(CLEAR, 6))) == ids(upload(client, white))


def test_two_pictures_of_one_camera_are_the_first(client: httpx.Client) -> None:
    one = saved(PIXELS, "JPEG", quality=95)
    both = saved(PIXELS, "MPO", quality=95, save_all=True, append_images=[PIXELS.rotate(90)])
    assert ids(upload(client, both)) == ids(upload(client, one))


def test_a_printer_s_progressive_jpeg_is_read(client: httpx.Client) -> None:
    assert ids(upload(client, saved(PIXELS.convert("CMYK"), "JPEG", progressive=True)))


@pytest.mark.parametrize("size", [(65500, 1), (1, 65535)])
def test_a_line_is_no_picture(client: httpx.Client, size: tuple[int, int]) -> None:
    check(upload(client, saved(Image.new("RGB", size), "PNG")), 422)


def test_pages_of_a_scan_are_refused_in_words(client: httpx.Client) -> None:
    pages = saved(PIXELS, "TIFF", save_all=True, append_images=[PIXELS])
    check(upload(client, pages), 415, "unsupported_image")


BOUNDARIES = {
    "curl": ("------------------------d74496d66958873e", "{}"),
    "undici": ("----formdata-undici-012345678901", "{}"),
    "Alamofire": ("alamofire.boundary.9d1a2b3c", "{}"),
    "Java mail": ("----=_Part_0_1", "{}"),
    "Apache": ("=_1+2/3'(x)", '"{}"'),
}


@pytest.mark.parametrize(("boundary", "written"), BOUNDARIES.values(), ids=BOUNDARIES)
def test_boundaries_of_libraries(client, like_photo, boundary: str, written: str) -> None:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    body = head.encode() + PHOTO + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={written.format(boundary)}"}
    assert ids(client.post("/recommend/by-image", content=iter([body]), headers=headers)) == (
        like_photo
    )


WORDS = (
    "POST /recommend/by-text HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    'Content-Length: 15\r\n\r\n{"query":"red"}'
)
CLOSE = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
HEADS = {
    "blank lines before": ("\r\n\r\nGET /livez" + CLOSE, [200]),
    "a blank line after a body": (WORDS + "\r\nGET /livez" + CLOSE, [200, 200]),
    "three at once": (
        "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n" + WORDS + "GET /x" + CLOSE,
        [200, 200, 404],
    ),
    "no host, as HTTP/1.0 has it": ("GET /livez HTTP/1.0\r\n\r\n", [200]),
    "the line of a balancer": ("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET /livez" + CLOSE, [400]),
    "dots in the path": ("GET /static/../../etc/passwd" + CLOSE, [404]),
    "encoded dots in the path": ("GET /static/%2e%2e/%2e%2e/etc/passwd" + CLOSE, [404]),
    "a body of the wrong kind that waits for leave": (
        "POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999\r\n\r\n",
        [404],
    ),
}


@pytest.mark.parametrize(("head", "statuses"), HEADS.values(), ids=HEADS)
def test_bytes_as_they_come(address: str, head: str, statuses: list[int]) -> None:
    answers = send_raw(address, head).split(b"HTTP/1.1 ")[1:]
    assert [parse(b"HTTP/1.1 " + one).status_code for one in answers] == statuses


def test_a_method_that_does_not_fit_is_told_what_does(client: httpx.Client) -> None:
    for method, path, fits in (
        ("POST", "/items/p1/similar", "GET"),
        ("GET", "/recommend/by-text", "POST"),
        ("OPTIONS", "/items", "GET"),
        ("PROPFIND", "/items", "GET"),
    ):
        answer = client.request(method, path)
        check(answer, 405, "method_not_allowed")
        assert fits in answer.headers["allow"]


@pytest.mark.parametrize(
    "accept", ["", ";q=1", "application/json;q=0", "image/*", "text/*, */*;q=0"]
)
def test_any_accept_header_gets_json(client: httpx.Client, accept: str) -> None:
    assert ids(client.get("/items/p1/similar", headers={"Accept": accept}))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_json_with_a_byte_order_mark_is_read(client: httpx.Client, encoding: str) -> None:
    body, headers = '{"query":"red"}'.encode(encoding), {"Content-Type": "application/json"}
    found = ids(client.post("/recommend/by-text", content=body, headers=headers))
    assert found == ids(client.post("/recommend/by-text", json={"query": "red"}))
