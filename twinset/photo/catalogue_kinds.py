"""The kinds of a catalogue as directions: a photo's kind is read without training for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from twinset.columns import Column, Mask
from twinset.encoders.encoder import normalise
from twinset.index.vector_index import VectorIndex
from twinset.text.text_folding import fold

Vectors = NDArray[np.float32]
# Items whose mean is the direction of a kind, and kinds beyond which the rarest are left out.
_ITEMS, _KINDS = 64, 2000
# How far the number of its items makes a kind likelier, as a power of that number.
PRIOR = 0.5


@dataclass(frozen=True)
class KindGuess:
    """A kind of the catalogue, and the chance that a photo shows it."""

    kind: str
    confidence: float


@dataclass(frozen=True)
class CatalogueKinds:
    """The kinds of one index version: names, unit directions (k, d) and log priors (k,)."""

    names: tuple[str, ...]
    directions: Vectors
    log_prior: Vectors

    @classmethod
    def of(cls, column: Column, index: VectorIndex, alive: Mask | None = None) -> Self:
        """Read the kinds off `column`; each is the mean of up to 64 of its items, evenly taken."""
        there = column.present if alive is None else column.present & alive
        codes = column.group_codes()[there]
        rows = np.flatnonzero(there)
        order = np.argsort(codes, kind="stable")
        _, starts, counts = np.unique(codes[order], return_index=True, return_counts=True)
        commonest = np.sort(np.argsort(-counts, kind="stable")[:_KINDS])
        means, names = [], []
        for start, count in zip(starts[commonest], counts[commonest], strict=True):
            taken = np.unique(np.linspace(0, count - 1, min(count, _ITEMS)).astype(np.int64))
            members = rows[order[start + taken]]
            means.append(index.vectors(members).mean(axis=0))
            names.append(str(column.value(int(members[0]))))
        directions = np.stack(means) if means else np.zeros((0, index.dimension), np.float32)
        prior = PRIOR * np.log(counts[commonest] / max(len(rows), 1))
        return cls(tuple(names), normalise(directions), prior.astype(np.float32))

    def chances(self, direction: Vectors, scale: float) -> Vectors:
        """The chances (k,) of each kind for a photo whose kind points to `direction` (d,)."""
        logits = self.directions @ direction * scale + self.log_prior
        raised = np.exp(logits - logits.max(initial=0))
        return np.asarray(raised / max(raised.sum(), 1e-12), np.float32)

    def likeliest(self, chances: Vectors, count: int) -> tuple[KindGuess, ...]:
        """The `count` likeliest kinds, likeliest first."""
        best = np.argsort(-chances, kind="stable")[:count]
        return tuple(KindGuess(self.names[place], float(chances[place])) for place in best)

    def place_of(self, name: str) -> int | None:
        """The place of a kind by its name, in any case; None if no item has this kind."""
        if name in self.names:
            return self.names.index(name)
        folded = fold(name)
        return next((i for i, own in enumerate(self.names) if fold(own) == folded), None)
