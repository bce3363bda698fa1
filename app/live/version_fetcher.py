"""Fetches shared index versions before they go live, so that a switch only has to open them."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from twinset.errors import TwinsetError
from twinset.index.shared.version_files import (
    fetch_version,
    missing_versions,
    remove_unshared,
    sharing,
)

logger = logging.getLogger("twinset.live")
_INTERVAL_S = 2.0


class Fetcher:
    """A thread that brings shared versions into an index folder, and removes those that are gone.

    It does nothing if versions are not shared, see `twinset.index.shared.version_files`.
    """

    def __init__(self, index_dir: Path) -> None:
        self._index_dir = index_dir
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fetcher", daemon=True)

    def start(self) -> None:
        """Begin to look, every two seconds."""
        if sharing() is not None:
            self._thread.start()

    def close(self) -> None:
        """Stop after the file at hand. What was fetched of a version is fetched again later."""
        self._stopping.set()

    def _run(self) -> None:
        said = ""
        while not self._stopping.wait(_INTERVAL_S):
            try:
                for name in missing_versions(self._index_dir):
                    fetch_version(self._index_dir, name)
                remove_unshared(self._index_dir)
                said = ""
            except (TwinsetError, OSError) as error:
                if str(error) != said:
                    logger.error("index versions are not fetched: %s", error)
                said = str(error)
