"""Decoding: the right pixels, upright, on white, at a size that costs little."""

import contextlib
import io
import zlib

import numpy as np
import pytest
from PIL import ExifTags, Image

from tests.support.image_corpus import chunk, many_scans, png
from twinset.errors import BadDimensions, ImageTooLarge, InvalidImage, UnsupportedImage
from twinset.images.decode import ImageLimits, check_size, crop_box, decode_image, is_costly
from twinset.images.file_checks import MOST_SCANS, count_scans

ORIENTATION = 0x0112
# How a camera stores an upright picture for each EXIF orientation.
STORED = {
    1: [],
    2: [Image.Transpose.FLIP_LEFT_RIGHT],
    3: [Image.Transpose.ROTATE_180],
    4: [Image.Transpose.FLIP_TOP_BOTTOM],
    5: [Image.Transpose.TRANSPOSE],
    6: [Image.Transpose.ROTATE_90],
    7: [Image.Transpose.TRANSVERSE],
    8: [Image.Transpose.ROTATE_270],
}


def gradient(width=60, height=80):
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, 255 - x], axis=2).astype(np.uint8))


def saved(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("orientation", STORED)
def test_exif_orientation_is_undone(orientation):
    image = gradient()
    for step in STORED[orientation]:
        image = image.transpose(step)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    upright = decode_image(saved(image, "JPEG", quality=95, exif=exif))
    assert upright.size == (60, 80)
    assert np.abs(np.asarray(upright, int) - np.asarray(gradient(), int)).mean() < 3


def test_transparency_lies_on_white():
    image = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    assert decode_image(saved(image)).getpixel((5, 5)) == (255, 255, 255)


def test_sixteen_bit_grey_is_scaled_not_clipped():
    image = Image.fromarray(np.full((20, 20), 0x8000, np.uint16))
    assert decode_image(saved(image)).getpixel((5, 5)) == (128, 128, 128)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_large_jpeg_is_decoded_small_but_covers_the_target(orientation):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    on_its_side = orientation > 4
    stored = gradient(4000, 3000) if on_its_side else gradient(3000, 4000)
    data = saved(stored, "JPEG", exif=exif)
    # 1/8 is 375 x 500 upright: one and a half times 250 x 333, and not of a pixel more.
    assert decode_image(data, target=(250, 333)).size == (375, 500)
    assert decode_image(data, target=(251, 333)).size == (750, 1000)
    assert decode_image(data, target=(250, 334)).size == (750, 1000)
    assert decode_image(data).size == (3000, 4000)


def test_one_frame_is_enough():
    frames = [Image.new("P", (20, 20), shade) for shade in range(50)]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode_image(data).size == (20, 20)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_strips_of_a_tall_transparent_image_join(mode):
    levels = np.random.default_rng(0).integers(0, 256, (600, 40, 4), np.uint8)
    image = Image.fromarray(levels)
    if mode == "P":
        data = saved(image.convert("RGB").quantize(16), transparency=3)
    else:
        data = saved(image.convert(mode))
    whole = Image.open(io.BytesIO(data)).convert("RGBA")
    expected = Image.new("RGB", whole.size, "white")
    expected.paste(whole, mask=whole.getchannel("A"))
    assert np.array_equal(np.asarray(decode_image(data)), np.asarray(expected))


def test_a_decoded_webp_image_keeps_neither_its_decoder_nor_its_frame():
    image = decode_image(saved(gradient(), "WEBP"))
    assert "_decoder" not in vars(image)
    assert image.fp is None


def apart(jpeg):
    """A JPEG with its one scan twice: not progressive, and held as a whole all the same."""
    scan = jpeg.index(b"\xff\xda")
    return jpeg[:-2] + jpeg[scan:]


def test_scans_are_counted_up_to_the_end_of_the_image():
    plain, layered = saved(gradient(), "JPEG"), saved(gradient(), "JPEG", progressive=True)
    assert (count_scans(plain), count_scans(layered)) == (1, 10)
    assert count_scans(apart(plain)) == 2
    # A second picture after the first, as phones append; one before it, as a thumbnail.
    assert count_scans(plain + layered) == 1
    thumbnail = b"\xff\xe1" + (len(plain) + 2).to_bytes(2) + plain
    assert count_scans(plain[:2] + thumbnail + plain[2:]) == 1


@pytest.mark.parametrize("count", [MOST_SCANS - 10, MOST_SCANS - 9])
def test_a_jpeg_has_so_many_scans_and_no_more(count):
    data = many_scans(count)
    if count + 10 <= MOST_SCANS:
        assert decode_image(data).size == (64, 64)
    else:
        with pytest.raises(InvalidImage):
            decode_image(data)


def test_a_png_in_small_chunks_is_read():
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (600, 600, 3), np.uint8))
    rows = b"".join(b"\0" + row.tobytes() for row in np.asarray(image))
    body = zlib.compress(rows, 0)
    small = [chunk(b"IDAT", body[i : i + 256]) for i in range(0, len(body), 256)]
    assert np.array_equal(np.asarray(decode_image(png(600, 600, *small))), np.asarray(image))


def test_what_costs_much_memory_is_told_from_the_header():
    large = gradient(2500, 2000)
    assert is_costly(saved(large, compress_level=1))
    photo, small = saved(large, "JPEG"), (100, 100)
    assert not is_costly(photo, small)
    # A part of it that is a tenth as wide needs all of its pixels.
    assert is_costly(photo, (1000, 1000))
    assert is_costly(photo)
    assert is_costly(saved(large, "JPEG", progressive=True), small)
    assert is_costly(apart(saved(large.convert("L"), "JPEG")), small)
    assert not is_costly(saved(gradient(), "WEBP"))
    assert not is_costly(b"words")


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", InvalidImage),
        (b"words", UnsupportedImage),
        (saved(gradient(), "TIFF"), UnsupportedImage),
        (saved(gradient(), "JPEG")[:-200], InvalidImage),
        (saved(gradient())[:100], InvalidImage),
        (saved(gradient(8, 80)), BadDimensions),
        (saved(gradient(200, 200)), ImageTooLarge),
    ],
)
def test_each_refusal_has_its_name(data, error):
    with pytest.raises(error):
        decode_image(data, ImageLimits(max_pixels=30_000))


@pytest.mark.parametrize(
    ("size", "error"),
    [
        ((16, 16), None),
        ((15, 16), BadDimensions),
        ((12_000, 2083), None),
        ((2083, 12_001), BadDimensions),
        ((5000, 5000), None),
        ((5000, 5001), ImageTooLarge),
    ],
)
def test_the_limits_by_default(size, error):
    with contextlib.nullcontext() if error is None else pytest.raises(error):
        check_size(size, ImageLimits())


def test_crop_by_fractions():
    assert crop_box(gradient(), (0.5, 0.25, 1, 0.75)).size == (30, 40)
    with pytest.raises(BadDimensions):
        crop_box(gradient(), (0.5, 0.5, 0.501, 1))
