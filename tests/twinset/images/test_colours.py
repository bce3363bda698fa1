"""Colours mean what they were meant to, whatever space a picture stores them in."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageCms

from tests.support.icc_profiles import SPACES, icc_profile, stored_in
from tests.support.image_corpus import chunk
from twinset.images.decode import decode_image


def swatches():
    """Colours that every space of the tests can hold."""
    levels = np.array([30, 90, 150, 220], np.uint8)
    red, green, blue = np.meshgrid(levels, levels, levels, indexing="ij")
    flat = np.stack([red, green, blue], axis=-1).reshape(8, 8, 3)
    return np.repeat(np.repeat(flat, 8, axis=0), 8, axis=1)


def saved(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def off_by(data, expected):
    return np.abs(np.asarray(decode_image(data), int) - expected.astype(int))


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize(("kind", "most"), [("PNG", 2.0), ("JPEG", 4.0), ("WEBP", 4.0)])
def test_a_wide_space_is_brought_to_srgb(space, kind, most):
    image = Image.fromarray(stored_in(swatches(), space))
    options = {"JPEG": {"quality": 98, "subsampling": 0}, "WEBP": {"lossless": True}}
    plain = saved(image, kind, **options.get(kind, {}))
    profiled = saved(image, kind, icc_profile=icc_profile(space), **options.get(kind, {}))
    assert off_by(profiled, swatches()).mean() < most
    assert off_by(plain, swatches()).mean() > most  # so the profile made the difference


def test_transparency_stays_with_a_profile():
    pixels = Image.fromarray(stored_in(swatches(), "Display P3")).convert("RGBA")
    pixels.paste((0, 0, 0, 0), (0, 0, 8, 64))
    decoded = np.asarray(decode_image(saved(pixels, icc_profile=icc_profile("Display P3"))))
    assert (decoded[:, :8] == 255).all()
    assert np.abs(decoded[:, 8:].astype(int) - swatches()[:, 8:]).mean() < 2


@pytest.mark.parametrize(
    "profile",
    [
        b"no profile at all",
        icc_profile("ProPhoto")[:200],
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
    ],
    ids=["nonsense", "cut", "sRGB", "of another space"],
)
def test_a_profile_that_says_nothing_new_changes_nothing(profile):
    assert off_by(saved(Image.fromarray(swatches()), icc_profile=profile), swatches()).max() == 0


def test_cmyk_without_adobes_marker_is_no_negative():
    ink = Image.fromarray(swatches()).convert("CMYK")
    # Pillow writes CMYK as Adobe does, inverted and with its marker.
    adobe = saved(ink, "JPEG", quality=98, subsampling=0)
    start = adobe.index(b"\xff\xee")
    length = 2 + int.from_bytes(adobe[start + 2 : start + 4])
    inverted = saved(ImageChops.invert(ink), "JPEG", quality=98, subsampling=0)
    place = inverted.index(b"\xff\xee")
    plain = inverted[:place] + inverted[place + length :]
    for data in (adobe, plain):
        assert off_by(data, swatches()).mean() < 4


@pytest.mark.parametrize("gamma", [0.45455, 0.55, 1.0])
def test_the_gamma_of_a_png_is_undone(gamma):
    values = np.round(255 * (swatches() / 255) ** (gamma * 2.2)).astype(np.uint8)
    data = saved(Image.fromarray(values))
    gama = chunk(b"gAMA", struct.pack(">I", round(gamma * 100_000)))
    told = data[:33] + gama + data[33:]
    assert zlib.crc32(gama[4:-4]) == int.from_bytes(gama[-4:])
    assert off_by(told, swatches()).mean() < 3
    # A picture that says it is sRGB is, whatever its gamma says.
    srgb = data[:33] + gama + chunk(b"sRGB", b"\0") + data[33:]
    assert off_by(srgb, values).max() == 0
