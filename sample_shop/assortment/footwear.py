"""Shoes and sandals: how styles of one type differ, and the types."""

from __future__ import annotations

from sample_shop.assortment.article import (
    ADULTS,
    MOSTLY_SOLID,
    VIVID,
    ArticleType,
    Rng,
    pick,
)
from sample_shop.drawings.shoes.dress_shoes import DressShoe
from sample_shop.drawings.shoes.pumps import Pump
from sample_shop.drawings.shoes.sandals import Sandal
from sample_shop.drawings.shoes.sneakers import Sneaker
from sample_shop.shading import CANVAS, LEATHER


def casual_shoes(rng: Rng, _gender: str) -> Sneaker:
    """Court sneakers, high tops and slip-ons."""
    form = pick(rng, "Sneakers", "Sneakers", "High Top Sneakers", "Slip-on Shoes")
    leather = rng.random() < 0.4
    return Sneaker(
        form,
        shape="slip-on" if form == "Slip-on Shoes" else "court",
        ankle=float(rng.uniform(38, 56))
        if form == "High Top Sneakers"
        else float(rng.uniform(-26, -15)),
        sole=float(rng.uniform(15, 23)),
        toe=float(rng.uniform(-4, 3)),
        mark=int(rng.integers(5)) if form != "Slip-on Shoes" else 0,
        white_sole=bool(rng.random() < 0.8),
        toe_cap=bool(form != "Slip-on Shoes" and not leather and rng.random() < 0.6),
        pair=bool(rng.random() < 0.3),
        material=LEATHER if leather else CANVAS,
        notes=("a leather upper" if leather else "a canvas upper", "a vulcanised rubber sole"),
        scale=1.08,
    )


def sports_shoes(rng: Rng, _gender: str) -> Sneaker:
    """Runners on a thick sole."""
    return Sneaker(
        pick(rng, "Running Shoes", "Training Shoes", "Sports Shoes"),
        shape="runner",
        ankle=float(rng.uniform(-22, -8)),
        sole=float(rng.uniform(23, 32)),
        toe=float(rng.uniform(-5, 2)),
        mark=int(rng.integers(1, 5)),
        pair=bool(rng.random() < 0.25),
        notes=("a breathable mesh upper", "a cushioned sole"),
        scale=1.06,
    )


def formal_shoes(rng: Rng, _gender: str) -> DressShoe:
    """Derbies, loafers and monk straps."""
    style = pick(rng, "derby", "loafer", "monk")
    return DressShoe(
        {"derby": "Derby Shoes", "loafer": "Loafers", "monk": "Monk Strap Shoes"}[style],
        style=style,
        toe=float(rng.uniform(-6, 8)),
        cap=bool(style != "loafer" and rng.random() < 0.6),
        pair=bool(rng.random() < 0.35),
        notes=("a polished leather upper", "a stacked heel"),
        scale=1.08,
    )


def heels(rng: Rng, _gender: str) -> Pump:
    """Stilettos, block heels and wedges, closed or strappy."""
    heel = pick(rng, "stiletto", "stiletto", "block", "wedge")
    front = "strap" if heel == "wedge" else pick(rng, "closed", "closed", "peep", "strap")
    height = float(rng.uniform(80, 104)) if heel == "stiletto" else float(rng.uniform(52, 78))
    form = {"wedge": "Wedges", "block": "Block Heels"}.get(
        heel, "Pumps" if front == "closed" else "Heels"
    )
    return Pump(
        form,
        height=height,
        heel=heel,
        front=front,
        ankle_strap=bool(front != "closed" or rng.random() < 0.25),
        bow=bool(front != "strap" and rng.random() < 0.25),
        notes=(
            {"closed": "a closed toe", "peep": "a peep toe", "strap": "a strappy front"}[front],
            f"a {heel} heel",
        ),
        scale=1.10,
    )


