"""Decoding of untrusted images: what Twinset accepts, and how each refusal is named.

The format is judged by the bytes (`twinset.images.formats`), the size is read from the header
before a pixel is decoded, one frame is decoded, turned upright by its EXIF orientation, brought to
sRGB, laid on white if it is transparent, and returned as 8-bit RGB.
"""

from __future__ import annotations

import contextlib
import math
import struct
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageFile, ImageOps

from twinset.errors import BadDimensions, ImageError, ImageTooLarge, InvalidImage
from twinset.images.colours import apply_gamma, to_srgb, undo_adobe_inversion
from twinset.images.file_checks import (
    BoundedFile,
    check_pixel_data,
    coefficient_bytes,
    count_scans,
)
from twinset.images.formats import ImageFormat, sniff_format
from twinset.images.repairs import mend_jpeg, mend_png

# What damaged files make Pillow raise, found by feeding it damaged files. Pillow's own
# UnidentifiedImageError is an OSError; a zTXt bomb is a ValueError; broken EXIF may be a
# KeyError or a TypeError; a PNG that lies about its chunks is a SyntaxError.
_DECODER_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    EOFError,
    MemoryError,
    ZeroDivisionError,
    struct.error,
    zlib.error,
)
_WHITE = (255, 255, 255)
_COSTLY_PIXELS = 4_000_000
_STRIP_ROWS = 256
# A JPEG of several scans is held as coefficients while it is decoded, whatever the scale.
_MOST_COEFFICIENT_BYTES = 230_000_000
# How much larger than asked for a JPEG is decoded. What is left for the resampling after it then
# looks the same: benchmarks/service/phone_photo.py prints how close the embeddings are.
_COVER = 1.5
_ON_ITS_SIDE = (5, 6, 7, 8)  # EXIF orientations in which width and height change places
# Pillow only warns of odd files and of sizes up to twice its own limit; here each is an error or
# does no harm. Once for the process, since `warnings.catch_warnings` is not safe across threads.
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True)
class ImageLimits:
    """What a caller's image may measure: pixels in all, and the shortest and longest side.

    A JPEG is decoded at a fraction of its size, so it may have more pixels: `max_jpeg_pixels`.
    """

    max_pixels: int = 25_000_000
    max_jpeg_pixels: int = 64_000_000
    min_side: int = 16
    max_side: int = 12_000

    def pixels_of(self, kind: ImageFormat) -> int:
        """The most pixels that an image of this format may have."""
        return self.max_jpeg_pixels if kind.name == "JPEG" else self.max_pixels


def decode_image(
    data: bytes, limits: ImageLimits | None = None, target: tuple[int, int] | None = None
) -> Image.Image:
    """Decode an untrusted image to upright 8-bit RGB.

    `target` (width, height) is the size that the caller will resize the upright image to: a JPEG is
    then decoded at the smallest scale (1/2, 1/4, 1/8) that still covers one and a half times each
    side of it, which costs a fraction of the time.

    Raises:
        UnsupportedImage, InvalidImage, ImageTooLarge, BadDimensions
    """
    kind, limits = sniff_format(data), limits or ImageLimits()
    try:
        return _decode(data, kind, limits, target)
    except ImageError:
        raise
    except Image.DecompressionBombError:
        # Pillow refuses before the size can be read here.
        raise _too_large(limits.pixels_of(kind)) from None
    except _DECODER_ERRORS:
        mended = _decode_mended(data, kind, limits, target)
    if mended is None:
        raise _damaged()
    return mended


def _decode_mended(
    data: bytes, kind: ImageFormat, limits: ImageLimits, target: tuple[int, int] | None
) -> Image.Image | None:
    """The image of a file with damage that may be mended; None for any other damage."""
    try:
        if kind.name == "JPEG":
            return mend_jpeg(data, lambda whole: _decode(whole, kind, limits, target))
        mended = mend_png(data) if kind.name == "PNG" else None
        return None if mended is None else _decode(mended, kind, limits, target)
    except _DECODER_ERRORS:
        return None


def _opened(data: bytes, kind: ImageFormat) -> ImageFile.ImageFile:
    return Image.open(BoundedFile(data), formats=[kind.name])


def _damaged() -> InvalidImage:
    return InvalidImage("The image is damaged or incomplete.")


