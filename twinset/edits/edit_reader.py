"""Reads what words ask to change about a photo or an item: "in red", "for men", "cheaper".

What the catalogue knows becomes a change of a field, or a filter; the other words are for the
composer alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from twinset.edits.title_patterns import TITLE, pattern_in
from twinset.filters import quote_name
from twinset.words.colour_names import LONGEST_NAME
from twinset.words.field_roles import COLOUR, GENDER, PATTERN, PRICE
from twinset.words.query.parts import Effect, Part, Understood
from twinset.words.query.reader import Reader

_CHEAPER = re.compile(r"\b(cheaper|less expensive|lower price|lower priced|costs? less)\b", re.I)
_DEARER = re.compile(r"\b(dearer|pricier|more expensive|higher price|costs? more)\b", re.I)
# What people want who want a thing without something, as titles say it.
_WITHOUT = re.compile(r"\b(?:without|no|minus)\s+(?:any\s+|the\s+)?([a-z]+)(?:\s+dots)?\b", re.I)
_LACKING: Mapping[str, str] = {
    "sleeve": "sleeveless",
    "sleeves": "sleeveless",
    "lace": "slip on",
    "laces": "slip on",
    "heel": "flat",
    "heels": "flat",
    "collar": "round neck",
    "hood": "without hood",
    "pattern": "solid",
    "patterns": "solid",
    "strap": "strapless",
    "straps": "strapless",
}
_SOLID = "solid"
# What says of a word that it means a colour.
_AS_COLOUR = re.compile(
    r"\bin (?:an? |the )?([a-z]+)\b|\b([a-z]+)[ -]colou?r(?:ed)?\b|\bcolou?r ([a-z]+)\b", re.I
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


@dataclass(frozen=True)
class Edit:
    """What words ask to change.

    `changed` are the values that are wanted, `filters` conditions that every item has to meet.
    `words` are the words that no part stands for, and `text` is what the composer reads: the
    changes in one plain phrasing, so that it does not matter how they were said, and these words.
    `reworded` is what was corrected.

    Example:
        >>> read_edit(reader, "could it be red?").text
        'in red'
    """

    text: str
    words: str = ""
    changed: tuple[Part, ...] = ()
    filters: tuple[Part, ...] = ()
    understood: Understood = field(default_factory=lambda: Understood(""))

    def changes(self, name: str) -> bool:
        """True if a part of this name, such as "colour", is what should change."""
        return any(part.name == name for part in (*self.changed, *self.filters))

    @property
    def condition(self) -> str | None:
        """What every item has to meet; None if nothing."""
        return " AND ".join(part.condition for part in self.filters if part.condition) or None


@cache
def asking_words() -> frozenset[str]:
    """Words that ask for a change and say nothing of it."""
    text = (files("twinset.words") / "data" / "asking_words.txt").read_text(encoding="utf-8")
    return frozenset(w for line in text.splitlines() if line[:1] != "#" for w in line.split())


def plain_wish(text: str) -> str:
    """What a text asks for, whatever way it asks; the text itself if it does not say.

    Example:
        >>> plain_wish("could it come in vermilion?")
        'vermilion'
    """
    return _telling_words(text) or text


def read_edit(reader: Reader, text: str, prices: Sequence[float] = ()) -> Edit:
    """What a text asks to change about items of these prices, which "cheaper" is compared with.

    Without a price, "cheaper" is a word like any other.
    """
    said, filters = text, []
    for pattern, sign, bound in ((_CHEAPER, "<", min), (_DEARER, ">", max)):
        found = pattern.search(said)
        if found is not None and prices and reader.words.price is not None:
            condition = f"{quote_name(reader.words.price)} {sign} {bound(prices)!r}"
            filters.append(
                Part(PRICE, reader.words.price, found.group(), (), (), Effect.FILTER, condition)
            )
            said = said[: found.start()] + said[found.end() :]
    understood = reader.read(said)
    if not any(part.effect is Effect.EXCLUDE for part in understood.parts):
        with_lack = _WITHOUT.sub(_lacking, said)
        if with_lack != said:
            said, understood = with_lack, reader.read(with_lack)
    changed = tuple(part for part in understood.parts if part.effect is Effect.PREFER)
    filters += [part for part in understood.parts if part.effect is not Effect.PREFER]
    words = _other_words(said, understood)
    named = None if _has_patterns(reader) else pattern_in(words)
    if named is not None:
        changed += (Part(PATTERN, TITLE, named[1], (named[0],)),)
        words = _without(words, named[1])
    shade = None if any(part.name == COLOUR for part in changed) else _shade(reader, words, said)
    if shade is not None:
        changed, words = (*changed, shade), _without(words, shade.words)
    phrases = [_plainly(part) for part in changed]
    return Edit(
        " ".join([*phrases, words]).strip() or ("" if filters else text),
        words,
        changed,
        tuple(filters),
        understood,
    )


def _shade(reader: Reader, words: str, text: str) -> Part | None:
    """The colour of the catalogue that is nearest to one that the words of a text name:
    "vermilion" is red."""
    said = words.split()
    for length in range(min(LONGEST_NAME, len(said)), 0, -1):
        for first in range(len(said) - length + 1):
            asked = " ".join(said[first : first + length])
            found = _nearest(reader, asked)
            if found is not None:
                return found
    for spoken in _AS_COLOUR.finditer(text):
        word = next(filter(None, spoken.groups()))
        # Titles that have the word know better what it means: "in suede".
        rare = reader.spelling is None or reader.spelling.is_rare(word.lower())
        found = _nearest(reader, word, surely=True) if rare and word in said else None
        if found is not None:
            return found
    return None


def _nearest(reader: Reader, asked: str, surely: bool = False) -> Part | None:
    for name, colours in reader.words.shades.items():
        value = colours.nearest(asked, surely)
        if value is not None:
            return Part(COLOUR, name, asked, (value,))
    return None


def _without(words: str, some: str) -> str:
    """Words without the first that are `some`."""
    before, _, after = f" {words} ".partition(f" {some} ")
    return f"{before} {after}".strip()


def _lacking(found: re.Match[str]) -> str:
    """What titles say of a thing that lacks what a text names: a thing without a pattern is
    solid."""
    word = found[1].lower()
    if (pattern_in(word) or (_SOLID,))[0] != _SOLID:
        return _SOLID
    return _LACKING.get(word, found[0])


def _has_patterns(reader: Reader) -> bool:
    """True if a field of the catalogue says what pattern an item has."""
    return any(name == PATTERN for name in reader.words.names())


def _other_words(text: str, understood: Understood) -> str:
    """The words that are neither part of what was understood nor a way to ask for it."""
    rest = text
    for part in sorted(understood.parts, key=lambda one: -len(one.words)):
        rest = _replaced(rest, part.words, " ")
    for one in understood.reworded:
        rest = _replaced(rest, one.before, one.after)
    return _telling_words(rest)


def _telling_words(text: str) -> str:
    return " ".join(word for word in _WORD.findall(text) if word.lower() not in asking_words())


def _replaced(text: str, before: str, after: str) -> str:
    place = text.lower().find(before.lower())
    return text if place < 0 else text[:place] + after + text[place + len(before) :]


def _plainly(part: Part) -> str:
    value = part.values[0].lower()
    if part.name == COLOUR:
        return f"in {value}"
    return f"for {value}" if part.name == GENDER else value
