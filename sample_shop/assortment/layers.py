"""Sweatshirts, knitwear, jackets and blazers: how styles of one type differ, and the types."""

from __future__ import annotations

from dataclasses import replace

from sample_shop.assortment.article import (
    ADULTS,
    ALL_AGES,
    DARK,
    MOSTLY_SOLID,
    VIVID,
    ArticleType,
    Rng,
    pick,
)
from sample_shop.assortment.measures import NECK_WORDS, scale_for, torso
from sample_shop.drawings.clothes.shirts_and_knits import Top
from sample_shop.shading import DENIM, KNIT, PADDED, SILK


def sweatshirt(rng: Rng, gender: str) -> Top:
    """Crew sweatshirt, pullover hoodie or zipped hoodie."""
    hooded = rng.random() < 0.55
    zipped = hooded and rng.random() < 0.4
    cut = replace(torso(rng, gender, 9), sleeve=1.0, sleeve_width=1.3)
    return Top(
        name="Zip Hoodie" if zipped else "Hoodie" if hooded else "Sweatshirt",
        torso=replace(cut, hem=cut.hem - 8, top=cut.top + (14 if hooded else 0)),
        neck="hood" if hooded else "crew",
        closure="zip" if zipped else "none",
        rib=16.0,
        trim=pick(rng, "none", "sleeves") if not hooded else "none",
        details=("welt pockets",) if zipped else ("kangaroo pocket",) if hooded else ("emblem",),
        notes=("a drawcord hood" if hooded else "a ribbed crew neck", "ribbed cuffs and hem"),
        scale=scale_for(gender, 1.20),
    )


def sweater(rng: Rng, gender: str) -> Top:
    """Crew, V-neck, roll neck or cardigan."""
    kind = pick(rng, "crew", "v", "turtle", "deep v")
    cardigan = kind == "deep v"
    cut = replace(torso(rng, gender, 6), sleeve=1.0, sleeve_width=1.2)
    return Top(
        name="Cardigan"
        if cardigan
        else {"crew": "Sweater", "v": "V-neck Sweater", "turtle": "Roll Neck Sweater"}[kind],
        torso=replace(cut, hem=cut.hem - 5),
        neck=kind,
        closure="buttons" if cardigan else "none",
        rib=float(rng.uniform(14, 24)),
        material=KNIT,
        notes=(NECK_WORDS[kind], "ribbed cuffs and hem"),
        scale=scale_for(gender, 1.22),
    )


def jacket(rng: Rng, gender: str) -> Top:
    """Bomber, puffer, trucker or hooded windbreaker."""
    form = pick(rng, *_JACKETS)
    cut = replace(torso(rng, gender, 10), sleeve=1.0, sleeve_width=1.35)
    if form == "Trucker Jacket":
        cut = replace(cut, length=cut.length * 0.92)
    elif form == "Windbreaker":
        cut = replace(cut, top=cut.top + 14)
    return replace(_JACKETS[form], torso=cut, scale=scale_for(gender, 1.20))


_JACKETS = {
    jacket.name: jacket
    for jacket in (
        Top(
            "Bomber Jacket",
            closure="zip",
            rib=18,
            details=("welt pockets",),
            notes=("a zip front", "a ribbed collar and hem"),
        ),
        Top(
            "Padded Jacket",
            neck="band",
            closure="zip",
            rib=10,
            material=PADDED,
            details=("quilted", "welt pockets"),
            notes=("quilted padding", "a stand collar"),
        ),
        Top(
            "Trucker Jacket",
            neck="collar",
            closure="buttons",
            rib=11,
            material=DENIM,
            details=("flap pockets",),
            notes=("two flap pockets", "metal buttons"),
        ),
        Top(
            "Windbreaker",
            neck="hood",
            closure="zip",
            rib=8,
            material=SILK,
            trim="sleeves",
            details=("welt pockets",),
            notes=("a hood", "a full zip"),
        ),
    )
}
"""What each kind of jacket has, before it is cut to size."""


def blazer(rng: Rng, gender: str) -> Top:
    """A tailored jacket with lapels."""
    cut = torso(rng, gender, 6)
    cut = replace(
        cut, sleeve=1.0, waist=cut.waist - 5, hem=cut.hem + 5, length=cut.length * 1.06, curve_hem=8
    )
    return Top(
        "Blazer",
        cut,
        neck="lapel",
        closure="buttons",
        details=("welt pockets",),
        notes=("notched lapels", "a two-button front"),
        scale=scale_for(gender, 1.20),
    )


TYPES: tuple[ArticleType, ...] = (
    ArticleType(
        name="Sweatshirts",
        master="Apparel",
        sub="Topwear",
        cut=sweatshirt,
        genders=ALL_AGES,
        price=(29, 75),
        patterns=(*MOSTLY_SOLID, "Graphic", "Colour Block", "Melange"),
        colours=VIVID,
        season="Fall",
    ),
    ArticleType(
        name="Sweaters",
        master="Apparel",
        sub="Topwear",
        cut=sweater,
        genders=ALL_AGES,
        price=(35, 95),
        patterns=("Solid", "Solid", "Melange", "Striped", "Geometric"),
        colours=VIVID,
        season="Winter",
    ),
    ArticleType(
        name="Jackets",
        master="Apparel",
        sub="Topwear",
        cut=jacket,
        genders=ALL_AGES,
        price=(59, 169),
        patterns=(*MOSTLY_SOLID, "Colour Block"),
        colours=(*DARK, "Red", "Blue", "Mustard", "Green"),
        season="Winter",
    ),
    ArticleType(
        name="Blazers",
        master="Apparel",
        sub="Topwear",
        cut=blazer,
        genders=ADULTS,
        price=(89, 219),
        patterns=("Solid", "Solid", "Checked", "Pinstriped"),
        colours=(*DARK, "Red", "Teal", "Mustard"),
        usages=("Formal", "Smart Casual"),
    ),
)
