"""A small shop to put behind a real server: HashEncoder, ExactIndex, HTTP over a socket."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uvicorn
from PIL import Image

from app.main import create_app
from app.serve_command import server_options
from app.state import State
from twinset.encoders import HashEncoder
from twinset.index import ExactIndex
from twinset.index.index_versions import IndexVersion
from twinset.index.indexed_items import ImageStore, ItemTable
from twinset.index.vector_index import VectorIndex
from twinset.lexical.word_index import WORDS_FILE, WordIndex, build_word_table, write_word_table

COLOURS = ("red", "green", "blue", "black")
TYPES = ("dress", "shirt", "shoe", "watch", "bag", "hat")
ODD_ID = "odd/id ü%2F?"


def picture(seed: int, kind: str = "PNG", size: tuple[int, int] = (96, 96)) -> bytes:
    """A random coarse pattern, different for each seed."""
    cells = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    image = Image.fromarray(cells).resize(size, Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def products() -> list[dict[str, object]]:
    """Six styles in four colours, and one item with an odd id, no style, price or image."""
    rows: list[dict[str, object]] = []
    for kind in TYPES:
        for colour in COLOURS:
            number = len(rows)
            rows.append(
                {
                    "id": f"p{number}",
                    "title": f"{colour} {kind}",
                    "description": "made of cotton",
                    "group_id": kind,
                    "price": 10.0 + number,
                    "available": number % 3 > 0,
                    "gender": "Women" if number % 2 else "Men",
                    "baseColour": colour,
                    "image": picture(number),
                }
            )
    return [*rows, {"id": ODD_ID, "title": "mystery thing"}]


def open_shop(folder: Path, encoder: HashEncoder) -> IndexVersion:
    """The products as an index version, without going through the index builder."""
    rows = products()
    pictures = [row.pop("image", None) for row in rows]
    lengths = [len(p) if isinstance(p, bytes) else 0 for p in pictures]
    places = {
        "offset": pa.array([sum(lengths[:i]) for i in range(len(lengths))], pa.int64()),
        "length": pa.array(lengths, pa.int64()),
        "type": ["image/png"] * len(rows),
    }
    items = pa.Table.from_pylist(rows)
    pq.write_table(items, folder / "items.parquet")
    write_word_table(build_word_table(items, None), folder / WORDS_FILE)
    pq.write_table(pa.table(places), folder / "images.parquet")
    (folder / "images.bin").write_bytes(b"".join(p for p in pictures if isinstance(p, bytes)))
    images = [Image.open(io.BytesIO(p)) if isinstance(p, bytes) else None for p in pictures]
    vectors = encoder.encode_items(images, [str(row["title"]) for row in rows])
    return IndexVersion(
        name="20260101T000000Z-0123abcd",
        folder=folder,
        encoder_name=encoder.name,
        fingerprint=encoder.fingerprint,
        category=None,
        index=ExactIndex(vectors.item),
        items=ItemTable(folder / "items.parquet"),
        images=ImageStore(folder / "images.parquet"),
        manifest={},
        words=WordIndex.load(folder / WORDS_FILE, len(rows)),
    )


class Server(uvicorn.Server):
    """uvicorn on a thread and a free port."""

    def __init__(self, state: State) -> None:
        app = create_app(state.settings, state=state)
        options = server_options(state.settings, "127.0.0.1", 0) | {"log_config": None}
        super().__init__(uvicorn.Config(app, **options))
        self._thread = threading.Thread(target=self.run)

    def __enter__(self) -> str:
        self._thread.start()
        while not self.started:
            self._thread.join(0.005)
            assert self.started or self._thread.is_alive(), "the server did not start; see its log"
        host, port = self.servers[0].sockets[0].getsockname()
        return f"http://{host}:{port}"

    def __exit__(self, *_: object) -> None:
        self.should_exit = True
        self._thread.join()


def as_version(folder: Path, index: VectorIndex) -> IndexVersion:
    """A version over the items and pictures that a test wrote into `folder`."""
    items = ItemTable(folder / "items.parquet")
    return IndexVersion(
        name="20260101T000000Z-0123abcd",
        folder=folder,
        encoder_name="none",
        fingerprint="none",
        category=None,
        index=index,
        items=items,
        images=ImageStore(folder / "images.parquet"),
        manifest={},
        words=WordIndex(build_word_table(items.table, None), len(items)),
    )
