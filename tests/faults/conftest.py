"""Artefacts to serve: made by the stages that make them, with the encoder that ships."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pytest
from PIL import Image

from core.catalog import CatalogueWriter
from core.encoders import HashEncoder, load_encoder
from index_builder.build import BuildOptions, build_index
from tests.app.conftest import products
from tests.embeddings import write_embeddings
from tests.live.conftest import COUNT, Place, place, pristine
from tests.live.shop import ENCODER, build
from tests.live.shop import products as live_products
from tests.milvus import milvus_lite

__all__ = ["place", "pristine"]

Artefacts = tuple[Path, Path]
_FIGURES = pytest.StashKey[list[tuple[str, dict[str, object]]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print what the tests measured, below their results."""
    for name, figures in config.stash[_FIGURES]:
        words = ", ".join(f"{key} {_short(value)}" for key, value in figures.items())
        terminalreporter.write_line(f"{name}: {words}")


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> dict[str, object]:
    """What a test measures, by name and unit; printed at the end of the run."""
    measured: dict[str, object] = {}
    request.config.stash[_FIGURES].append((request.node.name, measured))
    return measured


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


@pytest.fixture
def milvus_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The shop of `place` in milvus-lite, which the process that serves it will hold alone."""
    with milvus_lite(tmp_path) as address:
        monkeypatch.setenv("TWINSET_MILVUS_URI", address.uri)
        build(tmp_path / "shop", live_products(COUNT), options=BuildOptions("milvus"))
        build(tmp_path / "shop", live_products(30), options=BuildOptions("milvus", activate=False))
    ENCODER.save(tmp_path / "shop" / "encoder")
    return Place(tmp_path / "shop" / "encoder", tmp_path / "shop" / "index")


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, compact: Path) -> Artefacts:
    """The encoder that ships, and an index of 25 products."""
    return compact, write_artefacts(tmp_path_factory.mktemp("shop"), load_encoder(compact))


@pytest.fixture(scope="session")
def plain_shop(tmp_path_factory: pytest.TempPathFactory) -> Artefacts:
    """The same with the encoder of the tests, which starts in a moment."""
    folder = tmp_path_factory.mktemp("plain")
    encoder = HashEncoder(32)
    encoder.save(folder / "encoder")
    return folder / "encoder", write_artefacts(folder, encoder)
