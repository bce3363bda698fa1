"""Reads what words ask to change about a photo or an item: "in red", "for men", "cheaper".

What the catalogue knows becomes a change of a field, or a filter; the other words are for the
composer alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files

from twinset.edits.title_patterns import TITLE, pattern_in
from twinset.edits.wish_words import (
    CHEAPER,
    DEARER,
    STEP,
    plainly_said,
    with_lack,
    without_negated,
)
from twinset.filters import quote_name
from twinset.words.colour_names import LONGEST_NAME
from twinset.words.field_roles import COLOUR, GENDER, PATTERN, PRICE
from twinset.words.query.parts import Effect, Part, Understood
from twinset.words.query.reader import Reader

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
    for pattern, sign, bound in ((CHEAPER, "<", min), (DEARER, ">", max)):
        found = pattern.search(said)
        if found is not None and prices and reader.words.price is not None:
            condition = f"{quote_name(reader.words.price)} {sign} {bound(prices)!r}"
            filters.append(
                Part(PRICE, reader.words.price, found.group(), (), (), Effect.FILTER, condition)
            )
            said = said[: found.start()] + said[found.end() :]
    said = plainly_said(said)
    understood = replace(reader, leaves_out=False).read(said)
    if not any(part.effect is Effect.EXCLUDE for part in understood.parts):
        said = with_lack(said)
        understood = reader.read(said)
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
    unwanted = bool(filters) or without_negated(said) != said
    return Edit(
        " ".join([*phrases, words]).strip() or ("" if unwanted else text),
        words,
        changed,
        tuple(filters),
        understood,
    )


def stepped(reader: Reader, edit: Edit, colours: Mapping[str, Mapping[str, float]]) -> Edit:
    """An edit whose "darker" or "lighter" is the darker or lighter colours of the catalogue.

    `colours` are the shares of the present values by field; of the most usual one others are darker
    or lighter. An edit that names a colour, or a colour that has no such others, stays as it is.
    """
    found = STEP.search(edit.words)
    if found is None or edit.changes(COLOUR):
        return edit
    for name, shares in colours.items():
        shades = reader.words.shades.get(name)
        value = max(shares, key=lambda one: shares[one], default=None)
        others = shades.beside(value, bool(found["lighter"])) if shades and value else ()
        if others:
            part = Part(COLOUR, name, found.group(), others)
            words = _without(edit.words, found.group())
            text = _without(edit.text, found.group())
            text = f"{_plainly(part)} {text}".strip()
            return replace(edit, text=text, words=words, changed=(*edit.changed, part))
    return edit


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
    return _telling_words(without_negated(rest))


def _telling_words(text: str) -> str:
    return " ".join(word for word in _WORD.findall(text) if word.lower() not in asking_words())


def _replaced(text: str, before: str, after: str) -> str:
    """A text in which these words, not letters inside of others, are replaced once."""
    words = re.compile(rf"(?<![^\W_]){re.escape(before)}(?![^\W_])", re.I)
    return words.sub(lambda _: after, text, count=1)


def _plainly(part: Part) -> str:
    value = part.values[0].lower()
    if part.name == COLOUR:
        return f"in {value}"
    # "For kids" is for boys and girls alike.
    return f"for {' '.join(part.values).lower()}" if part.name == GENDER else value
