"""An item that a write made or changed: fields, pictures, and what its vectors are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from twinset.index.index_versions import IndexVersion
from twinset.index.indexed_items import StoredImage
from twinset.index.vector_index import Vectors

# In place of a picture's sha256: the one that the base version holds for the row.
BASE_PICTURE = "base"
_BASE_VIEW = "base/"


@dataclass(frozen=True)
class View:
    """A further picture of a changed item.

    `picture` is the sha256 of a picture in the log, or `base_view` of one that the base version
    holds; `key` names what its vector (d,) is made of.
    """

    picture: str
    key: str
    vector: Vectors | None = None


@dataclass(frozen=True)
class Change:
    """A row that a write made or changed.

    `fields` are all columns. `picture` is the sha256 of a picture in the log, `BASE_PICTURE`, or
    None. `key` names what the vector is made of, None if the base's vector stands. `vector` (d,) is
    None if `key` is, until it is resolved, and when `Overlay.applied` holds it. `sequence` is that
    of the row's last write, 0 of a draft. `views` are the further pictures; None if those of the
    base stand.
    """

    fields: Mapping[str, Any]
    picture: str | None
    key: str | None = None
    vector: Vectors | None = None
    sequence: int = 0
    views: tuple[View, ...] | None = None

    @cached_property
    def lists(self) -> frozenset[str]:
        """The fields that hold several values."""
        return frozenset(name for name, held in self.fields.items() if isinstance(held, list))

    @property
    def lacking(self) -> list[tuple[str, str | None]]:
        """The keys of vectors that are not known yet, each with the picture it is made of."""
        found: list[tuple[str, str | None]] = []
        if self.key is not None and self.vector is None:
            found.append((self.key, self.picture))
        return found + [(one.key, one.picture) for one in self.views or () if one.vector is None]

    def resolved(self, vectors: Mapping[str, Vectors]) -> Change:
        """The change with the vectors that are given by key."""
        views = self.views and tuple(
            replace(one, vector=vectors.get(one.key, one.vector)) for one in self.views
        )
        vector = self.vector if self.key is None else vectors.get(self.key, self.vector)
        return replace(self, vector=vector, views=views)


def base_view(number: int) -> str:
    """What names a further picture that the base version holds for a row, from 0."""
    return f"{_BASE_VIEW}{number}"


def base_picture(base: IndexVersion, row: int | None, picture: str) -> StoredImage | None:
    """The picture of a base version that `BASE_PICTURE` or `base_view` names; None for others."""
    if row is None:
        return None
    if picture == BASE_PICTURE:
        return base.images.read(row)
    if not picture.startswith(_BASE_VIEW) or base.views is None:
        return None
    return base.views.picture(row, int(picture.removeprefix(_BASE_VIEW)))


def content_key(fingerprint: str, text: str | None, sha: str | None) -> str:
    """A name for the vector that an encoder makes of words and a picture."""
    parts = (fingerprint, "-" if text is None else f"+{text}", sha or "-")
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
