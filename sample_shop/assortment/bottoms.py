"""Dresses, trousers, shorts and skirts: how styles of one type differ, and the types."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sample_shop.assortment.article import (
    ADULTS,
    ALL_AGES,
    DARK,
    DENIM_COLOURS,
    MOSTLY_SOLID,
    PRINTS,
    VIVID,
    ArticleType,
    Rng,
    pick,
)
from sample_shop.assortment.measures import NECK_WORDS, scale_for, sleeve_words
from sample_shop.drawings.clothes.dresses import Dress
from sample_shop.drawings.clothes.skirts import Skirt
from sample_shop.drawings.clothes.torso import Torso
from sample_shop.drawings.clothes.trousers import Trousers
from sample_shop.shading import COTTON, DENIM, JERSEY, SILK


@dataclass(frozen=True)
class _DressForm:
    """The outline of a kind of dress; an empty `neck` or `waist` leaves it to chance."""

    length: float
    hem: float
    neck: str = ""
    waist: str = ""
    skirt: str = "plain"


_DRESSES = {
    "Skater Dress": _DressForm(325, 126),
    "Wrap Dress": _DressForm(370, 96, neck="deep v", waist="wrap"),
    "Maxi Dress": _DressForm(420, 108, skirt="tiered"),
    "Shift Dress": _DressForm(310, 80, waist="none"),
    "Shirt Dress": _DressForm(370, 96, neck="collar", waist="belt"),
    "Pleated Dress": _DressForm(370, 116, skirt="pleated"),
}


def dress(rng: Rng, gender: str) -> Dress:
    """Fit and flare, wrap, maxi, shift, shirt or pleated dress."""
    name = pick(rng, *_DRESSES)
    form = _DRESSES[name]
    length = form.length * float(rng.uniform(0.95, 1.03))
    neck = form.neck or pick(rng, "round", "scoop", "v", "sweetheart", "square")
    strap = name in ("Maxi Dress", "Skater Dress") and bool(rng.random() < 0.5)
    sleeve = 0.0 if strap else float(rng.choice([0.0, 0.0, 0.27, 0.36, 0.62, 1.0]))
    if name == "Shirt Dress":
        sleeve = max(sleeve, 0.34)
    return Dress(
        name if gender == "Women" else "Dress",
        Torso(
            neck=31,
            shoulder=68,
            chest=68,
            waist=65 if name == "Shift Dress" else 54,
            hem=form.hem * float(rng.uniform(0.93, 1.05)),
            top=-length / 2 - 2,
            length=length,
            waist_at=145,
            slope=19,
            sleeve=sleeve,
            strap=strap,
        ),
        neck=neck,
        waist=form.waist or pick(rng, "seam", "seam", "belt"),
        skirt="plain" if form.skirt == "tiered" and rng.random() < 0.4 else form.skirt,
        material=SILK if rng.random() < 0.3 else COTTON,
        details=("buttons",) if name == "Shirt Dress" else (),
        notes=(NECK_WORDS[neck], "slim straps" if strap else sleeve_words(sleeve)),
        scale=scale_for(gender, min(1.14, 425 / length)),
    )


def jeans(rng: Rng, gender: str) -> Trousers:
    """Skinny to bootcut."""
    form, knee, ankle = [
        ("Skinny Jeans", 28.0, 19.5),
        ("Slim Jeans", 31.0, 22.5),
        ("Straight Jeans", 34.0, 28.0),
        ("Bootcut Jeans", 30.0, 34.0),
        ("Wide Leg Jeans", 40.0, 42.0),
    ][int(rng.integers(5))]
    details = [
        "five pockets",
        *(d for d, p in (("rips", 0.22), ("turn-up", 0.2)) if rng.random() < p),
    ]
    made = Trousers(
        form,
        knee=knee,
        ankle=ankle,
        details=tuple(details),
        material=DENIM,
        length=_leg(rng),
        notes=("five pockets", "ripped knees" if "rips" in details else "contrast stitching"),
    )
    return _fitted(made, gender)


def trousers(rng: Rng, gender: str) -> Trousers:
    """Chinos, pleated formal trousers, cargo or wide trousers."""
    form = pick(rng, "Chinos", "Formal Trousers", "Cargo Trousers", "Wide Leg Trousers")
    knee, ankle = {
        "Chinos": (33.0, 24.0),
        "Formal Trousers": (36.0, 28.0),
        "Cargo Trousers": (38.0, 30.0),
    }.get(form, (43.0, 48.0))
    details = {
        "Formal Trousers": ("crease",),
        "Wide Leg Trousers": ("crease",),
        "Cargo Trousers": ("cargo",),
    }.get(form, ())
    made = Trousers(
        form,
        knee=knee,
        ankle=ankle,
        details=details,
        length=_leg(rng),
        notes=("slanted pockets", {"Cargo Trousers": "cargo pockets"}.get(form, "a clean front")),
    )
    return _fitted(made, gender)


def track_pants(rng: Rng, gender: str) -> Trousers:
    """Tapered joggers with a drawstring."""
    stripes = rng.random() < 0.6
    details = ("side stripe", "cuffs") if stripes else ("cuffs",)
    made = Trousers(
        "Track Pants" if stripes else "Joggers",
        knee=34,
        ankle=19,
        waistband="drawstring",
        details=details,
        material=JERSEY,
        length=_leg(rng),
        notes=("a drawstring waist", "ribbed cuffs"),
    )
    return _fitted(made, gender)


def shorts(rng: Rng, gender: str) -> Trousers:
    """Denim, chino, cargo or sports shorts."""
    form = pick(rng, "Denim Shorts", "Chino Shorts", "Cargo Shorts", "Sports Shorts")
    length = float(rng.uniform(175, 225)) - (25 if gender in ("Women", "Girls") else 0)
    width = float(rng.uniform(41, 47))
    details = {
        "Denim Shorts": ("five pockets", "turn-up"),
        "Cargo Shorts": ("cargo",),
        "Sports Shorts": ("side stripe",),
    }.get(form, ())
    return Trousers(
        form,
        waist=64,
        hip=80,
        knee=width + 1,
        ankle=width,
        length=length,
        details=details,
        waistband="drawstring" if form == "Sports Shorts" else "button",
        material=DENIM if form == "Denim Shorts" else COTTON,
        folds_along=0.4,
        notes=("a drawstring waist" if form == "Sports Shorts" else "side pockets",),
        scale=scale_for(gender, 1.42),
    )


def skirt(rng: Rng, gender: str) -> Skirt:
    """A-line, pencil, pleated, tiered, wrap or denim."""
    form, hem, length, style = [
        ("A-line Skirt", 112.0, 225.0, "plain"),
        ("Pencil Skirt", 72.0, 255.0, "plain"),
        ("Pleated Skirt", 122.0, 230.0, "pleated"),
        ("Maxi Skirt", 118.0, 370.0, "tiered"),
        ("Wrap Skirt", 98.0, 265.0, "wrap"),
        ("Denim Skirt", 94.0, 180.0, "denim"),
    ][int(rng.integers(6))]
    length *= float(rng.uniform(0.92, 1.06))
    return Skirt(
        form,
        hem=hem * float(rng.uniform(0.94, 1.05)),
        length=length,
        style=style,
        material=DENIM if style == "denim" else COTTON,
        notes=(
            {
                "plain": "a clean waistband",
                "pleated": "knife pleats",
                "tiered": "gathered tiers",
                "wrap": "a wrap front",
                "denim": "a button front",
            }[style],
        ),
        scale=scale_for(gender, min(1.4, 420 / length)),
    )


def _leg(rng: Rng) -> float:
    """A full trouser length."""
    return float(rng.uniform(392, 418))


def _fitted(made: Trousers, gender: str) -> Trousers:
    """Waist and hip by gender, and the scale children's clothes are shown at."""
    waist, hip = (56.0, 77.0) if gender in ("Women", "Girls") else (63.0, 78.0)
    return replace(made, waist=waist, hip=hip, scale=scale_for(gender, 1.02))


