"""Names of colours that no field of the catalogue has: "vermilion" is read as the shop's "Red".

Names are looked up in a table of some 900, with the colour that people who were shown it gave the
name to: the survey of xkcd (2010, CC0), and the names of CSS. A name then stands for the values of
the catalogue whose own names mean the nearest colours. A further table holds some 5,000 words that
are colours only if somebody says so, "in espresso".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Self

import numpy as np
from numpy.typing import NDArray

from twinset.words.word_forms import words_of

Colours = NDArray[np.float64]
# Names mean hues more than lightness: a light and a dark red are both red.
_LIGHTNESS = 0.6
# How far away a colour still says something of another.
_REACH = 5.0
# A value needs so much of the votes of all colours; less if a colour is surely meant.
_LEAST_SHARE, _LEAST_OF_SURE = 0.075, 0.03
# How much lighter another colour has to be, the chroma below which a colour is a grey, how many
# degrees of hue make another colour, and how many others there can be.
_STEP, _GREY, _HUE, _MOST_BESIDE = 6.0, 14.0, 35.0, 3
_NO_VALUE = -1
_SPELLINGS = {"gray": "grey", "vermilion": "vermillion", "colour": "", "color": "", "coloured": ""}
LONGEST_NAME = 4  # words


@dataclass(frozen=True)
class NamedColours:
    """The `places` (n,) of the values that the n colours of the table are called by, -1 for none.

    A value is called by its own name and by every name of the table that ends with it: "Blue" by
    "baby blue", too, unless the catalogue has a "Baby Blue".

    Example:
        >>> NamedColours.of(["Red", "Navy Blue"]).nearest("vermilion")
        'Red'
    """

    values: tuple[str, ...]
    places: NDArray[np.int64]

    @classmethod
    def of(cls, values: Iterable[str]) -> Self:
        """The colours of the table that are called by one of the values."""
        given = tuple(values)
        keys = {_key(words_of(value)): place for place, value in enumerate(given)}
        places = []
        for name in _table()[0]:
            words = name.split()
            ends = (" ".join(words[first:]) for first in range(len(words)))
            places.append(next((keys[end] for end in ends if end in keys), _NO_VALUE))
        return cls(given, np.array(places, np.int64))

    def nearest(self, name: str, surely: bool = False) -> str | None:
        """The value that colours like that of a name are called by; None if the name is unknown, or
        such colours are called by names that the catalogue lacks.

        With `surely` the name is known to mean a colour, so that words count that mean other things
        elsewhere: "espresso", "bone".
        """
        (places, colours), key = _table(), _key(words_of(name))
        if key in places:
            own = colours[places[key]]
        elif surely and key in _further_table():
            own = _further_table()[key]
        else:
            return None
        nearness = np.exp(-np.linalg.norm(colours - own, axis=1) / _REACH)
        votes = np.bincount(self.places + 1, nearness, len(self.values) + 1)[1:]
        least = _LEAST_OF_SURE if surely else _LEAST_SHARE
        if votes.max(initial=0.0) < least * nearness.sum():
            return None
        return self.values[int(votes.argmax())]

    def beside(self, value: str, lighter: bool) -> tuple[str, ...]:
        """The values that are lighter, or darker, and of the same hue, the nearest first.

        Values whose own names are not in the table are not compared.
        """
        places, colours = _table()
        keys = [places.get(_key(words_of(one))) for one in self.values]
        held = zip(self.values, keys, strict=True)
        known = {one: colours[key] for one, key in held if key is not None}
        own = known.pop(value, None)
        if own is None:
            return ()
        far = {
            one: float(np.linalg.norm(other - own))
            for one, other in known.items()
            if (other[0] - own[0] if lighter else own[0] - other[0]) >= _STEP
            and _is_same_hue(own, other)
        }
        return tuple(sorted(far, key=lambda one: far[one])[:_MOST_BESIDE])


def _is_same_hue(one: Colours, other: Colours) -> bool:
    """True if two colours (3,) are both greys, or differ by less than a step of the hue circle."""
    (_, a, b), (_, c, d) = one, other
    if min(np.hypot(a, b), np.hypot(c, d)) < _GREY:
        return bool(max(np.hypot(a, b), np.hypot(c, d)) < _GREY)
    turn = abs(np.angle(complex(a, b) * complex(c, -d), deg=True))
    return bool(turn < _HUE)


def is_colour_name(word: str) -> bool:
    """True if a folded word is the name of a colour, so that it is no slip of another word."""
    return _key([word]) in _table()[0]


def lab(rgb: Colours) -> Colours:
    """sRGB (n, 3) of 0..1 as CIE L*a*b* under D65, with lightness made less of."""
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = linear @ np.array(matrix).T / [0.9505, 1.0, 1.089]
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = root.T
    return np.stack([_LIGHTNESS * (116 * y - 16), 500 * (x - y), 200 * (y - z)], axis=1)


def _key(words: Sequence[str]) -> str:
    return " ".join(word for word in (_SPELLINGS.get(w, w) for w in words) if word)


@cache
def _table() -> tuple[dict[str, int], Colours]:
    """The place of each name, and the colours (n, 3)."""
    known = _read("colour_names.csv")
    return {name: place for place, name in enumerate(known)}, np.array(list(known.values()))


@cache
def _further_table() -> dict[str, Colours]:
    """The colours (3,) of words that mean one only if somebody says so."""
    return _read("further_colour_names.csv")


def _read(name: str) -> dict[str, Colours]:
    """The colours (3,) of a table by the keys of their names."""
    text = (files("twinset.words") / "data" / name).read_text(encoding="ascii")
    lines = (line for line in text.splitlines() if line[:1] != "#")
    known = {_key(words_of(name)): code for name, _, code in map(_parted, lines)}
    rgb = [[int(code[first : first + 2], 16) for first in (1, 3, 5)] for code in known.values()]
    return dict(zip(known, lab(np.array(rgb) / 255), strict=True))


def _parted(line: str) -> tuple[str, str, str]:
    return line.partition(",")
