"""Caps, scarves, ties, socks, watches and sunglasses: how styles differ, and the types."""

from __future__ import annotations

import numpy as np

from sample_shop.assortment.article import (
    ADULTS,
    METAL_COLOURS,
    MOSTLY_SOLID,
    VIVID,
    ArticleType,
    Rng,
    pick,
)
from sample_shop.drawings.worn.caps import Cap
from sample_shop.drawings.worn.scarves import Scarf
from sample_shop.drawings.worn.socks import Socks
from sample_shop.drawings.worn.sunglasses import Sunglasses
from sample_shop.drawings.worn.ties import Tie
from sample_shop.drawings.worn.watches import Watch
from sample_shop.shading import COTTON, KNIT, SILK


def cap(rng: Rng, _gender: str) -> Cap:
    """Baseball caps and beanies."""
    beanie = bool(rng.random() < 0.35)
    return Cap(
        "Beanie" if beanie else "Cap",
        beanie=beanie,
        brim=float(rng.uniform(0.3, 1.3)),
        two_tone=bool(rng.random() < 0.35),
        pompom=bool(rng.random() < 0.5),
        material=KNIT if beanie else COTTON,
        notes=("a turned-up rib cuff",) if beanie else ("a curved peak", "an adjustable back"),
        scale=1.18,
    )


def scarf(rng: Rng, gender: str) -> Scarf:
    """Fringed knits and silky prints."""
    silky = bool(gender == "Women" and rng.random() < 0.4)
    return Scarf(
        "Scarf",
        width=float(rng.uniform(48, 68)),
        length=float(rng.uniform(195, 245)),
        fringe=0.0 if silky else float(rng.uniform(14, 28)),
        material=SILK if silky else KNIT,
        notes=("a silky drape",) if silky else ("fringed ends",),
        scale=1.08,
    )


def tie(rng: Rng, _gender: str) -> Tie:
    """Neckties, knitted ties and bow ties."""
    form = pick(rng, "Tie", "Tie", "Knitted Tie", "Bow Tie")
    return Tie(
        form,
        width=float(rng.uniform(19, 30)),
        square=form == "Knitted Tie",
        bow=form == "Bow Tie",
        material=KNIT if form == "Knitted Tie" else SILK,
        notes=("a smooth knot",),
        scale=1.04 if form != "Bow Tie" else 1.15,
    )


def socks(rng: Rng, _gender: str) -> Socks:
    """Ankle to knee length."""
    leg = float(rng.choice([62.0, 120.0, 165.0, 200.0]))
    return Socks(
        "Ankle Socks" if leg < 80 else "Crew Socks" if leg < 180 else "Long Socks",
        leg=leg,
        cuff=16.0 if leg < 80 else 30.0,
        contrast=bool(rng.random() < 0.6),
        bands=int(rng.integers(4)) if leg > 80 else 0,
        notes=("a ribbed cuff", "a cushioned heel"),
        scale=1.06,
    )


def watch(rng: Rng, gender: str) -> Watch:
    """Dress, sports, bracelet and digital watches."""
    digital = bool(gender != "Women" and rng.random() < 0.15)
    bracelet = bool(not digital and rng.random() < 0.45)
    return Watch(
        "Digital Watch"
        if digital
        else "Chronograph Watch"
        if (sub := bool(rng.random() < 0.3))
        else "Watch",
        radius=float(rng.uniform(46, 54)) if gender == "Women" else float(rng.uniform(58, 70)),
        square=bool(rng.random() < (0.7 if digital else 0.2)),
        bracelet=bracelet,
        metal="black" if digital else pick(rng, "steel", "steel", "gold"),
        index=pick(rng, "bars", "dots"),
        subdials=3 if not digital and sub else 0,
        digital=digital,
        hour=float(np.floor(rng.uniform(0, 12)) + 0.15 + rng.integers(2) * 0.7),
        notes=("a steel bracelet" if bracelet else "a buckled strap", "scratch-resistant glass"),
        scale=1.06,
    )


def sunglasses(rng: Rng, gender: str) -> Sunglasses:
    """Five frame shapes."""
    shapes = (
        ("wayfarer", "aviator", "round", "sport")
        if gender == "Men"
        else ("wayfarer", "aviator", "round", "cat-eye")
    )
    shape = pick(rng, *shapes)
    name = {
        "wayfarer": "Square Sunglasses",
        "aviator": "Aviator Sunglasses",
        "round": "Round Sunglasses",
        "cat-eye": "Cat-eye Sunglasses",
        "sport": "Sports Sunglasses",
    }[shape]
    return Sunglasses(
        name,
        shape=shape,
        size=float(rng.uniform(0.92, 1.06)),
        tint=float(rng.uniform(0.3, 1.0)),
        metal=bool(shape == "round" and rng.random() < 0.5),
        notes=("UV protection", "gradient lenses"),
        scale=1.1,
    )


TYPES: tuple[ArticleType, ...] = (
    ArticleType(
        name="Caps",
        master="Accessories",
        sub="Headwear",
        cut=cap,
        genders=("Unisex", "Men", "Women"),
        price=(12, 32),
        patterns=(*MOSTLY_SOLID, "Camouflage", "Checked"),
        colours=VIVID,
    ),
    ArticleType(
        name="Scarves",
        master="Accessories",
        sub="Scarves",
        cut=scarf,
        genders=("Women", "Women", "Men"),
        price=(15, 55),
        patterns=("Solid", "Checked", "Checked", "Striped", "Floral", "Polka Dot"),
        colours=VIVID,
        season="Winter",
    ),
    ArticleType(
        name="Ties",
        master="Accessories",
        sub="Ties",
        cut=tie,
        genders=("Men",),
        price=(15, 49),
        patterns=("Solid", "Diagonal", "Diagonal", "Polka Dot", "Checked", "Floral"),
        colours=VIVID,
        usages=("Formal",),
    ),
    ArticleType(
        name="Socks",
        master="Accessories",
        sub="Socks",
        cut=socks,
        genders=(*ADULTS, "Unisex"),
        price=(6, 18),
        patterns=("Solid", "Striped", "Polka Dot", "Geometric", "Melange"),
        colours=VIVID,
    ),
    ArticleType(
        name="Watches",
        master="Accessories",
        sub="Watches",
        cut=watch,
        genders=ADULTS,
        price=(49, 249),
        patterns=("Solid",),
        colours=(
            "Black",
            "Brown",
            "White",
            "Blue",
            "Tan",
            "Red",
            "Grey",
            "Green",
            "Pink",
            "Navy Blue",
        ),
        usages=("Casual", "Formal"),
        season="Winter",
        popular=True,
    ),
    ArticleType(
        name="Sunglasses",
        master="Accessories",
        sub="Eyewear",
        cut=sunglasses,
        genders=(*ADULTS, "Unisex"),
        price=(19, 119),
        patterns=("Solid",),
        colours=METAL_COLOURS,
        season="Summer",
    ),
)
