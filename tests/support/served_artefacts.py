"""The small shop as artefacts on disk, made by the stages that make them."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
from PIL import Image

from index_builder.build import BuildOptions, build_index
from tests.support.made_embeddings import write_embeddings
from tests.support.small_shop import products
from twinset.catalogue import CatalogueWriter

Artefacts = tuple[Path, Path]


def write_artefacts(folder: Path, encoder: object) -> Path:
    """The shop's products, embedded and indexed below `folder`; gives the index folder."""
    attributes = {"gender": pa.string(), "baseColour": pa.string()}
    rows = products()
    with CatalogueWriter(folder / "c.parquet", attributes, None) as writer:
        for row in rows:
            writer.write(row)
    pictures = [row.get("image") for row in rows]
    images = [Image.open(io.BytesIO(p)).convert("RGB") if p else None for p in pictures]
    vectors = encoder.encode_items(images, [str(row["title"]) for row in rows])
    write_embeddings(folder / "emb", [str(row["id"]) for row in rows], vectors, encoder)
    build_index(folder / "emb", folder / "c.parquet", folder / "index", BuildOptions())
    return folder / "index"
