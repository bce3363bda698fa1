"""Bytes of valid images, changed at random: refused or answered, never a 500, a hang or a death."""

from __future__ import annotations

import random
from collections import Counter

import httpx
import pytest

from tests.support.image_corpus import encoded, frames, turned
from tests.support.raw_client import check, check_good
from tests.support.small_shop import picture

pytestmark = pytest.mark.fuzz
FULL, SHORT = 10_000, 300


def valid_images() -> list[bytes]:
    """Ten, of every accepted format and most of their kinds."""
    return [
        picture(1, "JPEG"),
        encoded("JPEG", progressive=True),
        encoded("JPEG", mode="CMYK"),
        turned(6),
        picture(2, "PNG"),
        encoded("PNG", mode="I;16"),
        encoded("PNG", mode="P", transparency=0),
        picture(3, "WEBP"),
        picture(4, "GIF"),
        frames("GIF")[:20_000],
    ]


def mutated(data: bytes, generator: random.Random) -> bytes:
    """One to eight changes: a bit, a byte, a piece left out, doubled or moved."""
    changed = bytearray(data)
    for _ in range(generator.randint(1, 8)):
        place = generator.randrange(len(changed))
        end = min(len(changed), place + generator.randint(1, 64))
        match generator.randrange(5):
            case 0:
                changed[place] ^= 1 << generator.randrange(8)
            case 1:
                changed[place] = generator.choice((0, 1, 0x7F, 0x80, 0xFF))
            case 2 if len(changed) > 100:
                del changed[place:end]
            case 3:
                changed[place:place] = changed[place:end]
            case _:
                piece = changed[place:end]
                target = generator.randrange(len(changed))
                changed[target : target + len(piece)] = piece
    return bytes(changed)


def test_mutated_images(client: httpx.Client, full: bool) -> None:
    generator = random.Random(7)
    images = valid_images()
    statuses: Counter[int] = Counter()
    for number in range(FULL if full else SHORT):
        data = mutated(images[number % len(images)], generator)
        response = client.post("/recommend/by-image", files={"image": data})
        statuses[response.status_code] += 1
        if response.status_code != 200:
            check(response, response.status_code)
    assert set(statuses) <= {200, 415, 422}, statuses
    assert statuses[200]
    assert statuses[422]
    check_good(client)