def flats(rng: Rng, _gender: str) -> Pump:
    """Ballerinas."""
    return Pump(
        "Ballerina Flats",
        height=float(rng.uniform(6, 14)),
        heel="flat",
        front="closed",
        bow=bool(rng.random() < 0.55),
        ankle_strap=bool(rng.random() < 0.2),
        pair=bool(rng.random() < 0.4),
        notes=("a rounded toe", "a flexible sole"),
        scale=1.08,
    )


def flip_flops(rng: Rng, gender: str) -> Sandal:
    """Thongs and slides in rubber."""
    style = pick(rng, "thong", "thong", "slide")
    wide = 0.94 if gender in ("Women", "Girls") else 1.08
    return Sandal(
        "Slides" if style == "slide" else "Flip Flops",
        style=style,
        width=wide * float(rng.uniform(0.96, 1.05)),
        thick=float(rng.uniform(7, 16)),
        notes=("a soft footbed", "a grippy rubber sole"),
        scale=1.15,
    )


def sandals(rng: Rng, gender: str) -> Sandal:
    """Leather sandals with a buckle."""
    style = "cross" if gender == "Men" else pick(rng, "cross", "gladiator")
    return Sandal(
        "Gladiator Sandals" if style == "gladiator" else "Sandals",
        style=style,
        width=0.92 if gender == "Women" else 1.06,
        thick=float(rng.uniform(6, 13)),
        leather=True,
        notes=("leather straps", "an adjustable buckle"),
        scale=1.15,
    )


TYPES: tuple[ArticleType, ...] = (
    ArticleType(
        name="Casual Shoes",
        master="Footwear",
        sub="Shoes",
        cut=casual_shoes,
        genders=(*ADULTS, "Unisex", "Boys"),
        price=(35, 89),
        patterns=(*MOSTLY_SOLID, "Checked", "Floral", "Camouflage"),
        colours=VIVID,
        popular=True,
    ),
    ArticleType(
        name="Sports Shoes",
        master="Footwear",
        sub="Shoes",
        cut=sports_shoes,
        genders=(*ADULTS, "Boys", "Girls"),
        price=(49, 139),
        patterns=("Solid",),
        colours=VIVID,
        usages=("Sports",),
    ),
    ArticleType(
        name="Formal Shoes",
        master="Footwear",
        sub="Shoes",
        cut=formal_shoes,
        genders=("Men",),
        price=(69, 159),
        patterns=("Solid",),
        colours=("Black", "Black", "Brown", "Tan", "Maroon"),
        usages=("Formal",),
    ),
    ArticleType(
        name="Heels",
        master="Footwear",
        sub="Shoes",
        cut=heels,
        genders=("Women",),
        price=(45, 129),
        patterns=(*MOSTLY_SOLID, "Polka Dot"),
        colours=(
            "Black",
            "Red",
            "Beige",
            "Tan",
            "Pink",
            "Gold",
            "Silver",
            "Navy Blue",
            "Maroon",
            "White",
        ),
        usages=("Casual", "Party"),
    ),
    ArticleType(
        name="Flats",
        master="Footwear",
        sub="Shoes",
        cut=flats,
        genders=("Women",),
        price=(25, 69),
        patterns=(*MOSTLY_SOLID, "Polka Dot", "Checked", "Floral"),
        colours=("Red", "Tan", "Black", "Pink", "Gold", "Navy Blue", "Beige", "Green", "Mustard"),
    ),
    ArticleType(
        name="Flip Flops",
        master="Footwear",
        sub="Flip Flops",
        cut=flip_flops,
        genders=(*ADULTS, "Boys", "Girls"),
        price=(9, 29),
        patterns=(*MOSTLY_SOLID, "Tropical", "Floral", "Striped"),
        colours=VIVID,
        season="Summer",
    ),
    ArticleType(
        name="Sandals",
        master="Footwear",
        sub="Sandal",
        cut=sandals,
        genders=ADULTS,
        price=(29, 79),
        patterns=("Solid",),
        colours=("Brown", "Tan", "Black", "Maroon", "White", "Gold", "Navy Blue", "Red"),
        season="Summer",
    ),
)
