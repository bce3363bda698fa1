"""Copies of a picture are known again, and other pictures are not taken for copies."""

from __future__ import annotations

import io
from itertools import islice

import numpy as np
import pytest
from PIL import Image

from sample_shop import render_sample
from twinset.images.decode import decode_image
from twinset.repeats.picture_signature import (
    LENGTH,
    Signature,
    are_near,
    has_signature,
    read_signature,
)

COUNT = 40


@pytest.fixture(scope="module")
def pictures() -> list[bytes]:
    return [row["image"] for row in islice(render_sample(COUNT, seed=5), COUNT)]


def saved(image: Image.Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def same(one: Signature, other: Signature) -> bool:
    return bool(are_near(one[None], other[None])[0])


@pytest.mark.parametrize(
    "change",
    [
        lambda image: saved(image, "JPEG", quality=60),
        lambda image: saved(image, "WEBP", quality=75),
        lambda image: saved(image.resize((image.width // 2, image.height // 2)), "JPEG"),
        lambda image: saved(image.resize((image.width * 2, image.height * 2)), "PNG"),
        lambda image: saved(image.point(lambda level: min(255, int(level * 1.02))), "JPEG"),
    ],
    ids=["quality", "format", "smaller", "larger", "brighter"],
)
def test_a_copy_is_known_again(pictures: list[bytes], change) -> None:
    known = [
        same(read_signature(data), read_signature(change(decode_image(data)))) for data in pictures
    ]
    assert np.mean(known) >= 0.9


def test_products_that_differ_in_colour_or_print_are_no_copies(pictures: list[bytes]) -> None:
    """The sample shop draws one shape in several colours and patterns."""
    signatures = np.stack([read_signature(data) for data in pictures])
    assert has_signature(signatures).all()
    one, other = np.triu_indices(COUNT, 1)
    assert not are_near(signatures[one], signatures[other]).any()


def test_a_shade_of_blue_is_no_copy_of_black() -> None:
    black, navy = (
        read_signature(saved(Image.new("RGB", (80, 80), colour), "PNG"))
        for colour in ((20, 20, 20), (20, 20, 50))
    )
    assert not same(black, navy)
    assert same(black, black)


@pytest.mark.parametrize("data", [None, b"", b"not a picture"])
def test_what_is_no_picture_has_no_signature(data: bytes | None) -> None:
    signature = read_signature(data)
    assert signature.shape == (LENGTH,)
    assert not has_signature(signature[None])[0]


def test_a_black_picture_has_a_signature() -> None:
    black = read_signature(saved(Image.new("RGB", (40, 40)), "PNG"))
    assert has_signature(black[None])[0]
