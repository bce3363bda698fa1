"""A service on the small shop with settings of choice, such as read keys."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from app.recommend.recommender import Recommender
from app.settings import Settings
from app.state import State
from tests.support.small_shop import Server, open_shop
from twinset.encoders import HashEncoder

KEYS = ("first-key-0123456789", "second-key-0123456789")


@contextlib.contextmanager
def service(folder: Path, **options: Any) -> Iterator[httpx.Client]:
    settings = Settings(**options)
    state, encoder = State(settings), HashEncoder(32)
    state.recommender = Recommender(encoder, open_shop(folder, encoder), settings, state.metrics)
    with Server(state) as address, httpx.Client(base_url=address) as client:
        yield client


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
