"""The material of the photo head in memory and in a file, and who it may learn from."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Halves = NDArray[np.float16]
Rows = NDArray[np.int64]
# Article types that an outfit has above and below.
TOPS = frozenset({"Tshirts", "Shirts", "Tops", "Sweatshirts", "Sweaters", "Jackets", "Tunics"})
BOTTOMS = frozenset({"Jeans", "Trousers", "Shorts", "Track Pants", "Skirts", "Capris", "Leggings"})


def tunes(person: str) -> bool:
    """True if a person's photos, of those learnt from, set how sure the head is."""
    return zlib.crc32(f"tuning {person}".encode()) % 5 == 0


def kept_out(person: str) -> bool:
    """True if a person's photos are for measuring only; about three persons of ten are."""
    return zlib.crc32(person.encode()) % 10 < 3


@dataclass(frozen=True)
class Seen:
    """Pictures as the image tower and ImageNet's late blocks see them.

    `rows` (..., f) are unit vectors followed by means and maxima of some layers of either;
    `familiar` (...,) is how familiar the pictures are to ImageNet's classes, and `middle`
    (..., c, h, w) what goes into the blocks that are tuned.
    """

    rows: Vectors
    familiar: Vectors
    middle: Halves

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, part: Any) -> Seen:
        return Seen(self.rows[part], self.familiar[part], self.middle[part])

    @classmethod
    def stack(cls, views: Sequence[Seen]) -> Seen:
        """Views of the same pictures, with a first axis for the view."""
        return cls._made(np.stack, views)

    @classmethod
    def joined(cls, *parts: Seen) -> Seen:
        """All pictures of the parts, one after the other."""
        return cls._made(np.concatenate, parts)

    @classmethod
    def _made(cls, how: Callable[[list[Any]], Any], parts: Sequence[Seen]) -> Seen:
        return cls(*(how([getattr(one, field.name) for one in parts]) for field in fields(cls)))


@dataclass(frozen=True)
class Material:
    """What the photo branch and the head learn from.

    `photos` are v views of n photos with `labels` (n,). `altered` and `studio` (m) are the same
    pictures made a shopper's and as they were; `products` (m,) is their row in `items` (k, d), the
    catalogue's unit vectors, and `types` (k,) its article types. `backdrops` are further studio
    pictures, and `nothing` pictures without a garment. `scenes` show the garments inside `boxes`
    (s, 4, 4), NaN after the last box. `tuning` (n,) marks photos of some people, on whom sureness
    is set by a head that is fitted without them.
    """

    photos: Seen
    labels: NDArray[np.str_]
    altered: Seen
    studio: Seen
    products: Rows
    items: Vectors
    types: NDArray[np.str_]
    backdrops: Seen
    nothing: Seen
    scenes: Seen
    boxes: Vectors
    tuning: NDArray[np.bool_]

    def of_photos(self, chosen: NDArray[np.bool_]) -> Material:
        """The material with the chosen photos alone."""
        photos, labels, tuning = self.photos[:, chosen], self.labels[chosen], self.tuning[chosen]
        return replace(self, photos=photos, labels=labels, tuning=tuning)

    def save(self, path: Path) -> None:
        """Write everything to one file, without pickle; what is tuned on takes most of it."""
        parts: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Seen):
                parts |= {
                    f"{field.name}.{one.name}": getattr(value, one.name) for one in fields(Seen)
                }
            else:
                parts[field.name] = value
        np.savez(path, **parts)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:

            def part(name: str) -> Any:
                if name in stored.files:
                    return stored[name]
                return Seen(*(stored[f"{name}.{one.name}"] for one in fields(Seen)))

            return cls(**{field.name: part(field.name) for field in fields(cls)})
