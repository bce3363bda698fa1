"""A phone's photo: what a 12-megapixel JPEG costs before it is encoded, and through the service.

    python -m benchmarks.service.phone_photo [--encoder models/compact] [--index INDEX]

The photo is made here, with the grain of a real one: what a JPEG costs to decode goes by its
bytes. "whole" decodes every pixel, as `Image.open(...).convert("RGB")` does; "cosine" is that
of the embeddings of both.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from benchmarks.markdown_report import MarkdownTable, ratio, show
from benchmarks.service.load import Plan, post_image, run_load
from benchmarks.service.servers import running, twinset_command
from twinset.encoders import Encoder, load_encoder
from twinset.encoders.dual_encoder import resize_image
from twinset.images.decode import ImageLimits, decode_image

_SIZE = (4000, 3000)
_ROUNDS = 15


def main(
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
    index: Annotated[Path | None, typer.Option(help="Asks the service too.")] = None,
    seconds: Annotated[float, typer.Option(min=0.5)] = 5,
) -> None:
    """Print both tables; without an index only the first."""
    data = phone_photo()
    opened = load_encoder(encoder, "cpu")
    sizes = dict.fromkeys((opened.image_size, (224, 224)))
    table = MarkdownTable("photo", "prepared for", "whole ms", "twinset ms", "faster", "cosine")
    for size in sizes:
        whole, ours = _best(lambda s=size: _whole(data, s)), _best(lambda s=size: _ours(data, s))  # type: ignore[misc]
        name = f"{_SIZE[0]} x {_SIZE[1]}, {len(data) / 1e6:.1f} MB"
        cells = (f"{whole * 1e3:.0f}", f"{ours * 1e3:.0f}", ratio(whole, ours))
        near = f"{_cosine(opened, data, size):.4f}" if size == opened.image_size else "-"
        table.add(name, f"{size[0]} x {size[1]}", *cells, near)
    if index is None:
        show(table)
        return
    calls = MarkdownTable("clients", "requests/s", "p50 ms", "p99 ms", "errors")
    with running(twinset_command(encoder, index), "/readyz") as server:
        for clients in (1, 8):
            result = run_load(
                server.address,
                lambda n: post_image("/recommend/by-image", data + str(n).encode()),
                Plan(clients, seconds),
            )
            times = (f"{result.milliseconds(percent):.0f}" for percent in (50, 99))
            calls.add(clients, f"{result.rate:.1f}", *times, result.failures or "-")
    show(table, calls)


def phone_photo() -> bytes:
    """A 12-megapixel JPEG of about 3 MB."""
    generator = np.random.default_rng(0)
    detail = generator.integers(0, 256, (300, 400, 3), np.uint8)
    image = Image.fromarray(detail).resize(_SIZE, Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _whole(data: bytes, size: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB").resize(size, Image.Resampling.BILINEAR)


def _ours(data: bytes, size: tuple[int, int]) -> Image.Image:
    return Image.fromarray(resize_image(decode_image(data, ImageLimits(), size), *size))


def _cosine(encoder: Encoder, data: bytes, size: tuple[int, int]) -> float:
    """Of the embeddings of both."""
    whole, ours = encoder.encode_images([_whole(data, size), _ours(data, size)])
    return float(whole @ ours)


def _best(call: Callable[[], object]) -> float:
    """Seconds of the fastest of several rounds."""
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - started)
    return best


if __name__ == "__main__":
    typer.run(main)
