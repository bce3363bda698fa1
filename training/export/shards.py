"""Vectors of an export that is under way, kept so that one that was cut off goes on from there.

A shard holds the vectors of some thousand items by the hash of what each was made from. Shards lie
beside the embeddings folder until that is written whole.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twinset.embeddings import MATRICES
from twinset.encoders import ItemVectors

SHARD_ROWS = 2048


@dataclass(frozen=True)
class MadeRows:
    """Vectors that were made before; row r has the content `contents[r]`."""

    contents: Sequence[str]
    vectors: ItemVectors


class Shards:
    """The shards of an export to `out` by an encoder, of the words of a template.

    Those of another encoder, or of other words, are removed.
    """

    def __init__(self, out: Path, fingerprint: str, text_template: str) -> None:
        whole = f"{fingerprint} {text_template}".encode()
        self._all = out.with_name(f".{out.name}.shards")
        self._folder = self._all / hashlib.sha256(whole).hexdigest()[:16]
        self._contents: list[str] = []
        self._parts: list[ItemVectors] = []
        if self._all.is_dir() and not self._folder.is_dir():
            shutil.rmtree(self._all)

    def made(self) -> Iterator[MadeRows]:
        """What earlier, unfinished exports made; a shard that is damaged is passed over."""
        for path in sorted(self._folder.glob("*.npz")):
            try:
                with path.open("rb") as file, np.load(file, allow_pickle=False) as shard:
                    contents = [str(one) for one in shard["content"]]
                    vectors = ItemVectors(*(shard[name] for name in MATRICES))
            except (OSError, ValueError, KeyError, zipfile.BadZipFile):
                continue
            yield MadeRows(contents, vectors)

    def add(self, contents: Sequence[str], vectors: ItemVectors) -> None:
        """Keep vectors that were made now; every `SHARD_ROWS` of them go to the disk."""
        self._contents.extend(contents)
        self._parts.append(vectors)
        if len(self._contents) >= SHARD_ROWS:
            self._write()

    def clear(self) -> None:
        """Remove every shard: the export is whole."""
        shutil.rmtree(self._all, ignore_errors=True)

    def _write(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        number = len(list(self._folder.glob("*.npz")))
        target = self._folder / f"{number:06d}.npz"
        staging = target.with_suffix(".tmp")
        image, text, item = (
            np.concatenate([getattr(part, name) for part in self._parts]) for name in MATRICES
        )
        with staging.open("wb") as file:
            np.savez(file, content=np.array(self._contents), image=image, text=text, item=item)
            file.flush()
            os.fsync(file.fileno())
        staging.replace(target)
        self._contents, self._parts = [], []
