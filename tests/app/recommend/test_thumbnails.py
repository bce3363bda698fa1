"""Thumbnails as wide as a page asks for."""

from __future__ import annotations

import asyncio
import io

import httpx
import numpy as np
import pytest
from PIL import Image

from app.concurrency.image_decoding import Decoder
from app.concurrency.pools import BoundedPool
from app.recommend.thumbnails import Thumbnails
from app.service_errors import Overloaded
from tests.support.small_shop import picture
from twinset.images.decode import ImageLimits
from twinset.index.indexed_items import StoredImage

LARGE = StoredImage(picture(1, "PNG", (1200, 1600)), "image/png")


def pictures(max_bytes: int = 2**20, pending: int = 4) -> Thumbnails:
    pool = BoundedPool("decode", 1, pending)
    return Thumbnails(Decoder(pool, ImageLimits(), (96, 128)), max_bytes)


def narrowed(image: StoredImage, width: int) -> StoredImage:
    return asyncio.run(pictures().narrow(image, width))


@pytest.mark.parametrize("width", [240, 480, 960])
def test_a_picture_is_as_wide_as_asked_and_keeps_its_shape(width: int) -> None:
    small = narrowed(LARGE, width)
    image = Image.open(io.BytesIO(small.data))
    assert (image.format, small.media_type) == ("JPEG", "image/jpeg")
    assert image.size == (width, width * 4 // 3)
    original = Image.open(io.BytesIO(LARGE.data)).convert("RGB").resize((6, 8))
    difference = np.asarray(original, float) - np.asarray(image.resize((6, 8)), float)
    assert np.abs(difference).max() < 24


def test_a_tall_picture_is_measured_by_its_width() -> None:
    image = Image.open(io.BytesIO(narrowed(tall := stored((500, 4000)), 240).data))
    assert image.size == (240, 1920)
    assert narrowed(tall, 960) is tall


def stored(size: tuple[int, int]) -> StoredImage:
    return StoredImage(picture(2, "JPEG", size), "image/jpeg")


@pytest.mark.parametrize(
    "image", [stored((240, 320)), StoredImage(b"\xff\xd8\xff no picture", "image/jpeg")]
)
def test_what_is_narrow_or_broken_stays_as_it_is(image: StoredImage) -> None:
    assert narrowed(image, 240) is image


def test_a_narrowed_picture_is_kept_within_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0
    narrow = Decoder.narrow

    async def counted(self: Decoder, data: bytes, width: int) -> bytes | None:
        nonlocal made
        made += 1
        return await narrow(self, data, width)

    monkeypatch.setattr(Decoder, "narrow", counted)

    async def ask(keeper: Thumbnails, *widths: int) -> None:
        for width in widths:
            await keeper.narrow(LARGE, width)

    asyncio.run(ask(pictures(), 240, 480, 240, 480))
    assert made == 2
    asyncio.run(ask(pictures(max_bytes=1000), 240, 240))
    assert made == 4


def test_a_full_pool_gives_the_picture_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> bytes:
        raise Overloaded

    monkeypatch.setattr(Decoder, "narrow", full)
    assert narrowed(LARGE, 240) is LARGE


def test_a_page_asks_by_address(client: httpx.Client) -> None:
    whole = client.get("/items/p3/image")
    assert client.get("/items/p3/image?width=240").content == whole.content  # 96 pixels wide
    for bad in ("241", "0", "-240", "x", "240.5"):
        answer = client.get(f"/items/p3/image?width={bad}")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
