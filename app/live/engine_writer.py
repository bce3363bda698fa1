"""Applies live writes to Milvus after every worker shows them; see `twinset.live.engine_writes`."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from twinset.errors import TwinsetError
from twinset.live.engine_writes import apply_writes, is_behind
from twinset.live.overlay import Overlay
from twinset.live.store import Store

logger = logging.getLogger("twinset.live")
# By then every worker shows a write; they look five times a second.
SEEN_S = 2.0
_INTERVAL_S = 0.5


class Applier:
    """A thread that applies writes to Milvus a few seconds after they were made.

    `current` gives what this process shows. An overlay never changes: the one that is applied was
    shown `SEEN_S` ago, even if writes came since.
    """

    def __init__(self, current: Callable[[], tuple[Overlay, Store | None]]) -> None:
        self._current = current
        self._shown: tuple[Overlay, float] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="applier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop soon. Writes that were applied but not noted as such are applied again by the next
        process."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        said = ""
        while not self._stopping.wait(_INTERVAL_S):
            try:
                self._look(time.monotonic())
                said = ""
            except TwinsetError as error:
                if str(error) != said:
                    logger.error("live writes are not applied to Milvus: %s", error)
                said = str(error)
            except Exception:
                if said != "unexpected":
                    logger.exception("live writes are not applied to Milvus")
                said = "unexpected"

    def _look(self, now: float) -> None:
        overlay, log = self._current()
        if log is None or not is_behind(overlay):
            self._shown = None
        elif self._shown is None or self._shown[0].base is not overlay.base:
            self._shown = overlay, now
        elif now >= self._shown[1] + SEEN_S:
            shown, self._shown = self._shown[0], None
            apply_writes(shown, log, self._stopping.wait)
