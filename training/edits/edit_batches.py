"""Batches that a composer is trained with: a product, words, and the products that answer them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.edits.edit_fields import EditField, EditFields
from training.edits.phrasings import TRAINED, TRAINED_COLOURS, TRAINED_GENDERS
from twinset.words.field_roles import COLOUR, GENDER

Rows = NDArray[np.int64]
Key = tuple[int, ...]
_COLOUR_SHARE = 3.0  # colours are asked for more than any other field, which counts 1
# Thousands of words: they teach what to do with words that were never taught.
_WORDS_SHARE = 3.0
_LEAST_OF_A_WORD = 3
_TITLE_WORD = re.compile(r"[a-z][a-z-]+")


@dataclass(frozen=True)
class Lesson:
    """One edit: the product `row`, the words that change it, and the products that answer."""

    row: int
    text: str
    answers: Rows


class _Groups:
    """Products that agree in what an edit keeps, by the value that it changes."""

    def __init__(
        self, fields: EditFields, changed: EditField, rows: Rows, unseen: Collection[str]
    ) -> None:
        self.field = changed
        self._templates = templates_of(changed)
        self._unseen = {code for code, value in enumerate(changed.values) if value in unseen}
        keys = np.stack([one.codes[rows] for one in fields.kept(changed)], axis=1)
        known = (keys >= 0).all(axis=1) & (changed.codes[rows] >= 0)
        by_key: dict[Key, dict[int, list[int]]] = {}
        for row, key in zip(rows[known].tolist(), keys[known].tolist(), strict=True):
            by_value = by_key.setdefault(tuple(key), {})
            by_value.setdefault(int(changed.codes[row]), []).append(row)
        self._groups = [
            {value: np.array(held) for value, held in by_value.items()}
            for by_value in by_key.values()
            if len(by_value) > 1 and {*by_value} - self._unseen
        ]
        sizes = [sum(map(len, by_value.values())) for by_value in self._groups]
        self._chances = np.array(sizes, np.float64) / max(1, sum(sizes))

    def __bool__(self) -> bool:
        return bool(self._groups)

    def draw(self, random: np.random.Generator) -> Lesson:
        """A product of a group, drawn by its size, and a value that others of the group have."""
        group = self._groups[random.choice(len(self._groups), p=self._chances)]
        everyone = np.concatenate(list(group.values()))
        row = int(random.choice(everyone))
        others = [v for v in group if v != self.field.codes[row] and v not in self._unseen]
        if not others:
            return self.draw(random)
        value = others[random.integers(len(others))]
        return Lesson(row, phrase(self._templates, self.field.values[value], random), group[value])


class _Words:
    """Products of one kind, gender and colour, by words of their titles: "sleeveless", a brand."""

    def __init__(self, fields: EditFields, rows: Rows, unseen: Collection[str]) -> None:
        left_out = {word for value in unseen for word in value.lower().split()}
        kept = [fields.kind, *(f for f in fields.others if f.role in (COLOUR, GENDER))]
        by_key: dict[Key, list[int]] = {}
        for row in rows.tolist():
            by_key.setdefault(tuple(int(one.codes[row]) for one in kept), []).append(row)
        self._groups: list[dict[str, Rows]] = []
        sizes = []
        for held in by_key.values():
            words = _telling_words([fields.titles[row] for row in held], np.array(held))
            words = {word: rows for word, rows in words.items() if word not in left_out}
            if len(words) > 1:
                self._groups.append(words)
                sizes.append(len(held) ** 0.5)
        self._chances = np.array(sizes) / max(1e-9, sum(sizes))

    def __bool__(self) -> bool:
        return bool(self._groups)

    def draw(self, random: np.random.Generator) -> Lesson:
        """A product without a word that others of its group have."""
        words = self._groups[random.choice(len(self._groups), p=self._chances)]
        asked, other = random.choice(list(words), 2, replace=False)
        row = int(random.choice(words[str(other)]))
        return Lesson(row, phrase(TRAINED, str(asked), random), words[str(asked)])


def _telling_words(titles: Sequence[str], rows: Rows) -> dict[str, Rows]:
    """The words that some of these titles hold and fewer than half of them, with their rows."""
    held = [set(_TITLE_WORD.findall(title)) for title in titles]
    counts = Counter(word for words in held for word in words)
    telling = [w for w, n in counts.items() if _LEAST_OF_A_WORD <= n < len(titles) / 2]
    return {word: rows[[word in words for words in held]] for word in sorted(telling)}


def templates_of(field: EditField) -> Sequence[str]:
    """The ways in which a composer is told that a field should change."""
    return {COLOUR: TRAINED_COLOURS, GENDER: TRAINED_GENDERS}.get(field.role, TRAINED)


def phrase(templates: Sequence[str], value: str, random: np.random.Generator) -> str:
    """A value said in one of several ways."""
    return templates[int(random.integers(len(templates)))].format(value.lower())


class Lessons:
    """Draws edits of the products in `rows`; deterministic for a seed.

    Raises:
        ValueError: no two products differ in one field alone.
    """

    def __init__(
        self, fields: EditFields, rows: Rows, seed: int, unseen: Collection[str] = ()
    ) -> None:
        self._random = np.random.default_rng(seed)
        sources: list[tuple[_Groups | _Words, float]] = [
            (_Groups(fields, one, rows, unseen), _COLOUR_SHARE if one.role == COLOUR else 1.0)
            for one in fields.others
        ]
        sources.append((_Words(fields, rows, unseen), _WORDS_SHARE))
        sources = [(source, share) for source, share in sources if source]
        if not sources:
            raise ValueError("no two products differ in one field alone")
        self._sources = [source for source, _ in sources]
        shares = np.array([share for _, share in sources])
        self._chances = shares / shares.sum()

    def batch(self, size: int) -> list[Lesson]:
        """Edits of several fields, mixed."""
        drawn = self._random.choice(len(self._sources), size, p=self._chances)
        return [self._sources[place].draw(self._random) for place in drawn]


def texts_of(fields: EditFields) -> Iterator[str]:
    """Every text that lessons about fields can hold, to encode them at once."""
    for field in fields.others:
        for template in templates_of(field):
            yield from (template.format(value.lower()) for value in field.values)
