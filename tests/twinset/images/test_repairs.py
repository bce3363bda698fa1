"""Damage that every browser forgives, and damage that nobody should."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.support.image_corpus import chunk
from twinset.errors import InvalidImage
from twinset.images.decode import decode_image


def noisy(width=160, height=192):
    """A picture with something to see in each block, so that a cut shows."""
    cells = np.random.default_rng(3).integers(0, 256, (height // 4, width // 4, 3), np.uint8)
    return Image.fromarray(np.repeat(np.repeat(cells, 4, axis=0), 4, axis=1))


def saved(kind="PNG", **options):
    buffer = io.BytesIO()
    noisy().save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 4}])
@pytest.mark.parametrize("lost", [1, 2])
def test_a_jpeg_without_its_end_is_read(options, lost):
    data = saved("JPEG", **options)
    assert np.array_equal(decode_image(data[:-lost]), decode_image(data))


def test_a_jpeg_without_its_last_bytes_loses_an_edge_at_most():
    data = saved("JPEG")
    whole, cut = (np.asarray(decode_image(one), int) for one in (data, data[:-20]))
    assert np.array_equal(whole[:172], cut[:172])


def test_a_jpeg_that_ends_in_zeros_is_read():
    data = saved("JPEG")
    assert np.array_equal(decode_image(data[:-2] + bytes(64)), decode_image(data))


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.85])
@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_a_jpeg_that_lacks_part_of_the_picture_is_refused(share, options):
    data = saved("JPEG", **options)
    with pytest.raises(InvalidImage):
        decode_image(data[: int(len(data) * share)])


def broken(kind, content):
    data = bytearray(chunk(kind, content))
    data[-1] ^= 0xFF
    return bytes(data)


@pytest.mark.parametrize("kind", [b"tEXt", b"tIME", b"pHYs", b"gAMA", b"prVt"])
def test_a_png_with_a_broken_side_chunk_is_read(kind):
    data = saved()
    assert np.array_equal(decode_image(data[:33] + broken(kind, bytes(9)) + data[33:]), noisy())


@pytest.mark.parametrize("kind", [b"IDAT", b"PLTE", b"IHDR"])
def test_a_png_with_a_broken_main_chunk_is_refused(kind):
    data = saved()
    with pytest.raises(InvalidImage):
        decode_image(data[:33] + broken(kind, bytes(12)) + data[33:])
