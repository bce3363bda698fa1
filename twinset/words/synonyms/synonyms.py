"""Words that mean the same, from a file that a shop can replace or extend.

The format is that of Solr: `trainers, sneakers` are equal, `purse => handbag` goes one way. The
line `@default` brings in the list that comes with Twinset, so that a shop's own file extends it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from twinset.errors import InvalidInput
from twinset.words.word_forms import joined, words_of

DEFAULT_LINE = "@default"
MAX_LINES, MAX_LINE = 5000, 1000  # lines; characters of one
_FILE = Path(__file__).with_name("synonyms.txt")


@dataclass(frozen=True, eq=False)
class Synonyms:
    """What phrases may stand for, the nearest first. Equal to itself alone; `digest` is the same
    for all that were read from the same lines.

    Example:
        >>> Synonyms.read(["trainers, sneakers"]).of(["trainer"])
        ('sneakers',)
    """

    _others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _words: frozenset[str] = frozenset()
    digest: str = ""

    @classmethod
    def read(cls, lines: Iterable[str]) -> Synonyms:
        """Read the lines of a file; later lines add to earlier ones.

        Raises:
            InvalidInput: a line cannot be read, or there are too many.
        """
        others: dict[str, dict[str, None]] = {}
        words: set[str] = set()
        given = list(lines)
        for before, after in _rules(given):
            for phrase in before:
                words.update(words_of(phrase))
                known = others.setdefault(_key(phrase), {})
                known.update(dict.fromkeys(one for one in after if _key(one) != _key(phrase)))
        digest = hashlib.sha256("\n".join(given).encode()).hexdigest()
        return cls({key: tuple(found) for key, found in others.items()}, frozenset(words), digest)

    def of(self, words: Sequence[str]) -> tuple[str, ...]:
        """What these folded words may stand for; nothing if no line has them."""
        return self._others.get(joined(words), ())

    def knows(self, word: str) -> bool:
        """True if a line holds this folded word."""
        return word in self._words or joined([word]) in self._others


@cache
def default_lines() -> tuple[str, ...]:
    """The lines of the list that comes with Twinset."""
    return tuple(_FILE.read_text(encoding="utf-8").splitlines())


@cache
def default_synonyms() -> Synonyms:
    """The list that comes with Twinset."""
    return Synonyms.read(default_lines())


def _rules(lines: Iterable[str]) -> Iterable[tuple[list[str], list[str]]]:
    """The phrases on each side of each line; a group stands on both."""
    for number, line in enumerate(_with_default(lines), start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        left, arrow, right = text.partition("=>")
        before = [phrase.strip() for phrase in left.split(",") if words_of(phrase)]
        after = [phrase.strip() for phrase in right.split(",") if words_of(phrase)]
        if not before or (arrow and not after) or (not arrow and len(before) < 2):
            raise InvalidInput(f"line {number} is not like 'a, b' or 'a => b'")
        yield before, after or before


def _with_default(lines: Iterable[str]) -> Iterable[str]:
    for number, line in enumerate(lines, start=1):
        if number > MAX_LINES or len(line) > MAX_LINE:
            raise InvalidInput(f"at most {MAX_LINES} lines of {MAX_LINE} characters")
        if line.strip() == DEFAULT_LINE:
            yield from default_lines()
        else:
            yield line


def _key(phrase: str) -> str:
    return joined(words_of(phrase))
