"""The synonyms of a running service: those that were set live, a shop's own file, or Twinset's.

What is set live is a file beside the index: it outlasts the process, and every worker follows it.
With `TWINSET_STORE` it goes to the store first, and every machine copies it from there.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from twinset.artefacts import sync_folder, write_text_atomically
from twinset.errors import ConfigError, InvalidInput
from twinset.store.shared_texts import NotShared, share_text, shared_text
from twinset.words.synonyms.synonyms import Synonyms, default_lines, default_synonyms

logger = logging.getLogger("twinset.words")
LIVE_FILE = "synonyms.txt"
Source = Literal["live", "file", "default"]
_LOOK_S = 0.2  # how often the file is looked at


class SynonymFile:
    """Synonyms that follow the live file in `index_dir`; without it those of `own`, a shop's file.

    Safe from several threads. `current` costs a clock read, and five times a second a look at the
    file.

    Raises:
        ConfigError: `own` cannot be read.
    """

    def __init__(self, index_dir: Path, own: Path | None = None) -> None:
        self._live = index_dir / LIVE_FILE
        self._lock = threading.Lock()
        self._own_lines = default_lines() if own is None else _read_own(own)
        self._source: Source = "default" if own is None else "file"
        self._own = default_synonyms() if own is None else Synonyms.read(self._own_lines)
        self._stamp: tuple[int, int] | None = None
        self._looked = float("-inf")
        self._current = self._own

    @property
    def current(self) -> Synonyms:
        """The synonyms that count now."""
        if time.monotonic() >= self._looked + _LOOK_S:
            self.refresh()
        return self._current

    def refresh(self) -> None:
        """Look at the live file now. If it cannot be read, what counted before stays."""
        with self._lock:
            self._looked = time.monotonic()
            stamp = _stamp(self._live)
            if stamp == self._stamp:
                return
            self._stamp = stamp
            try:
                self._current = self._own if stamp is None else Synonyms.read(_lines(self._live))
            except (OSError, ValueError, InvalidInput) as error:
                logger.error("%s cannot be used: %s", self._live, error)

    def lines(self) -> tuple[Source, Sequence[str]]:
        """Where the synonyms come from, and the lines that say them."""
        if _stamp(self._live) is None:
            return self._source, self._own_lines
        return "live", _lines(self._live)

    def write(self, lines: Iterable[str]) -> None:
        """Set the synonyms from now on; durable when it returns.

        Raises:
            InvalidInput: a line cannot be read.
            NotReady: the store does not answer.
        """
        given = [line.strip() for line in lines]
        Synonyms.read(given)
        text = "".join(f"{line}\n" for line in given)
        share_text(LIVE_FILE, text)
        _keep(self._live, text)
        self.refresh()

    def remove(self) -> None:
        """Go back to the shop's file, or to Twinset's list.

        Raises:
            NotReady: the store does not answer.
        """
        share_text(LIVE_FILE, None)
        _keep(self._live, None)
        self.refresh()


def follow_synonyms(index_dir: Path) -> None:
    """Copy what was set live on any machine into the index folder, if the store has something else.

    Raises:
        NotReady: the store does not answer.
    """
    try:
        text = shared_text(LIVE_FILE)
    except NotShared:
        return
    path = index_dir / LIVE_FILE
    if text != (path.read_text(encoding="utf-8") if path.exists() else None):
        _keep(path, text)


def _keep(path: Path, text: str | None) -> None:
    if text is not None:
        write_text_atomically(path, text)
    else:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino


def _lines(path: Path) -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8").splitlines())


def _read_own(path: Path) -> tuple[str, ...]:
    try:
        lines = _lines(path)
        Synonyms.read(lines)
    except (OSError, ValueError):
        raise ConfigError(f"{path}: cannot be read as a file of synonyms") from None
    except InvalidInput as error:
        raise ConfigError(f"{path}: {error}") from None
    return lines
