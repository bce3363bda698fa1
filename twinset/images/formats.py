"""The image formats that Twinset takes, each in one place.

A format is judged by the first bytes of a file, never by its name or its MIME type. To add one,
add a line to `FORMATS`: uploads, imports, live writes, the OpenAPI document, the storefront's file
chooser and every sentence about formats follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec

from twinset.errors import InvalidImage, UnsupportedImage

# The sizes of a BMP's second header; "BM" alone may begin a text.
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")


@dataclass(frozen=True)
class ImageFormat:
    """One format: how it begins, what it is called, and whether every browser shows it.

    `name` is Pillow's name. `starts` says if a file of these first bytes is of this format.
    `register` makes Pillow read the format; it raises ImportError if an optional package is
    missing, which `package` then names.

    Example:
        >>> sniff_format(b"\\x89PNG\\r\\n\\x1a\\n...").media_type
        'image/png'
    """

    name: str
    title: str
    media_type: str
    starts: Callable[[bytes], bool]
    shown_by_browsers: bool = True
    register: Callable[[], None] | None = None
    package: str = ""


def _brands(data: bytes) -> tuple[bytes, ...]:
    """The brands of an ISO base media file (ISO/IEC 14496-12, 4.3), the major one first."""
    if data[4:8] != b"ftyp":
        return ()
    length = min(int.from_bytes(data[:4]), len(data), 256)
    compatible = [data[at : at + 4] for at in range(16, length - 3, 4)]
    return (data[8:12], *compatible)


def _is_bmp(data: bytes) -> bool:
    return data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS


def _is_avif(data: bytes) -> bool:
    return any(brand in (b"avif", b"avis") for brand in _brands(data))


def _is_heic(data: bytes) -> bool:
    return any(brand in _HEIC_BRANDS for brand in _brands(data))


@cache
def _register_heif() -> None:
    from pillow_heif import register_heif_opener

    # Thumbnails and depth maps of a phone's file are not looked at.
    register_heif_opener(thumbnails=False)


FORMATS: tuple[ImageFormat, ...] = (
    ImageFormat("JPEG", "JPEG", "image/jpeg", lambda data: data[:3] == b"\xff\xd8\xff"),
    ImageFormat("PNG", "PNG", "image/png", lambda data: data[:8] == b"\x89PNG\r\n\x1a\n"),
    ImageFormat(
        "WEBP", "WebP", "image/webp", lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    ),
    ImageFormat("GIF", "GIF", "image/gif", lambda data: data[:6] in (b"GIF87a", b"GIF89a")),
    ImageFormat("AVIF", "AVIF", "image/avif", _is_avif),
    ImageFormat("BMP", "BMP", "image/bmp", _is_bmp),
    ImageFormat(
        "HEIF",
        "HEIC",
        "image/heic",
        _is_heic,
        shown_by_browsers=False,
        register=_register_heif,
        package="pillow-heif",
    ),
)
MEDIA_TYPES = tuple(one.media_type for one in FORMATS)
# As the OpenAPI document, errors and reports say it: "JPEG, PNG, ... or HEIC".
TITLES = ", ".join(one.title for one in FORMATS[:-1]) + " or " + FORMATS[-1].title


def usable_media_types() -> list[str]:
    """The media types that this process can read, with the optional packages it has."""
    modules = ((one, one.package.replace("-", "_")) for one in FORMATS)
    return [one.media_type for one, name in modules if not name or find_spec(name) is not None]


def sniff_format(data: bytes) -> ImageFormat:
    """The format that `data` begins like, ready for Pillow to read.

    Raises:
        InvalidImage: if there are no bytes.
        UnsupportedImage: if the bytes begin like no format of `FORMATS`, or like one whose optional
            package is not installed.
    """
    if not data:
        raise InvalidImage("The image is empty.")
    found = next((one for one in FORMATS if one.starts(data)), None)
    if found is None:
        raise UnsupportedImage(f"The file is not a {TITLES} image.")
    if found.register is not None:
        try:
            found.register()
        except ImportError:
            raise UnsupportedImage(
                f"{found.title} images need the package {found.package}, which this service lacks. "
                "Send a JPEG."
            ) from None
    return found
