"""Bags, wallets and belts: how styles of one type differ, and the types."""

from __future__ import annotations

from sample_shop.assortment.article import (
    ADULTS,
    BAG_COLOURS,
    LEATHER_COLOURS,
    MOSTLY_SOLID,
    VIVID,
    ArticleType,
    Rng,
    pick,
)
from sample_shop.drawings.carried.backpacks import Backpack
from sample_shop.drawings.carried.handbags import Handbag
from sample_shop.drawings.carried.wallets import Wallet
from sample_shop.drawings.worn.belts import Belt


def handbag(rng: Rng, _gender: str) -> Handbag:
    """Totes, satchels, hobos, bucket and crossbody bags."""
    style, width, height, handle = [
        ("tote", 110.0, 150.0, 92.0),
        ("satchel", 108.0, 132.0, 74.0),
        ("hobo", 116.0, 145.0, 128.0),
        ("bucket", 86.0, 165.0, 110.0),
        ("crossbody", 98.0, 118.0, 150.0),
    ][int(rng.integers(5))]
    name = {
        "tote": "Tote Bag",
        "satchel": "Satchel",
        "hobo": "Hobo Bag",
        "bucket": "Bucket Bag",
        "crossbody": "Crossbody Bag",
    }[style]
    return Handbag(
        name,
        style=style,
        width=width * float(rng.uniform(0.93, 1.06)),
        height=height * float(rng.uniform(0.92, 1.12)),
        handle=handle * float(rng.uniform(0.9, 1.12)),
        taper=float(rng.uniform(-10, 16)),
        gold=bool(rng.random() < 0.65),
        tassel=bool(style in ("tote", "hobo") and rng.random() < 0.3),
        pocket=bool(rng.random() < 0.45),
        notes=(
            "a smooth grained finish",
            "gold-tone hardware" if rng.random() < 0.5 else "a lined interior",
        ),
        scale=1.28,
    )


def backpack(rng: Rng, _gender: str) -> Backpack:
    """Day packs and rucksacks."""
    pockets = int(rng.integers(3))
    return Backpack(
        "Rucksack" if pockets == 0 else "Backpack",
        width=float(rng.uniform(90, 106)),
        height=float(rng.uniform(255, 300)),
        pockets=pockets,
        two_tone=bool(rng.random() < 0.4),
        side_pockets=bool(rng.random() < 0.7),
        notes=(
            "padded straps",
            "a buckled lid"
            if pockets == 0
            else "zipped front pockets"
            if pockets == 2
            else "a zipped front pocket",
        ),
        scale=1.10,
    )


def wallet(rng: Rng, gender: str) -> Wallet:
    """Bifolds, zip purses and flap wallets."""
    style = "bifold" if gender == "Men" else pick(rng, "zip", "flap")
    return Wallet(
        {"bifold": "Wallet", "zip": "Zip Wallet", "flap": "Flap Wallet"}[style],
        style=style,
        width=float(rng.uniform(106, 124)),
        height=float(rng.uniform(80, 92)) if style != "zip" else float(rng.uniform(62, 74)),
        gold=bool(rng.random() < 0.5),
        notes=("card slots", "tonal stitching"),
        scale=1.08,
    )


def belt(rng: Rng, gender: str) -> Belt:
    """Dress, plate and braided belts."""
    braided = bool(rng.random() < 0.25)
    buckle = pick(rng, "frame", "frame", "plate", "round", "double")
    return Belt(
        "Braided Belt" if braided else "Belt",
        width=float(rng.uniform(24, 30)) if gender == "Women" else float(rng.uniform(30, 40)),
        buckle=buckle,
        gold=bool(rng.random() < 0.45),
        stitched=bool(not braided and rng.random() < 0.7),
        braided=braided,
        notes=(f"a {buckle} buckle",),
        scale=1.06,
    )


TYPES: tuple[ArticleType, ...] = (
    ArticleType(
        name="Handbags",
        master="Accessories",
        sub="Bags",
        cut=handbag,
        genders=("Women",),
        price=(39, 149),
        patterns=("Solid",),
        colours=BAG_COLOURS,
        popular=True,
    ),
    ArticleType(
        name="Backpacks",
        master="Accessories",
        sub="Bags",
        cut=backpack,
        genders=("Unisex", "Unisex", "Men", "Women"),
        price=(35, 95),
        patterns=(*MOSTLY_SOLID, "Camouflage", "Tropical", "Geometric"),
        colours=VIVID,
        usages=("Casual", "Travel"),
    ),
    ArticleType(
        name="Wallets",
        master="Accessories",
        sub="Wallets",
        cut=wallet,
        genders=ADULTS,
        price=(19, 69),
        patterns=("Solid",),
        colours=BAG_COLOURS,
    ),
    ArticleType(
        name="Belts",
        master="Accessories",
        sub="Belts",
        cut=belt,
        genders=ADULTS,
        price=(19, 59),
        patterns=("Solid",),
        colours=LEATHER_COLOURS,
        usages=("Casual", "Formal"),
    ),
)
