"""Waiting for Milvus while it indexes and loads a collection: with progress, and not for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from twinset.errors import NotReady
from twinset.index.milvus.milvus_fields import VECTOR
from twinset.progress import progress_bar

_LOOK_S = 0.25
_LOADED = "Loaded"


def index_and_load(client: Any, name: str, index: Any, limit_s: float) -> None:
    """Index a collection's vectors, then load it; returns when it can be searched.

    Raises:
        NotReady: if Milvus gives up, or gets no further for `limit_s` seconds.
    """
    client.create_index(name, index, sync=False)
    with progress_bar() as progress:
        task = progress.add_task("Milvus indexes", total=None)

        def indexed() -> tuple[int, bool]:
            said = client.describe_index(name, VECTOR) or {}
            if said.get("state") == "Failed":
                reason = said.get("index_state_fail_reason") or "it gives no reason"
                raise NotReady(f"Milvus cannot build the index: {reason}")
            total, done = int(said.get("total_rows", 0)), int(said.get("indexed_rows", 0))
            progress.update(task, total=total, completed=done)
            return done, said.get("state") == "Finished"

        _wait(indexed, limit_s, "indexed no further rows")

    client.load_collection(name, _async=True)

    def loaded() -> tuple[int, bool]:
        state = client.get_load_state(name)
        return int(state.get("progress", 0)), _LOADED in str(state["state"])

    _wait(loaded, limit_s, "loaded no more of the collection")


def _wait(look: Callable[[], tuple[int, bool]], limit_s: float, failure: str) -> None:
    """Call `look` until it says that the work is done; it also says how much is done."""
    furthest, since = -1, time.monotonic()
    while True:
        done, finished = look()
        if finished:
            return
        if done > furthest:
            furthest, since = done, time.monotonic()
        if time.monotonic() > since + limit_s:
            raise NotReady(
                f"Milvus {failure} in {limit_s:g} s. Look at its log, choose another "
                "TWINSET_MILVUS_INDEX, or allow more with TWINSET_MILVUS_BUILD_S."
            )
        time.sleep(_LOOK_S)