def _decode(
    data: bytes, kind: ImageFormat, limits: ImageLimits, target: tuple[int, int] | None
) -> Image.Image:
    with _opened(data, kind) as image:
        check_size(image.size, limits, limits.pixels_of(kind))
        profile, gamma = image.info.get("icc_profile"), image.info.get("gamma")
        if kind.name == "JPEG":
            if count_scans(data) > 1 and coefficient_bytes(data) > _MOST_COEFFICIENT_BYTES:
                raise _too_large(limits.max_pixels)
            if target is not None:
                image.draft("RGB", _size_to_decode(image, target))
        image.load()
        if kind.name == "PNG":
            check_pixel_data(data)
        # 25 megapixels take 100 MB decoded, so each step works in place if it can.
        _drop_decoder(image)
        _turn_upright(image)
        shown: Image.Image = undo_adobe_inversion(image) if kind.name == "JPEG" else image
        if profile:
            return _flatten(to_srgb(shown, profile))
        return _flatten(shown if "srgb" in image.info else apply_gamma(shown, gamma))


def _size_to_decode(image: Image.Image, target: tuple[int, int]) -> tuple[int, int]:
    width, height = (math.ceil(_COVER * side) for side in target)
    orientation = None
    with contextlib.suppress(*_DECODER_ERRORS):  # broken EXIF turns nothing, see `_turn_upright`
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    return (height, width) if orientation in _ON_ITS_SIDE else (width, height)


def is_costly(data: bytes, target: tuple[int, int] | None = None) -> bool:
    """True if decoding takes far more than a few megapixels' memory; read from the header.

    A WebP image of 25 megapixels takes 400 MB for a moment. A JPEG takes next to nothing if it
    can be decoded small, see `decode_image` for `target`, unless it has several scans: then all of
    its coefficients are held.
    """
    try:
        kind = sniff_format(data)
        with _opened(data, kind) as image:
            if kind.name == "JPEG" and target is not None and count_scans(data) == 1:
                image.draft("RGB", _size_to_decode(image, target))
            return image.width * image.height > _COSTLY_PIXELS
    except (ImageError, Image.DecompressionBombError, *_DECODER_ERRORS):
        return False  # refused before its pixels are read


def is_within(data: bytes, side: int) -> bool:
    """True if no side of the image is longer than `side`; read from the header.

    Raises:
        UnsupportedImage, InvalidImage
    """
    try:
        with _opened(data, sniff_format(data)) as image:
            return max(image.size) <= side
    except (Image.DecompressionBombError, *_DECODER_ERRORS):
        raise _damaged() from None


def _drop_decoder(image: ImageFile.ImageFile) -> None:
    """Free what a decoded WebP image still holds: its decoder and the raw frame."""
    vars(image).pop("_decoder", None)
    image.fp = None


def check_size(size: tuple[int, int], limits: ImageLimits, max_pixels: int | None = None) -> None:
    """Raise ImageTooLarge or BadDimensions unless (width, height) is within the limits."""
    width, height = size
    most = limits.max_pixels if max_pixels is None else max_pixels
    if width * height > most:
        raise _too_large(most)
    if min(size) < limits.min_side or max(size) > limits.max_side:
        raise BadDimensions(
            f"Each side of the image must be {limits.min_side} to {limits.max_side} pixels."
        )


def _too_large(most: int) -> ImageTooLarge:
    return ImageTooLarge(f"The image has more than {most} pixels.")


def _turn_upright(image: Image.Image) -> None:
    with contextlib.suppress(*_DECODER_ERRORS):  # broken EXIF says nothing about the pixels
        ImageOps.exif_transpose(image, in_place=True)


def _flatten(image: Image.Image) -> Image.Image:
    if image.mode in ("I;16", "I"):
        # Pillow's own conversion clips 16-bit grey to 255 instead of scaling it.
        return image.point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if image.mode == "P" and image.palette is None:
        raise _damaged()  # Pillow opens a PNG without its palette, and fails an assertion later
    if image.has_transparency_data:
        return _on_white(image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    """A strip at a time: whole, the steps between would take as much again as the image."""
    width, height = image.size
    canvas = Image.new("RGB", image.size, _WHITE)
    for top in range(0, height, _STRIP_ROWS):
        strip = image.crop((0, top, width, min(top + _STRIP_ROWS, height))).convert("RGBA")
        canvas.paste(strip, (0, top), strip)
    return canvas


def crop_box(image: Image.Image, box: Sequence[float]) -> Image.Image:
    """The part of an image inside `box` = (x1, y1, x2, y2), fractions of its width and height.

    Raises:
        BadDimensions: if the part has a side of less than one pixel.
    """
    x1, y1, x2, y2 = box
    width, height = image.size
    pixels = (round(x1 * width), round(y1 * height), round(x2 * width), round(y2 * height))
    if pixels[2] <= pixels[0] or pixels[3] <= pixels[1]:
        raise BadDimensions("The box leaves no pixel of the image.")
    return image.crop(pixels)
