"""Artefacts to serve: made by the stages that make them, with the encoder that ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_builder.build import BuildOptions
from tests.support.live_service import COUNT, Place
from tests.support.live_shop import ENCODER, build
from tests.support.live_shop import products as live_products
from tests.support.milvus_lite import milvus_lite
from tests.support.served_artefacts import Artefacts, write_artefacts
from twinset.encoders import HashEncoder, load_encoder

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
