"""From the address of a Google feed to a searchable index, and the run of the next night.

    python -m benchmarks.feeds.shop_feed --encoder models/compact

Serves an RSS feed and its pictures on this machine, runs `twinset sync` twice, and changes the
picture of one item in a hundred in between.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.feeds.commands import run

_COLOURS = ("red", "green", "blue", "black", "white")
_KINDS = ("dress", "shirt", "coat", "skirt", "boot", "bag", "scarf")
_CHANGED = 100  # one item in so many


def main() -> None:
    """Print what the first run and the second took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--encoder", type=Path, default=Path("models/compact"))
    parser.add_argument("--items", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as address:
        feed = Path(folder, "feed.xml")
        words = ("sync", f"{address}/{feed.name}", "--index", Path(folder, "index"))
        for number in range(options.items):
            _draw(Path(folder, f"{number}.jpg"), seed=number)
        _write_feed(feed, options.items, address)
        first = run(*words, "--encoder", options.encoder)
        for number in range(0, options.items, _CHANGED):
            _draw(Path(folder, f"{number}.jpg"), seed=options.items + number)
        _write_feed(feed, options.items, address)
        second = run(*words, "--encoder", options.encoder)
    sys.stdout.write(
        f"{options.items:,} items of a Google feed with pictures, to a searchable index: {first}\n"
        f"again, one item in {_CHANGED} changed: {second}, "
        f"{second.wall_s / first.wall_s:.0%} of the first run's time, "
        f"{second.cpu_s / first.cpu_s:.0%} of its CPU time\n"
    )


def _draw(path: Path, seed: int) -> None:
    """A picture of 600 x 800 pixels in soft colours, another for each seed."""
    colours = np.random.default_rng(seed).integers(0, 255, (12, 9, 3), dtype=np.uint8)
    Image.fromarray(colours).resize((600, 800), Image.Resampling.BICUBIC).save(path, quality=85)


def _write_feed(path: Path, items: int, address: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel>\n')
        for number in range(items):
            fields = {
                "id": f"{number:06d}",
                "title": f"{_COLOURS[number % 5]} {_KINDS[number % 7]} {number}",
                "description": "Of soft cotton, with pockets.",
                "link": f"{address}/p/{number}",
                "image_link": f"{address}/{number}.jpg",
                "price": f"{10 + number % 90}.90 EUR",
                "availability": "in_stock",
                "condition": "new",
                "product_type": f"Women &gt; {_KINDS[number % 7]}",
                "color": _COLOURS[number % 5],
            }
            parts = [f"<g:{name}>{value}</g:{name}>" for name, value in fields.items()]
            file.write(f"<item>{''.join(parts)}</item>\n")
        file.write("</channel></rss>\n")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


if __name__ == "__main__":
    main()
