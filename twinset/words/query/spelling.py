"""Corrections of words that a catalogue does not know, from the words that it does.

Every word of the catalogue within one slip of the keyboard is compared (a letter missing, doubled,
replaced, or two swapped; two slips in a long word), which takes a third of a millisecond for 7,000
words. `docs/decisions` says what else was measured.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import OSA

from twinset.words.colour_names import is_colour_name
from twinset.words.word_forms import stem

_LEAST = 3  # letters of a word that can be wrong
_LEAST_BEGINNING = 4  # letters of the beginning of a word
_LONG = 7  # letters of a word that can be wrong twice
_LEAST_COUNT = 2  # a word that stands once in a catalogue may be a slip itself
_LEAST_FORMS = 4  # times that another form of a word has to occur
_MOST_RARE = 5
_LEAST_PART = 3  # letters of each of two words that lost the gap between them
# By how much a likelier slip outweighs a more frequent word, as a factor of frequency in logs.
_DOUBLED, _SWAPPED, _SAME_START, _VALUE, _MISSING = 3.0, 1.5, 2.0, 2.0, 1.5


class Spelling:
    """Corrects words by those of a catalogue.

    `counts` are the words of titles and values with how often they occur, `values` those that name
    values, which are likelier to be meant. `is_word` is true for words that are right although the
    catalogue does not have them.
    """

    def __init__(
        self,
        counts: Mapping[str, int],
        values: Collection[str],
        is_word: Callable[[str], bool] | None = None,
    ) -> None:
        self._counts, self._values = counts, values
        self.is_word = is_word or frozenset[str]().__contains__

    @cached_property
    def _by_length(self) -> Mapping[int, list[str]]:
        """The words to correct to, by their number of letters; made for the first wrong word."""
        found: dict[int, list[str]] = {}
        words = {word for word, count in self._counts.items() if count >= _LEAST_COUNT}
        words |= {*self._values, *map(stem, self._values)}
        for word in sorted(words):
            if word.isalpha() and len(word) >= _LEAST:
                found.setdefault(len(word), []).append(word)
        return found

    def knows(self, word: str) -> bool:
        """True if a title or a value holds this folded word, or several its singular or plural: of
        a form that stands once, "shrt", the other one is no word."""
        return word in self._counts or self._count_of_forms(word) >= _LEAST_FORMS

    def is_rare(self, word: str) -> bool:
        """True if so few titles hold this folded word that it may be a slip there, too."""
        return self._count_of_forms(word) <= _MOST_RARE

    def _count_of_forms(self, word: str) -> int:
        """How often the singular and the plural of a word occur."""
        bare = stem(word)
        forms = {form for form in (word, bare, f"{bare}s", f"{bare}es") if stem(form) == bare}
        return sum(self._counts.get(form, 0) for form in forms)

    def count(self, word: str) -> int:
        """How often a folded word stands in titles and values."""
        return self._counts.get(word, 0)

    def correct(self, word: str) -> str | None:
        """What a folded word should have been: one word, or two with a gap; None if it is right
        or nothing is near."""
        if len(word) < _LEAST or not word.isalpha() or self.knows(word) or self.is_word(word):
            return None
        if is_colour_name(word):
            return None
        found = self._nearest(word, 1) or self._split(word)
        if found is None and len(word) >= _LONG:
            found = self._nearest(word, 2)
        return found

    def begin(self, start: str) -> str | None:
        """What the beginning of a word should have been, so that some word begins so; None if one
        does, or nothing is near."""
        if len(start) < _LEAST_BEGINNING or not start.isalpha():
            return None
        beginnings: Counter[str] = Counter()
        for words in self._by_length.values():
            for word in words:
                if word[0] == start[0] and len(word) >= len(start):
                    beginnings[word[: len(start)]] += self._counts.get(word, 0)
        if start in beginnings:
            return None
        near = process.extract(
            start, list(beginnings), scorer=OSA.distance, score_cutoff=1, limit=None
        )
        return max((one for one, *_ in near), key=beginnings.__getitem__, default=None)

    def _nearest(self, word: str, slips: int) -> str | None:
        """The likeliest word within so many slips."""
        near = [
            (candidate, distance)
            for length in range(len(word) - slips, len(word) + slips + 1)
            for candidate, distance, _ in process.extract(
                word,
                self._by_length.get(length, ()),
                scorer=OSA.distance,
                score_cutoff=slips,
                limit=None,
            )
        ]
        if not near:
            return None
        return max(near, key=lambda one: (-one[1], self.likelihood(word, one[0])))[0]

    def likelihood(self, word: str, candidate: str) -> float:
        """How likely it is that a word was meant to be a candidate, in logs of frequency."""
        likely = math.log(1 + self._counts.get(candidate, 0))
        likely += _VALUE if candidate in self._values else 0.0
        swapped = sorted(word) == sorted(candidate)
        likely += _SAME_START if swapped or word[0] == candidate[0] else 0.0
        if len(word) != len(candidate) and _without_doubles(word) == _without_doubles(candidate):
            likely += _DOUBLED
        if swapped:
            likely += _SWAPPED
        if len(candidate) > len(word):
            likely += _MISSING
        return likely

    def _split(self, word: str) -> str | None:
        """Two words of the catalogue that lost the gap between them; None if it is not so."""
        best = (0, "")
        for place in range(_LEAST_PART, len(word) - _LEAST_PART + 1):
            parts = word[:place], word[place:]
            count = min(self._counts.get(part, 0) for part in parts)
            if count >= _LEAST_COUNT:
                best = max(best, (count, " ".join(parts)))
        return best[1] or None


def one_slip_from(word: str, candidates: Iterable[str]) -> str | None:
    """The first candidate that a word is within one slip of; None if there is none."""
    return next((one for one in candidates if OSA.distance(word, one, score_cutoff=1) <= 1), None)


def lacking_a_letter(word: str, candidates: Collection[str]) -> str | None:
    """The first candidate of which a word lacks one inner letter; None if there is none."""
    for one in sorted(candidates) if len(word) >= _LEAST else ():
        inner = range(1, len(one) - 1) if len(one) == len(word) + 1 else ()
        if any(one[:place] + one[place + 1 :] == word for place in inner):
            return one
    return None


def _without_doubles(word: str) -> str:
    return "".join(letter for place, letter in enumerate(word) if word[place - 1 : place] != letter)
