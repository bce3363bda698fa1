"""A random shop, writes to it, and a plain list that says what every answer must be."""

from __future__ import annotations

import contextlib
import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from index_builder.build import BuildOptions, build_index
from tests.support.made_embeddings import write_embeddings
from twinset.catalogue import CatalogueWriter
from twinset.encoders import HashEncoder
from twinset.images.decode import decode_image
from twinset.index.indexed_items import StoredImage
from twinset.live.write_log import LOG_FILE, Entry, WriteLog, picture_sha
from twinset.text.word_template import render_texts

ENCODER = HashEncoder(32)
ATTRIBUTES = {"gender": pa.string(), "baseColour": pa.string(), "year": pa.int64()}
COLOURS = ("red", "green", "blue", "black", "grey")
WORDS = ("dress", "shirt", "shoe", "watch", "bag", "hat", "long", "short", "striped", "plain")
Fields = dict[str, Any]


def picture(seed: int) -> bytes:
    cells = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(cells).resize((24, 24), Image.Resampling.NEAREST).save(buffer, "PNG")
    return buffer.getvalue()


def fields(random: Random, number: int) -> Fields:
    """A product without id and picture; some words and values are missing, some pictures equal."""
    return {
        "title": " ".join(random.sample(WORDS, 3)),
        "description": random.choice(("made of cotton", None)),
        "group_id": random.choice((None, f"style-{random.randrange(number // 4 + 1)}")),
        "price": random.choice((None, float(random.randrange(10, 60)))),
        "available": random.choice((True, False, None)),
        "gender": random.choice(("Women", "Men", "Unisex")),
        "baseColour": random.choice((*COLOURS, None)),
        "year": random.choice((2018, 2019, 2020, None)),
    }


def products(count: int, seed: int = 0) -> list[Fields]:
    random = Random(seed)
    return [
        {
            "id": f"p{number}",
            **fields(random, number),
            "image": picture(number // 2) if random.random() < 0.8 else None,
        }
        for number in range(count)
    ]


def write_catalogue(path: Path, rows: list[Fields]) -> Path:
    with CatalogueWriter(path, ATTRIBUTES, "gender") as writer:
        for row in rows:
            writer.write(row)
    return path


def embed(rows: list[Fields], encoder: HashEncoder = ENCODER) -> Any:
    plain = [{name: value for name, value in row.items() if name != "image"} for row in rows]
    texts = render_texts(encoder.text_template, pa.Table.from_pylist(plain))
    data = [row.get("image") for row in rows]
    images = [None if d is None else decode_image(d, None, encoder.image_size) for d in data]
    return encoder.encode_items(images, texts)


def build(
    folder: Path,
    rows: list[Fields],
    encoder: HashEncoder = ENCODER,
    options: BuildOptions | None = None,
) -> Path:
    """An index folder with a (further) version made of these products."""
    folder.mkdir(parents=True, exist_ok=True)
    catalogue = write_catalogue(folder / "catalog.parquet", rows)
    embeddings = folder / f"embeddings-{len(list(folder.glob('embeddings-*')))}"
    write_embeddings(embeddings, [row["id"] for row in rows], embed(rows, encoder), encoder)
    build_index(embeddings, catalogue, folder / "index", options or BuildOptions())
    return folder / "index"


def read_back(path: Path) -> list[Fields]:
    return list(pq.read_table(path).to_pylist())


def write(log: WriteLog, entry: Entry, data: bytes | None = None) -> int:
    """Log one write; a picture that comes along is named in it by its sha256."""
    with log.transaction() as transaction:
        if data is not None:
            transaction.add_pictures({picture_sha(data): StoredImage(data, "image/png")})
        return transaction.append(entry)


def random_write(random: Random, rows: list[Fields], number: int) -> tuple[Entry, bytes | None]:
    """A write, made to the plain list `rows` as well: what an index must make of it."""
    operation = random.choice(("put", "put", "patch", "patch", "patch", "delete"))
    at = random.randrange(len(rows))
    data = picture(random.randrange(1000)) if random.random() < 0.5 else None
    sha = None if data is None else picture_sha(data)
    if operation == "delete":
        return Entry(rows.pop(at)["id"], "delete", {}), None
    if operation == "put":
        new = random.random() < 0.6
        item_id = f"new{number}" if new else rows[at]["id"]
        given = fields(random, 200)
        rows[at : at + 1] = [rows[at]] if new else []
        place = len(rows) if new else at
        rows.insert(place, {"id": item_id, **given, "image": data})
        return Entry(item_id, "put", {**given, "image": sha}), data
    given = fields(random, 200)
    names = random.sample(sorted(given), 2) if random.random() < 0.5 else ["price", "available"]
    patch = {name: given[name] for name in names}
    rows[at] |= patch
    if random.random() < 0.3:
        rows[at]["image"] = data
        return Entry(rows[at]["id"], "patch", {**patch, "image": sha}), data
    return Entry(rows[at]["id"], "patch", patch), None


@contextlib.contextmanager
def being_made(folder: Path) -> Iterator[None]:
    """Another process is about to change a new file's mode, which SQLite lets nobody wait for."""
    with contextlib.closing(sqlite3.connect(folder / LOG_FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
