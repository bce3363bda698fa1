"""Variants of one style, told from product names: same brand and words, another colour.

Used if a source names no group itself. A style is the name without its colour words, together
with category and gender. It is a group of variants only if

- it comes in at least two and at most `MAX_VARIANTS` products,
- no two of them have the same colours, by the words in the name and the colour attribute, and
- at least `MIN_OWN_WORDS` words of the name say more than gender and category do.

The last two rules keep generic names apart. "Lucera Women Silver Earrings" is the name of 82
different earrings: a name that repeats within one colour does not identify a style. Neither does
"W Women Red Dupatta", which gives a brand and no more.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict

MAX_VARIANTS = 12
MIN_OWN_WORDS = 2
_WORD = re.compile(r"[^\W_]+")
# Single words: what the Kaggle set and common shop feeds use to name a colour or shade it.
_COLOUR_WORDS = frozenset(
    """
    aqua beige black blue bronze brown burgundy charcoal coffee color colored colour coloured
    copper coral cream cyan dark fluorescent fuchsia gold golden gray green grey indigo ivory
    khaki lavender light lilac lime magenta maroon mauve melange metallic mint multi multicolor
    multicolored multicolour multicoloured mushroom mustard navy neon nude off olive orange pale
    peach pink plum purple red rose rust sand sea silver skin steel tan taupe teal turquoise
    violet white wine yellow
    """.split()  # noqa: SIM905 - a list would take a line a word
)
_GENDER_WORDS = frozenset(
    "boy boys girl girls kid kids ladies lady man men unisex women".split()  # noqa: SIM905
)

Style = tuple[str, str, str]  # category, gender, name without its colour words


class VariantGroups:
    """Collects the names of a catalogue, then tells each product's group.

    Memory grows with the number of styles, a few hundred bytes each.
    """

    def __init__(self) -> None:
        self._colours: dict[Style, set[frozenset[str]]] = defaultdict(set)
        self._repeated: set[Style] = set()

    def add(self, title: str, colour: str, category: str, gender: str) -> None:
        """Count a product; every product must be added before the first `group_of`."""
        style, colours = split_name(title, colour, category, gender)
        if colours in self._colours[style]:
            self._repeated.add(style)
        self._colours[style].add(colours)

    def group_of(self, title: str, colour: str, category: str, gender: str) -> str | None:
        """Id of the group that a product belongs to, or None; the same in every import."""
        style, _ = split_name(title, colour, category, gender)
        return group_name(style) if self._is_group(style) else None

    def __len__(self) -> int:
        return sum(1 for style in self._colours if self._is_group(style))

    def _is_group(self, style: Style) -> bool:
        if style in self._repeated or not 2 <= len(self._colours[style]) <= MAX_VARIANTS:
            return False
        category, _, name = style
        known = {_stem(word) for word in category.split()}
        own = {w for w in name.split() if w not in _GENDER_WORDS and _stem(w) not in known}
        return len(own) >= MIN_OWN_WORDS


def split_name(title: str, colour: str, category: str, gender: str) -> tuple[Style, frozenset[str]]:
    """The style (category, gender, rest of the name) and the colour words of a product."""
    own = set(_words(colour))
    words = _words(title)
    colours = own | {word for word in words if word in _COLOUR_WORDS}
    rest = " ".join(word for word in words if word not in colours)
    return (category.lower(), gender.lower(), rest), frozenset(colours)


def group_name(style: Style) -> str:
    """A readable id: the start of the name and a digest of the whole style."""
    digest = hashlib.sha256("\0".join(style).encode()).hexdigest()[:8]
    slug = style[-1].replace(" ", "-")[:48].strip("-")
    return f"{slug}-{digest}"


def _stem(word: str) -> str:
    return word.removesuffix("s")


def _words(text: str) -> list[str]:
    # "Men's" and "Men", "T-shirt" and "Tshirt" are one word to a shopper.
    plain = re.sub(r"'s\b", "", text.lower()).replace("t-shirt", "tshirt")
    return _WORD.findall(plain)
