"""What scores mean for words of other languages that are compared by their vectors alone.

The glossary's entries ask for items that have the values their English names; letters of every
script at random ask for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from training.languages.glossary import Translation, translations
from twinset.columns import Columns
from twinset.encoders.encoder import Vectors
from twinset.filters import evaluate, parse_filter, quote_name, quote_value
from twinset.relevance.calibration import Curve, fit_curve
from twinset.words.query.catalogue_words import CatalogueWords
from twinset.words.query.reader import Reader
from twinset.words.synonyms.synonyms import default_synonyms

Mask = NDArray[np.bool_]
_QUERIES = 1200
_NONSENSE = 300
_DEPTH = 30  # places of a list that are looked at
_ANYWHERE = 10  # items drawn from all, for what low scores mean
_BLOCK = 64
# First and last letter of each script, and the fewest and the most of them in a word.
_LETTERS = (
    ("a", "z", 4, 9),
    ("а", "я", 4, 9),  # noqa: RUF001 - Cyrillic
    ("一", "鿋", 2, 5),
    ("ア", "ン", 3, 7),
    ("가", "힣", 2, 5),
    ("ا", "ي", 4, 8),
    ("ก", "ฮ", 4, 8),
)


def foreign_curve(
    encode: Callable[[Sequence[str]], Vectors], items: Vectors, columns: Columns, kind: str | None
) -> Curve:
    """The curve of cosines between texts that `encode` reads and `items` (n, d) of a catalogue
    with these `columns`, whose category is `kind`."""
    draw = np.random.default_rng(0)
    reader = Reader(CatalogueWords.of(columns, kind), default_synonyms())
    texts = translations()
    asked = [texts[place] for place in draw.permutation(len(texts))[:_QUERIES]]
    pairs = [(one, right) for one in asked if (right := _relevant(reader, one, columns)).any()]
    nothing, depth = np.zeros(len(items), np.bool_), min(_DEPTH, len(items))
    queries = [(one.foreign, right) for one, right in pairs]
    queries += [(text, nothing) for text in nonsense(draw, _NONSENSE)]
    scores: list[NDArray[np.float32]] = []
    relevant: list[Mask] = []
    for start in range(0, len(queries), _BLOCK):
        block = queries[start : start + _BLOCK]
        cosines = encode([text for text, _ in block]) @ items.T
        for row, (_, right) in zip(cosines, block, strict=True):
            rows = np.argpartition(-row, depth - 1)[:depth]
            rows = np.concatenate([rows, draw.integers(0, len(items), _ANYWHERE)])
            scores.append(row[rows])
            relevant.append(right[rows])
    return fit_curve(np.concatenate(scores), np.concatenate(relevant))


def _relevant(reader: Reader, asked: Translation, columns: Columns) -> Mask:
    """The items that have every value that the English of a text names; none if it names none."""
    found = np.zeros(len(next(iter(columns.values()))), np.bool_)
    for place, part in enumerate(reader.read(asked.english).parts):
        values = ", ".join(map(quote_value, part.values))
        has = evaluate(parse_filter(f"{quote_name(part.field)} IN [{values}]"), columns)
        found = has if place == 0 else found & has
    return found


def nonsense(draw: np.random.Generator, count: int) -> Iterator[str]:
    """Words of letters at random, in each script in turn."""
    for place in range(count):
        first, last, least, most = _LETTERS[place % len(_LETTERS)]
        letters = draw.integers(ord(first), ord(last) + 1, draw.integers(least, most + 1))
        yield "".join(map(chr, letters))