TYPES: tuple[ArticleType, ...] = (
    ArticleType(
        name="Dresses",
        master="Apparel",
        sub="Dress",
        cut=dress,
        genders=("Women", "Women", "Women", "Girls"),
        price=(29, 119),
        patterns=("Solid", "Solid", *PRINTS, "Floral"),
        colours=("Red", "Red", *VIVID),
        usages=("Casual", "Casual", "Party"),
        season="Summer",
        popular=True,
    ),
    ArticleType(
        name="Jeans",
        master="Apparel",
        sub="Bottomwear",
        cut=jeans,
        genders=("Men", "Women", "Men", "Women", "Boys"),
        price=(39, 99),
        patterns=("Washed",),
        colours=DENIM_COLOURS,
    ),
    ArticleType(
        name="Trousers",
        master="Apparel",
        sub="Bottomwear",
        cut=trousers,
        genders=ADULTS,
        price=(35, 85),
        patterns=(*MOSTLY_SOLID, "Pinstriped", "Checked"),
        colours=DARK,
        usages=("Formal", "Casual"),
    ),
    ArticleType(
        name="Track Pants",
        master="Apparel",
        sub="Bottomwear",
        cut=track_pants,
        genders=ALL_AGES,
        price=(25, 59),
        patterns=(*MOSTLY_SOLID, "Melange"),
        colours=(*DARK, "Blue", "Green", "Purple"),
        usages=("Sports",),
    ),
    ArticleType(
        name="Shorts",
        master="Apparel",
        sub="Bottomwear",
        cut=shorts,
        genders=ALL_AGES,
        price=(19, 49),
        patterns=(*MOSTLY_SOLID, "Checked", "Tropical", "Camouflage"),
        colours=(*DARK, "Blue", "Red", "Yellow", "Teal"),
        season="Summer",
    ),
    ArticleType(
        name="Skirts",
        master="Apparel",
        sub="Bottomwear",
        cut=skirt,
        genders=("Women", "Women", "Girls"),
        price=(22, 65),
        patterns=("Solid", "Solid", *PRINTS),
        colours=VIVID,
        season="Summer",
    ),
)
