"""Bad and odd images, made by code: name -> (bytes, expected status, expected code)."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from tests.support.small_shop import picture
from twinset.images.formats import sniff_format

Case = tuple[bytes, int, str]
_FLIP, _HALF, _FLOP = (
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.ROTATE_180,
    Image.Transpose.FLIP_TOP_BOTTOM,
)
_LEFT, _RIGHT = Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270
# How the stored pixels came from upright ones, per EXIF orientation: the inverse of its reading.
_STORED: dict[int, tuple[Image.Transpose, ...]] = {
    1: (),
    2: (_FLIP,),
    3: (_HALF,),
    4: (_FLOP,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (_LEFT,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (_RIGHT,),
}
TOO_LARGE = (422, "image_too_large")
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


def encoded(
    kind: str, size: tuple[int, int] = (64, 64), mode: str = "RGB", **options: Any
) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, 77).save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, colour: int = 2, depth: int = 8) -> bytes:
    """A PNG that claims a size; without chunks it is 57 bytes and has no pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
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
        "ico": encoded("ICO"),
        "psd": b"8BPS\x00\x01" + bytes(30),
        "jpeg2000": b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(20),
        "mp4": b"\x00\x00\x00\x20ftypmp42" + bytes(20),
        "random": np.random.default_rng(1).bytes(500),
        "json": b'{"image": "data"}',
    }


def damaged() -> dict[str, bytes]:
    jpeg, good_png = picture(1, "JPEG"), picture(1, "PNG")
    webp, gif = picture(1, "WEBP"), picture(1, "GIF")
    bad_crc, bad_pixels_crc = bytearray(good_png), bytearray(good_png)
    bad_crc[29] ^= 1
    bad_pixels_crc[-13] ^= 1  # before IEND, which takes 12 bytes
    pixels = chunk(b"IDAT", zlib.compress(bytes(64 * (64 * 3 + 1))))
    bomb = chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(70_000_000)))
    return {
        "empty": b"",
        "jpeg header": jpeg[:20],
        "half jpeg": jpeg[: len(jpeg) // 2],
        "avif without a picture": b"\x00\x00\x00\x20ftypavif" + bytes(20),
        "heic without a picture": b"\x00\x00\x00\x20ftypheic" + bytes(20),
        "png signature": good_png[:8],
        "bad crc": bytes(bad_crc),
        "bad crc of pixels": bytes(bad_pixels_crc),
        "half png": good_png[: len(good_png) // 2],
        "0x0": png(0, 0),
        "no pixels": png(64, 64),
        "no palette": png(64, 64, chunk(b"IDAT", zlib.compress(bytes(64 * 65))), colour=3),
        "half webp": webp[: len(webp) // 2],
        "half gif": gif[: len(gif) // 2],
        "text bomb": png(64, 64, bomb, pixels),
    }


def many_scans(count: int, size: tuple[int, int] = (64, 64)) -> bytes:
    """A progressive JPEG in which one scan, of a few bytes, comes `count` times more."""
    data = encoded("JPEG", size, progressive=True)
    # Each scan is an FFDA segment and has its tables, FFC4, before it.
    start = data.index(b"\xff\xc4", data.index(b"\xff\xda"))
    end = data.index(b"\xff\xc4", data.index(b"\xff\xda", start))
    return data[:end] + data[start:end] * count + data[end:]


def crowded() -> dict[str, bytes]:
    """Small pictures in files of which a decoder has to read part after part, or part of part."""
    jpeg, good_png, gif = picture(1, "JPEG"), picture(1, "PNG"), encoded("GIF")
    head, tables = 33, 13 + 3 * 2 ** ((gif[10] & 7) + 1)
    return {
        "jpeg of empty segments": jpeg[:2] + b"\xff\xfe\0\2" * 1_500_000 + jpeg[2:],
        "jpeg of fill bytes": jpeg[:2] + b"\xff" * 6_000_000 + jpeg[2:],
        "jpeg of scans": many_scans(60_000),
        "png of empty chunks": good_png[:head] + chunk(b"abCd", b"") * 500_000 + good_png[head:],
        "gif of comments": gif[:tables] + b"!\xfe\1a\0" * 1_200_000 + gif[tables:],
    }


def blank_png(width: int, height: int) -> bytes:
    """A whole PNG of that size, all black: small as a file, huge once decoded."""
    packer = zlib.compressobj(9)
    row = bytes(1 + 3 * width)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return png(width, height, chunk(b"IDAT", data))


def claiming_jpeg(width: int, height: int) -> bytes:
    """A JPEG whose frame header claims a size."""
    data = bytearray(picture(1, "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def wrong_size() -> dict[str, Case]:
    return {
        "900 MP claimed": (png(30_000, 30_000, chunk(b"IDAT", b"\0\0\0\0\0")), *TOO_LARGE),
        "144 MP": (png(12_000, 12_000), *TOO_LARGE),
        "9000x9000": (blank_png(9000, 9000), *TOO_LARGE),
        "jpeg 65500x65500": (claiming_jpeg(65_500, 65_500), *TOO_LARGE),
        "1x1": (encoded("PNG", (1, 1)), 422, "bad_dimensions"),
        "1x10000": (encoded("PNG", (1, 10_000)), 422, "bad_dimensions"),
    }


def bad_images() -> dict[str, Case]:
    cases = {name: (data, 415, "unsupported_image") for name, data in unsupported().items()}
    cases |= {name: (data, 422, "invalid_image") for name, data in (damaged() | crowded()).items()}
    return cases | wrong_size()


def frames(kind: str) -> bytes:
    """A thousand frames, of which one is to be decoded."""
    images = [Image.new("RGB", (32, 32), (i % 250, 99, i // 250)) for i in range(1000)]
    buffer = io.BytesIO()
    images[0].save(buffer, kind, save_all=True, append_images=images[1:])
    return buffer.getvalue()


def turned(orientation: int) -> bytes:
    """`picture(1)` in a JPEG that is stored turned and says so."""
    image = Image.open(io.BytesIO(picture(1)))
    for step in _STORED[orientation]:
        image = image.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95, exif=exif)
    return buffer.getvalue()


def heic() -> bytes:
    """A phone's format; to sniff one makes Pillow write it, too."""
    sniff_format(b"\0\0\0\x18ftypheic\0\0\0\0heicmif1")
    return encoded("HEIF")


@cache
def odd_images() -> dict[str, bytes]:
    return {
        "cmyk": encoded("JPEG", mode="CMYK"),
        "16 bit": encoded("PNG", mode="I;16"),
        "16 bit colours": png(64, 64, chunk(b"IDAT", zlib.compress(bytes(64 * 385))), depth=16),
        "grey and alpha": encoded("PNG", mode="LA"),
        "palette": encoded("PNG", mode="P", transparency=0),
        "progressive": encoded("JPEG", progressive=True),
        "broken exif": encoded("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"),
        "broken icc": encoded("JPEG", icc_profile=b"none"),
        "trailing bytes": picture(1, "JPEG") + b"more" * 99,
        "jpeg less 2 bytes": picture(1, "JPEG")[:-2],
        "avif": encoded("AVIF"),
        "bmp": encoded("BMP"),
        "heic": heic(),
        "1000 frames of gif": frames("GIF"),
        "1000 frames of webp": frames("WEBP"),
        **{f"exif orientation {n}": turned(n) for n in range(1, 9)},
    }
