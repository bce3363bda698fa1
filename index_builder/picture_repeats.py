"""How the pictures of a version look, and which of its items have the same picture."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow.parquet as pq

from twinset.artefacts import sha256_of
from twinset.index.index_versions import IMAGE_PLACES_FILE
from twinset.index.shared.version_line import list_versions, peek_manifest
from twinset.repeats.picture_groups import picture_groups
from twinset.repeats.picture_signature import LENGTH, Signature, Signatures, read_signature
from twinset.repeats.same_pictures import GROUPS_FILE, SIGNATURES_FILE

# Pictures that wait for a thread: enough to keep every thread at work, and few in memory.
_WAITING = 64


class SignatureWriter:
    """Writes the signature of each item's picture, and the groups of items with one picture.

        with SignatureWriter(folder) as signatures:
            signatures.add(data)

    A picture that a version beside `folder` holds is not looked at again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known = _collect(folder.parent)
        self._rows: list[bytes | None] = []
        self._waiting: deque[tuple[bytes, Future[Signature]]] = deque()
        self._pending: set[bytes] = set()

    def __enter__(self) -> Self:
        self._threads = ThreadPoolExecutor(os.cpu_count() or 1, "signatures")
        return self

    def add(self, data: bytes | None) -> None:
        """Take the picture of the next item; None if it has none."""
        digest = None if data is None else hashlib.sha256(data).digest()
        self._rows.append(digest)
        if digest is None or digest in self._known or digest in self._pending:
            return
        self._pending.add(digest)
        self._waiting.append((digest, self._threads.submit(read_signature, data)))
        if len(self._waiting) >= _WAITING:
            self._take()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(cancel_futures=error is not None)
        if error is None:
            while self._waiting:
                self._take()
            self._write()

    def _take(self) -> None:
        digest, made = self._waiting.popleft()
        self._known[digest] = made.result()

    def _write(self) -> None:
        nothing = np.zeros(LENGTH, np.uint8)
        signatures = np.empty((len(self._rows), LENGTH), np.uint8)
        for row, digest in enumerate(self._rows):
            signatures[row] = nothing if digest is None else self._known[digest]
        codes = picture_groups(signatures)
        rows = np.flatnonzero(codes >= 0)
        np.save(self._folder / SIGNATURES_FILE, signatures)
        np.save(self._folder / GROUPS_FILE, np.stack([rows, codes[rows]], 1).astype(np.int32))


def _collect(index_dir: Path) -> dict[bytes, Signature]:
    """The signatures of the pictures of an index's versions, by the sha256 of a picture."""
    found: dict[bytes, Signature] = {}
    for version in list_versions(index_dir):
        signatures = _signatures_of(index_dir / version)
        if signatures is None:
            continue
        table = pq.read_table(index_dir / version / IMAGE_PLACES_FILE, columns=["sha256"])
        for row, digest in enumerate(table["sha256"].to_pylist()):
            if digest is not None:
                found[digest] = signatures[row]
    return found


def _signatures_of(version: Path) -> Signatures | None:
    """The signatures of a version; None if it has none, or if its files are damaged."""
    said = peek_manifest(version.parent, version.name).get("files", {})
    files = (SIGNATURES_FILE, IMAGE_PLACES_FILE)
    try:
        if any(said.get(name) != sha256_of(version / name) for name in files):
            return None
    except OSError:
        return None
    return np.asarray(np.load(version / SIGNATURES_FILE, mmap_mode="r", allow_pickle=False))
