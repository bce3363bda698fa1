"""A shop on disk that takes writes, behind a real server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.settings import Settings
from app.state import State
from tests.support.small_shop import Server

KEY = "an-admin-key-of-a-test"
COUNT = 40


@dataclass(frozen=True)
class Place:
    """Folders of an encoder and of an index."""

    encoder: Path
    index: Path

    def settings(self, **more: Any) -> Settings:
        return Settings(encoder=self.encoder, index=self.index, **{"admin_key": KEY, **more})


@contextmanager
def serving(place: Place, **more: Any) -> Iterator[httpx.Client]:
    """A server in this process, and a client that holds its admin key."""
    state = State(place.settings(**more))
    headers = {"Authorization": f"Bearer {KEY}"}
    with Server(state) as address, httpx.Client(base_url=address, headers=headers) as client:
        yield client
