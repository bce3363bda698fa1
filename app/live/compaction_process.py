"""Folding live writes into a new version, in a process of its own while this one goes on serving.

The command publishes the version, and every worker follows CURRENT to it. A lock in the index
folder lets one builder work at a time, so workers that start it together do no harm.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import time

from app.settings import Settings
from twinset.index.milvus.milvus_versions import is_shareable
from twinset.live.overlay import Overlay

logger = logging.getLogger("twinset.live")
_PAUSE_S = 60.0
_NICENESS = 10


class Compactor:
    """Starts `twinset compact` when an overlay has grown past the share that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0

    def look(self, overlay: Overlay) -> None:
        """Start the command where it is due and none runs; say how the last one ended."""
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return
            logger.log(logging.ERROR if code else logging.INFO, "compaction ended with %d", code)
            self._process = None
        if time.monotonic() >= self._not_before and self._is_due(overlay):
            self._not_before = time.monotonic() + _PAUSE_S
            self._start()

    def close(self) -> None:
        """Stop a running command; what it had built so far is removed by the next build."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def _is_due(self, overlay: Overlay) -> bool:
        settings = self._settings
        if settings.admin_key is None or settings.compact_share == 0:
            return False
        if not is_shareable(overlay.base.folder):
            return False  # another process could not open it
        share = settings.compact_share * len(overlay.base)
        return overlay.size >= max(share, settings.compact_least)

    def _start(self) -> None:
        places = ["--encoder", str(self._settings.encoder), "--index", str(self._settings.index)]
        command = [sys.executable, "-m", "twinset", "compact", *places]
        output = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603 - ours
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICENESS)
