"""Which files are pictures, whatever they are called."""

import io

import numpy as np
import pytest
from PIL import Image

from twinset.errors import ImageTooLarge, InvalidImage, UnsupportedImage
from twinset.images import formats
from twinset.images.decode import ImageLimits, check_size, decode_image
from twinset.images.formats import FORMATS, TITLES, sniff_format, usable_media_types
from twinset.images.stored import shown_picture


def shirt(width=96, height=128):
    x, y = np.meshgrid(np.linspace(40, 220, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, 255 - x], axis=2).astype(np.uint8))


def saved(image, kind, **options):
    if kind == "HEIF":
        sniff_format(b"\0\0\0\x18ftypheic\0\0\0\0heicmif1")  # registers the writer too
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", FORMATS, ids=lambda one: one.name)
def test_each_format_is_known_and_decoded(kind):
    image = shirt() if kind.name != "GIF" else shirt().quantize(64)
    data = saved(image, kind.name)
    assert sniff_format(data) is kind
    decoded = np.asarray(decode_image(data), int)
    assert np.abs(decoded - np.asarray(shirt(), int)).mean() < (16 if kind.name == "GIF" else 8)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_bmp_of_every_depth(mode):
    decoded = decode_image(saved(shirt().convert(mode), "BMP"))
    assert np.array_equal(decoded, np.asarray(shirt().convert(mode).convert("RGB")))


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turned_picture_of_a_phone_is_upright(kind, orientation):
    turns = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90}
    stored = shirt().transpose(turns.get(orientation, Image.Transpose.ROTATE_270))
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode_image(saved(stored, kind, exif=exif.tobytes()))
    assert decoded.size == (96, 128)
    assert np.abs(np.asarray(decoded, int) - np.asarray(shirt(), int)).mean() < 8


def test_a_transparent_avif_lies_on_white():
    image = shirt().convert("RGBA")
    image.putalpha(0)
    assert np.asarray(decode_image(saved(image, "AVIF"))).min() > 250


@pytest.mark.parametrize(
    "data",
    [
        b"BM is a text that begins like a bitmap, and goes on.",
        b"\0\0\0\x20ftypmp42\0\0\0\0isommp42" + bytes(12),  # a film
        b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(20),
        b"RIFF\0\0\0\0AVI LIST",
        b"\xff\xd8 not a picture",
    ],
)
def test_what_only_resembles_a_picture_is_not_one(data):
    with pytest.raises(UnsupportedImage, match=TITLES):
        sniff_format(data)


@pytest.mark.parametrize("brand", [b"avif", b"heic"])
def test_a_container_without_a_picture_is_damaged(brand):
    with pytest.raises(InvalidImage):
        decode_image(b"\0\0\0\x20ftyp" + brand + bytes(20))


def test_a_missing_package_is_named(monkeypatch):
    def missing():
        raise ImportError("no pillow_heif")

    without = [
        formats.ImageFormat(one.name, one.title, one.media_type, one.starts, False, missing, "p-q")
        if one.package
        else one
        for one in FORMATS
    ]
    monkeypatch.setattr(formats, "FORMATS", tuple(without))
    with pytest.raises(UnsupportedImage, match="HEIC images need the package p-q"):
        sniff_format(b"\0\0\0\x18ftypheic\0\0\0\0heicmif1")
    assert "image/heic" not in usable_media_types()


def test_a_heic_picture_is_stored_as_browsers_show_it():
    data, media_type = shown_picture(saved(shirt(), "HEIF"))
    assert media_type == "image/jpeg"
    assert np.abs(np.asarray(decode_image(data), int) - np.asarray(shirt(), int)).mean() < 8
    jpeg = saved(shirt(), "JPEG")
    assert shown_picture(jpeg) == (jpeg, "image/jpeg")


def test_a_jpeg_may_have_more_pixels_than_what_is_decoded_whole():
    jpeg, png = FORMATS[0], FORMATS[1]
    limits = ImageLimits()
    check_size((9_000, 7_000), limits, limits.pixels_of(jpeg))
    for size, kind in [((9_000, 7_200), jpeg), ((5_000, 5_001), png)]:
        with pytest.raises(ImageTooLarge):
            check_size(size, limits, limits.pixels_of(kind))


def test_48_megapixels_are_decoded_at_a_fraction():
    data = saved(Image.new("RGB", (8_000, 6_000), (200, 30, 40)), "JPEG", quality=30)
    decoded = decode_image(data, target=(144, 192))
    assert max(decoded.size) <= 1_000
    assert np.abs(np.asarray(decoded, int).mean(axis=(0, 1)) - (200, 30, 40)).max() < 4


def test_a_jpeg_whose_scans_would_fill_memory_is_too_large():
    image = Image.new("RGB", (8_000, 7_900))
    data = saved(image, "JPEG", progressive=True, subsampling=0, quality=20)
    with pytest.raises(ImageTooLarge):
        decode_image(data, target=(144, 192))
