"""Slips of the keyboard, for texts that are trained on and measured with."""

from __future__ import annotations

import random
import string

_SHORTEST = 4  # letters of a word that gets one


def slip(text: str, rng: random.Random) -> str:
    """The text with one letter of one word deleted, doubled, swapped or replaced; short words keep
    theirs."""
    words = text.split()
    long = [place for place, word in enumerate(words) if len(word) >= _SHORTEST]
    if not long:
        return text
    place = rng.choice(long)
    words[place] = _slip_in(words[place], rng)
    return " ".join(words)


def _slip_in(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    match rng.randrange(4):
        case 0:
            return before + after
        case 1:
            return before + letter * 2 + after
        case 2:
            return before + after[0] + letter + after[1:]
        case _:
            return before + rng.choice(string.ascii_lowercase) + after
