"""A query while it is read: its words, which of them are taken, and what becomes of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from twinset.words.query.parts import Part, Rewording, Switches
from twinset.words.translation.translation import Translation
from twinset.words.word_forms import Token, phrase_words, tokens

MOST_WORDS = 4  # of a phrase
_COMMAS = re.compile(r"\s*([,;])(?:\s*[,;])*(?!\d)")  # more than one are left where words were cut


@dataclass(frozen=True, slots=True)
class Phrase:
    """Consecutive tokens, from `first` to before `last`, with their folded words."""

    first: int
    last: int
    words: list[str]


@dataclass
class Draft:
    """What is known so far of a query. Each token belongs to at most one part.

    `tokens` hold the words as they are understood, which after a correction are not those of the
    text; their places always are.
    """

    text: str
    switches: Switches
    tokens: list[Token] = field(default_factory=list)
    placed: list[tuple[range, Part]] = field(default_factory=list)  # parts with their tokens
    reworded: list[Rewording] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)  # places of tokens
    translation: Translation | None = None  # `text` is its English
    _replaced: dict[tuple[int, int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tokens = tokens(self.text)

    def said(self, first: int, last: int) -> str:
        """The words of the text from token `first` to before token `last`, as typed."""
        return self.typed(self.tokens[first].start, self.tokens[last - 1].end)

    def typed(self, start: int, end: int) -> str:
        """What was typed for these characters of the text."""
        if self.translation is not None:
            return self.translation.typed_words(start, end)
        return self.text[start:end]

    def within(self, start: int, end: int) -> range:
        """The tokens that stand between two places of the text."""
        held = [i for i, one in enumerate(self.tokens) if one.start >= start and one.end <= end]
        return range(held[0], held[-1] + 1) if held else range(0)

    def is_free(self, places: range) -> bool:
        """True if no part has taken one of these tokens."""
        return self.taken.isdisjoint(places)

    def take(self, places: range, *parts: Part) -> None:
        """Give tokens to parts."""
        self.taken.update(places)
        self.placed += ((places, part) for part in parts)

    def cut(self, places: range) -> None:
        """Leave tokens out of what is compared by meaning."""
        self._replace(self.tokens[places[0]].start, self.tokens[places[-1]].end, "")

    def reword(self, phrase: Phrase, after: str, reason: str | None) -> None:
        """Read other words in the place of a phrase; without a reason nobody is told."""
        first, last = phrase.first, phrase.last
        start, end = self.tokens[first].start, self.tokens[last - 1].end
        if reason is not None:
            self.reworded.append(Rewording(self.said(first, last), after, reason))
        self._replace(start, end, after)
        new = [Token(one.key, start, end) for one in tokens(after)]
        self.tokens[first:last] = new
        self._shift(last, len(new) - (last - first))

    def _replace(self, start: int, end: int, instead: str) -> None:
        """Let `instead` stand for a piece of the text, and for what replaced parts of it before."""
        kept = (one for one in self._replaced.items() if not start <= one[0][0] < end)
        self._replaced = {**dict(kept), (start, end): instead}

    def _shift(self, start: int, by: int) -> None:
        """Move what is known of the tokens from `start` on."""
        if by:
            self.taken = {place + by if place >= start else place for place in self.taken}
            self.placed = [
                (range(p.start + by, p.stop + by) if p.start >= start else p, part)
                for p, part in self.placed
            ]

    def phrases(self, first: int, most: int = MOST_WORDS) -> Iterator[Phrase]:
        """The free phrases that begin with a token, the longest first."""
        last = min(len(self.tokens), first + 2 * most - 1)
        for end in range(last, first, -1):
            words = phrase_words(self.tokens[first:end])
            if words is not None and len(words) <= most and self.is_free(range(first, end)):
                yield Phrase(first, end, words)

    def keys(self) -> Sequence[str]:
        """The tokens' words and signs as they are understood."""
        return [token.key for token in self.tokens]

    def _kept(self, start: int, end: int) -> str:
        """These characters as they are to be compared: as typed in a text of its own words."""
        if self.translation is None or not self.translation.own_words:
            return self.text[start:end]
        return f" {self.typed(start, end)} "

    def rest(self) -> str:
        """The text without what was cut and with what was reworded."""
        if not self._replaced:
            own_words = self.translation is not None and self.translation.own_words
            return self.translation.typed if self.translation and own_words else self.text
        kept, start = [], 0
        for (first, last), instead in sorted(self._replaced.items()):
            kept += [self._kept(start, first), instead]
            start = max(start, last)
        rest = _COMMAS.sub(r"\1 ", "".join([*kept, self._kept(start, len(self.text))]))
        return " ".join(rest.split()).strip(" ,;.-\u2013")
