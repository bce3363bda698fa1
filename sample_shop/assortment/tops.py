"""T-shirts, shirts, blouses and kurtas: how styles of one type differ, and the types."""

from __future__ import annotations

from dataclasses import replace

from sample_shop.assortment.article import (
    ADULTS,
    ALL_AGES,
    MOSTLY_SOLID,
    PRINTS,
    VIVID,
    ArticleType,
    Rng,
    pick,
)
from sample_shop.assortment.measures import NECK_WORDS, scale_for, torso
from sample_shop.drawings.clothes.shirts_and_knits import Top
from sample_shop.shading import JERSEY, SILK


def tshirt(rng: Rng, gender: str) -> Top:
    """Crew, V-neck, scoop or polo."""
    kind = pick(rng, "crew", "crew", "v", "collar", "crew" if gender != "Women" else "scoop")
    long = rng.random() < 0.2
    sleeve = 1.0 if long else float(rng.uniform(0.27, 0.37))
    cut = replace(torso(rng, gender, float(rng.uniform(-3, 6))), sleeve=sleeve)
    polo = kind == "collar"
    noun = "Polo T-shirt" if polo else "V-neck T-shirt" if kind == "v" else "T-shirt"
    return Top(
        name=("Long Sleeve " if long else "") + noun,
        torso=cut,
        neck=kind,
        closure="placket" if polo else "none",
        trim=pick(rng, "none", "none", "contrast", "sleeves") if not long else "none",
        material=JERSEY,
        details=("emblem",) if polo or rng.random() < 0.25 else (),
        notes=(NECK_WORDS[kind], "long sleeves" if long else "short sleeves"),
        scale=scale_for(gender, 1.27 if long else 1.30),
    )


def shirt(rng: Rng, gender: str) -> Top:
    """A button-down shirt, short or long sleeved."""
    long = rng.random() < 0.7
    cut = replace(
        torso(rng, gender, 3), sleeve=1.0 if long else 0.36, curve_hem=float(rng.uniform(14, 28))
    )
    kind = "band" if rng.random() < 0.15 else "collar"
    pockets = pick(rng, "", "chest pocket", "chest pocket", "flap pockets")
    return Top(
        name="Band Collar Shirt" if kind == "band" else "Shirt" if long else "Short Sleeve Shirt",
        torso=cut,
        neck=kind,
        closure="buttons",
        details=(pockets,) if pockets else (),
        notes=(
            NECK_WORDS[kind],
            "a curved hem",
            *((f"a {pockets}" if pockets[-1] != "s" else pockets,) if pockets else ()),
        ),
        scale=scale_for(gender, 1.24),
    )


def top(rng: Rng, gender: str) -> Top:
    """A woman's top: strappy, peplum, full-sleeved or cropped."""
    kind = pick(rng, "scoop", "v", "boat", "square", "sweetheart")
    cut = torso(rng, gender, float(rng.uniform(-4, 5)))
    form, note = _TOPS[int(rng.integers(len(_TOPS)))]
    reach = float(rng.uniform(0.6, 1.0))
    if form == "Tank Top":
        cut = replace(cut, sleeve=0.0, strap=True, neck=33.0)
    elif form == "Peplum Top":
        cut = replace(cut, sleeve=0.26, waist=cut.waist - 6, hem=cut.hem + 22)
    elif form == "Blouse":
        cut = replace(cut, sleeve=reach, sleeve_width=1.5, hem=cut.hem + 8)
    else:
        cut = replace(cut, sleeve=0.3, length=cut.length * 0.72, top=-cut.length * 0.38)
    return Top(
        name=form,
        torso=cut,
        neck=kind,
        material=SILK if form == "Blouse" else JERSEY,
        notes=(NECK_WORDS[kind], note),
        folds_along=0.4,
        scale=scale_for(gender, 1.32),
    )


_TOPS = (
    ("Tank Top", "slim straps"),
    ("Peplum Top", "a flared hem"),
    ("Blouse", "full sleeves"),
    ("Crop Top", "a cropped length"),
)


def kurta(rng: Rng, gender: str) -> Top:
    """A long tunic with a band collar and a placket."""
    cut = torso(rng, gender, 4)
    length = float(rng.uniform(345, 385)) if gender == "Men" else float(rng.uniform(330, 400))
    kind = "band" if gender == "Men" else pick(rng, "band", "v", "round")
    sleeve = 1.0 if gender == "Men" else float(rng.uniform(0.55, 0.85))
    return Top(
        "Kurta",
        replace(
            cut,
            length=length,
            top=-length / 2,
            hem=cut.hem + float(rng.uniform(8, 26)),
            sleeve=sleeve,
            sleeve_width=1.1,
        ),
        neck=kind,
        closure="placket" if kind == "band" else "none",
        trim="none",
        notes=(NECK_WORDS[kind], "side slits" if kind == "band" else "a straight, easy fall"),
        folds_along=0.7,
        scale=1.08,
    )


TYPES: tuple[ArticleType, ...] = (
    ArticleType(
        name="Tshirts",
        master="Apparel",
        sub="Topwear",
        cut=tshirt,
        genders=ALL_AGES,
        price=(12, 35),
        patterns=(
            *MOSTLY_SOLID,
            "Graphic",
            "Graphic",
            "Graphic",
            "Striped",
            "Striped",
            "Colour Block",
            "Melange",
            "Camouflage",
        ),
        colours=VIVID,
        season="Summer",
        popular=True,
    ),
    ArticleType(
        name="Shirts",
        master="Apparel",
        sub="Topwear",
        cut=shirt,
        genders=("Men", "Men", "Women", "Boys"),
        price=(25, 69),
        patterns=(
            "Solid",
            "Solid",
            "Checked",
            "Checked",
            "Pinstriped",
            "Floral",
            "Polka Dot",
            "Tropical",
        ),
        colours=VIVID,
        usages=("Casual", "Casual", "Formal"),
        popular=True,
    ),
    ArticleType(
        name="Tops",
        master="Apparel",
        sub="Topwear",
        cut=top,
        genders=("Women", "Women", "Girls"),
        price=(15, 49),
        patterns=("Solid", "Solid", *PRINTS),
        colours=VIVID,
        season="Summer",
    ),
    ArticleType(
        name="Kurtas",
        master="Apparel",
        sub="Topwear",
        cut=kurta,
        genders=ADULTS,
        price=(25, 75),
        patterns=("Solid", "Solid", "Floral", "Geometric", "Pinstriped", "Polka Dot"),
        colours=VIVID,
        usages=("Ethnic",),
    ),
)
