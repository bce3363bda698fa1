"""Bad and odd images, made by code: name -> (bytes, expected status, expected code)."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

import numpy as np
from PIL import Image

from tests.app.conftest import picture

Case = tuple[bytes, int, str]
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


def encoded(
    kind: str, size: tuple[int, int] = (64, 64), mode: str = "RGB", **options: Any
) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, 77).save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG that claims a size; without chunks it is 57 bytes and has no pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("photo.jpg", picture(1))
    return buffer.getvalue()


def unsupported() -> dict[str, bytes]:
    return {
        "text": b"a red dress",
        "html": b"<!doctype html><script>alert(1)</script>",
        "svg": _SVG,
        "pdf": b"%PDF-1.7\n1 0 obj\n",
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n",
        "zip": archive(),
        "tiff": encoded("TIFF"),
        "bmp": encoded("BMP"),
        "ico": encoded("ICO"),
        "psd": b"8BPS\x00\x01" + bytes(30),
        "jpeg2000": b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(20),
        "avif": b"\x00\x00\x00\x20ftypavif" + bytes(20),
        "heic": b"\x00\x00\x00\x20ftypheic" + bytes(20),
        "random": np.random.default_rng(1).bytes(500),
        "json": b'{"image": "data"}',
    }


def damaged() -> dict[str, bytes]:
    jpeg, good_png = picture(1, "JPEG"), picture(1, "PNG")
    webp, gif = picture(1, "WEBP"), picture(1, "GIF")
    bad_crc = bytearray(good_png)
    bad_crc[29] ^= 1
    pixels = chunk(b"IDAT", zlib.compress(bytes(64 * (64 * 3 + 1))))
    bomb = chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(70_000_000)))
    return {
        "empty": b"",
        "jpeg header": jpeg[:20],
        "half jpeg": jpeg[: len(jpeg) // 2],
        "jpeg less 2 bytes": jpeg[:-2],
        "png signature": good_png[:8],
        "bad crc": bytes(bad_crc),
        "half png": good_png[: len(good_png) // 2],
        "0x0": png(0, 0),
        "no pixels": png(64, 64),
        "half webp": webp[: len(webp) // 2],
        "half gif": gif[: len(gif) // 2],
        "text bomb": png(64, 64, bomb, pixels),
    }


def wrong_size() -> dict[str, Case]:
    return {
        "900 MP claimed": (png(30_000, 30_000), 422, "image_too_large"),
        "144 MP": (png(12_000, 12_000), 422, "image_too_large"),
        "9000x9000": (png(9000, 9000), 422, "image_too_large"),
        "1x1": (encoded("PNG", (1, 1)), 422, "bad_dimensions"),
        "1x10000": (encoded("PNG", (1, 10_000)), 422, "bad_dimensions"),
    }


def bad_images() -> dict[str, Case]:
    cases = {name: (data, 415, "unsupported_image") for name, data in unsupported().items()}
    cases |= {name: (data, 422, "invalid_image") for name, data in damaged().items()}
    return cases | wrong_size()


def odd_images() -> dict[str, bytes]:
    frames = [Image.new("P", (32, 32), i % 250) for i in range(200)]
    gif = io.BytesIO()
    frames[0].save(gif, "GIF", save_all=True, append_images=frames[1:])
    return {
        "cmyk": encoded("JPEG", mode="CMYK"),
        "16 bit": encoded("PNG", mode="I;16"),
        "grey and alpha": encoded("PNG", mode="LA"),
        "palette": encoded("PNG", mode="P", transparency=0),
        "progressive": encoded("JPEG", progressive=True),
        "broken exif": encoded("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"),
        "broken icc": encoded("JPEG", icc_profile=b"none"),
        "trailing bytes": picture(1, "JPEG") + b"more" * 99,
        "many frames": gif.getvalue(),
    }
