"""How sure the photo head is, set on photos of people whom a second head has not seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.photo.draws import Draw, right_mass
from training.photo.late_branch import TunedTail
from training.photo.material import Material, Seen, Vectors
from twinset.photo.photo_head import PhotoHead, evidence

# Share of the tuning photos that may be taken for showing no garment.
_REFUSED = 0.02
_SHARES = np.linspace(0.3, 0.9, 7)  # of the tuned tail in the direction of the kind
_SCALES = np.linspace(6, 24, 37)
_GLANCE_SCALES = np.linspace(4, 24, 41)
_BATCH = 64


@dataclass(frozen=True)
class Sureness:
    """`scale` makes kinds as often right as they are sure to be, if the tuned tail has `share` of
    their direction; `glance` does so after a glance. `evidence` is the least there is of a garment
    in all but a few photos."""

    share: float
    scale: float
    glance: float
    evidence: float

    def applied(self, head: PhotoHead) -> PhotoHead:
        return replace(
            head,
            tuned_share=self.share,
            kind_scale=self.scale,
            glance_scale=self.glance,
            least_evidence=self.evidence,
        )


def sureness(head: PhotoHead, tail: TunedTail | None, material: Material) -> Sureness:
    """How sure heads should be, by one that was fitted without the tuning photos."""
    photos = material.photos[0, material.tuning]
    draw = Draw(material, balance=0.5, seed=0)
    wanted = draw.wanted_of(material.labels[material.tuning])
    directions, prior = draw.all_directions(), draw.prior
    read = _Read.of(head, tail, photos)

    def lost(kind: Vectors, scale: float, right: Tensor) -> float:
        return float(right_mass(torch.from_numpy(kind) @ directions.T * scale + prior, right))

    shares = _SHARES if tail is not None else np.zeros(1)
    share, scale = min(
        product(shares.tolist(), _SCALES.tolist()),
        key=lambda one: lost(read.kind(one[0]), one[1], wanted),
    )
    studio = material.studio
    own = torch.nn.functional.one_hot(draw.types(np.arange(len(studio))), len(draw.kinds)).bool()
    glances = head.glances(studio.rows[:, : head.own])[:, : head.dimension]
    glances = glances / np.linalg.norm(glances, axis=1, keepdims=True)
    glance = min(_GLANCE_SCALES.tolist(), key=lambda one: lost(glances, one, own))
    logits = torch.from_numpy(read.kind(share)) @ directions.T * scale + prior
    likeliest = logits.softmax(1).amax(1).tolist()
    found = [
        evidence(familiar, garment, chance)
        for familiar, garment, chance in zip(
            photos.familiar.tolist(), read.garment.tolist(), likeliest, strict=True
        )
    ]
    return Sureness(share, scale, glance, float(np.quantile(found, _REFUSED)))


@dataclass(frozen=True)
class _Read:
    """What the head and the tail say of photos: unit directions (n, d) and chances (n,)."""

    by_head: Vectors
    by_tail: Vectors
    garment: NDArray[np.float32]

    @classmethod
    def of(cls, head: PhotoHead, tail: TunedTail | None, photos: Seen) -> _Read:
        d = head.dimension
        inputs = np.clip((photos.rows - head.mean) / head.spread, -5, 5)
        outputs = head.outputs(np.asarray(inputs, np.float32))
        by_head = _unit(photos.rows[:, :d] + outputs[:, d : 2 * d])
        by_tail = by_head if tail is None else _unit(directions_of(tail, photos))
        garment = np.asarray(1 / (1 + np.exp(-outputs[:, -1])), np.float32)
        return cls(by_head, by_tail, garment)

    def kind(self, share: float) -> Vectors:
        return np.asarray((1 - share) * self.by_head + share * self.by_tail, np.float32)


@torch.no_grad()
def directions_of(tail: TunedTail, photos: Seen) -> Vectors:
    """Where the tail says that the kinds of photos are, (n, d)."""
    middle = photos.middle
    parts = [
        tail(torch.from_numpy(middle[start : start + _BATCH]).float()).numpy()
        for start in range(0, len(middle), _BATCH)
    ]
    return np.concatenate(parts)


def _unit(rows: Vectors) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
