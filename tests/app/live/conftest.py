"""A shop on disk that takes writes, behind a real server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.live_service import Place, serving


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
