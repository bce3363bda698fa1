"""Sizes and words that several garments share."""

from __future__ import annotations

from dataclasses import replace

from sample_shop.assortment.article import (
    Rng,
)
from sample_shop.drawings.clothes.torso import Torso


def torso(rng: Rng, gender: str, ease: float = 0.0) -> Torso:
    """The measures of a body, give or take a size; `ease` widens the garment."""
    if gender in ("Women", "Girls"):
        base = Torso(
            neck=31, shoulder=71, chest=75, waist=67, hem=78, length=232, waist_at=142, slope=17
        )
    else:
        base = Torso()
    if gender in ("Boys", "Girls"):
        base = replace(base, length=212, waist=base.chest - 2, waist_at=130)
    size = float(rng.uniform(0.97, 1.04))
    length = base.length * float(rng.uniform(0.95, 1.06))
    return replace(
        base,
        shoulder=base.shoulder * size + ease * 0.5,
        chest=base.chest * size + ease,
        waist=base.waist * size + ease * 1.2,
        hem=base.hem * size + ease,
        length=length,
        top=-length / 2 - 2,
    )


def scale_for(gender: str, adult: float) -> float:
    """Children's clothes are photographed a little smaller."""
    return adult * (0.86 if gender in ("Boys", "Girls") else 1.0)


NECK_WORDS = {
    "crew": "a crew neck",
    "round": "a round neck",
    "scoop": "a scoop neck",
    "boat": "a boat neck",
    "v": "a V-neck",
    "deep v": "a deep V-neck",
    "square": "a square neck",
    "sweetheart": "a sweetheart neck",
    "collar": "a fold-down collar",
    "band": "a band collar",
    "turtle": "a roll neck",
    "hood": "a hood",
    "lapel": "lapels",
}


def sleeve_words(reach: float) -> str:
    """Words for a sleeve length."""
    return (
        "no sleeves"
        if reach == 0
        else "short sleeves"
        if reach < 0.5
        else "elbow sleeves"
        if reach < 0.8
        else "long sleeves"
    )
