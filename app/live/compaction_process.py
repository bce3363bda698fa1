"""Compaction: folding live writes into a new version, by a process beside the one that serves.

The command publishes the version, and every worker follows CURRENT to it. If several workers start
the command together, a lock in the index folder lets one of the builds go on.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from app.settings import Settings
from twinset.index.engines import engine_in
from twinset.live.overlay import Overlay

logger = logging.getLogger("twinset.live")
_PAUSE_S = 60.0
_NICENESS = 10
_LONGEST_LINE = 1000


class Compactor:
    """Starts `twinset compact` when an overlay has grown past the share that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None
        self._not_before = 0.0

    def look(self, overlay: Overlay) -> None:
        """Start the command if it is due and none runs; log how the last one ended."""
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
        """Stop a running command; the next build removes what it had built so far."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def _is_due(self, overlay: Overlay) -> bool:
        settings = self._settings
        if settings.admin_key is None or settings.compact_share == 0:
            return False
        folder = overlay.base.folder
        if not engine_in(folder).is_shareable(folder):
            return False  # another process could not open it
        share = settings.compact_share * len(overlay.base)
        return overlay.size >= max(share, settings.compact_least)

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            compact_command(self._settings.encoder, self._settings.index),
            cwd=self._settings.index,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICENESS)
        if self._process.stdout is not None:
            output = (self._process.stdout,)
            threading.Thread(target=log_output, args=output, name="compaction", daemon=True).start()


def compact_command(encoder: Path, index: Path) -> list[str]:
    """The command that folds the writes of an index folder, for any working directory.

    `-P` keeps Python from importing out of the working directory, which may hold a folder named
    `twinset` or `app` of somebody else.
    """
    places = ["--encoder", str(encoder.absolute()), "--index", str(index.absolute())]
    return [sys.executable, "-P", "-m", "twinset", "compact", *places]


def log_output(output: IO[str]) -> None:
    """Log each line that a command prints, until it ends."""
    with output:
        for line in output:
            if line.strip():
                logger.info("compaction: %s", line.strip()[:_LONGEST_LINE])
