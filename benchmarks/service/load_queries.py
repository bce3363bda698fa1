"""What is asked in the load: photos, words and items, each request another, so no cache answers."""

from __future__ import annotations

import base64
import io
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from benchmarks.service.load import Requests, get, post_image, post_json
from benchmarks.service.servers import fetch

_WORDS = (
    *("red", "blue", "black", "white", "green", "striped", "plain", "checked", "printed"),
    *("women", "men", "boys", "girls", "shirt", "tshirt", "dress", "jeans", "shorts", "skirt"),
    *("jacket", "sweater", "watch", "shoes", "heels", "sandals", "belt", "bag", "wallet", "cap"),
    *("scarf", "tie", "socks", "summer", "winter", "casual", "formal", "sports", "cotton"),
)
_PHOTOS = 64


@dataclass(frozen=True)
class Kind:
    """A call under load: its name, and how request number n reads."""

    name: str
    requests: Requests


def photos(width: int = 480, height: int = 640) -> list[bytes]:
    """JPEGs as a shop's page sends them: smooth shapes and some grain, about 60 KB."""
    generator = np.random.default_rng(0)
    made = []
    for _ in range(_PHOTOS):
        shapes = Image.fromarray(generator.integers(0, 256, (8, 6, 3), np.uint8))
        pixels = np.asarray(shapes.resize((width, height), Image.Resampling.BICUBIC), np.int16)
        grain = generator.integers(-12, 13, pixels.shape, np.int16)
        buffer = io.BytesIO()
        Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8)).save(buffer, "JPEG")
        made.append(buffer.getvalue())
    return made


def words(number: int) -> str:
    """Four words, others for each number."""
    chosen = random.Random(number).sample(_WORDS, 4)  # noqa: S311 - words to search for
    return f"{' '.join(chosen)} {number}"


def new_photo(pictures: Sequence[bytes], number: int) -> bytes:
    """One of the photos as content never seen before: bytes after a JPEG's end are ignored."""
    return pictures[number % len(pictures)] + str(number).encode()


def service_calls(items: Sequence[str]) -> list[Kind]:
    """The three calls of Twinset and of the straightforward service."""
    pictures = photos()
    order = random.Random(0).sample(range(len(items)), len(items))  # noqa: S311
    return [
        Kind("by-image", lambda n: post_image("/recommend/by-image", new_photo(pictures, n))),
        Kind("by-text", lambda n: post_json("/recommend/by-text", {"query": words(n)})),
        Kind("similar", lambda n: get(f"/items/{items[order[n % len(order)]]}/similar")),
    ]


def infinity_calls(model: str) -> list[Kind]:
    """The same pictures and words for infinity, which embeds and does not search."""
    pictures = photos()

    def image(number: int) -> bytes:
        data = base64.b64encode(new_photo(pictures, number)).decode()
        return _embeddings(model, "image", f"data:image/jpeg;base64,{data}")

    return [
        Kind("by-image", image),
        Kind("by-text", lambda n: _embeddings(model, "text", words(n))),
    ]


def _embeddings(model: str, modality: str, value: str) -> bytes:
    return post_json("/embeddings", {"model": model, "modality": modality, "input": [value]})


def all_ids(address: str) -> list[str]:
    """Every item's id, from the service's own list."""
    ids: list[str] = []
    while True:
        page = json.loads(fetch(f"{address}/items?limit=100&offset={len(ids)}&fields=title"))
        ids += [item["id"] for item in page["items"]]
        if page["page"]["exhausted"]:
            return ids
