"""A shop on disk that takes writes, behind a real server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import Settings
from app.state import State
from core.index.milvus.connection import MilvusAddress
from tests.app.conftest import Server
from tests.live.shop import ENCODER, build, products
from tests.milvus import milvus_lite

KEY = "an-admin-key-of-a-test"
COUNT = 40


@dataclass(frozen=True)
class Place:
    """Folders of an encoder and of an index."""

    encoder: Path
    index: Path

    def settings(self, **more: Any) -> Settings:
        return Settings(encoder=self.encoder, index=self.index, **{"admin_key": KEY, **more})


@pytest.fixture
def milvus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MilvusAddress]:
    with milvus_lite(tmp_path) as address:
        monkeypatch.setenv("TWINSET_MILVUS_URI", address.uri)
        yield address


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pristine")
    build(folder, products(COUNT))
    ENCODER.save(folder / "encoder")
    return folder


@pytest.fixture
def place(pristine: Path, tmp_path: Path) -> Place:
    folder = Path(shutil.copytree(pristine, tmp_path / "shop"))
    return Place(folder / "encoder", folder / "index")


@contextmanager
def serving(place: Place, **more: Any) -> Iterator[httpx.Client]:
    """A server in this process, and a client that holds its admin key."""
    state = State(place.settings(**more))
    headers = {"Authorization": f"Bearer {KEY}"}
    with Server(state) as address, httpx.Client(base_url=address, headers=headers) as client:
        yield client


@pytest.fixture(scope="module")
def shared(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """For tests that leave nothing behind that others could see."""
    folder = Path(shutil.copytree(pristine, tmp_path_factory.mktemp("shared") / "shop"))
    with serving(Place(folder / "encoder", folder / "index")) as client:
        yield client


@pytest.fixture
def client(place: Place) -> Iterator[httpx.Client]:
    with serving(place) as client:
        yield client
