"""The small shop behind a real server."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from app.observability.prometheus_metrics import Metrics
from app.recommend.recommender import Recommender
from app.settings import Settings
from app.state import State
from tests.support.small_shop import Server, open_shop
from twinset.encoders import HashEncoder


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    state = State(Settings(), Metrics())
    encoder = HashEncoder(256)
    version = open_shop(tmp_path_factory.mktemp("shop"), encoder)
    state.recommender = Recommender(encoder, version, state.settings, state.metrics)
    return state


@pytest.fixture(scope="session")
def address(state: State) -> Iterator[str]:
    with Server(state) as address:
        yield address


@pytest.fixture(scope="session")
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=10) as client:
        yield client
