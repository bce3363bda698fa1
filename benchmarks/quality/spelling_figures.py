"""How well slips of the keyboard are corrected, beside SymSpell if `symspellpy` is installed, and
what completions take.

    python -m benchmarks.quality.spelling_figures --index INDEX [--encoder ENCODER]

Each word of a value has a letter missing, doubled, swapped or replaced, at five places. Slips
that are words of the catalogue, or that the encoder knows, are left out: nothing may correct them.
"""

from __future__ import annotations

import gc
import importlib
import os
import random
import string
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.markdown_report import MarkdownTable, show
from twinset.encoders import load_encoder
from twinset.index.index_versions import IndexVersion, open_version
from twinset.words.query.item_words import ItemWords, VersionWords
from twinset.words.query.reader import Reader
from twinset.words.query.spelling import Spelling
from twinset.words.suggestions import Completer, CompletionWords, TitleOrder
from twinset.words.synonyms.synonyms import default_synonyms
from twinset.words.word_forms import stem

_PLACES = 5
_LEAST = 4  # letters
_PAGE = 4096
_BEGINNINGS = 1000
Correct = Callable[[str], str | None]


def main(
    index: Annotated[Path, typer.Option()],
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
) -> None:
    """Print a table of both, with memory, start and time."""
    version = open_version(index)
    words = ItemWords().of(version.items, version.category)
    is_word = getattr(load_encoder(encoder), "knows_word", lambda _: False)
    slips = [(right, slip) for right, slip in _slips(words) if not is_word(slip)]
    table = MarkdownTable("", "right", "start, ms", "memory, MB", "median, us", "p95, us")
    ways: dict[str, Callable[[], Correct]] = {"rapidfuzz": lambda: _ours(words, is_word)}
    if find_spec("symspellpy"):
        ways["symspellpy"] = lambda: _symspell(words)
    for name, make in ways.items():
        table.add(name, *_measured(make, slips))
    title = f"{len(version):,} items, {len(words.counts):,} words, {len(slips):,} slips"
    show(title, table, _completions(version, words, is_word))


def _completions(
    version: IndexVersion, words: VersionWords, is_word: Callable[[str], bool]
) -> MarkdownTable:
    """What the completions of beginnings of titles take, one in five with a slip."""
    spelling = Spelling(words.counts, words.values.single_words(), is_word)
    reader = Reader(words.values, default_synonyms(), spelling)
    ordered = CompletionWords(reader, words.counts, TitleOrder(version.items.layers.base))
    completer = Completer(version.items, ordered, version.alive)
    chance = random.Random(0)  # noqa: S311 - a sample, no secret
    times = []
    for number in range(_BEGINNINGS):
        row = chance.randrange(len(version))
        title = str(version.items.item(row).get("title") or "shoes").lower()
        typed = title[: chance.randrange(1, len(title) + 1)]
        if number % 5 == 0 and len(typed) > _LEAST:
            typed = _CHANGES[2](typed, chance.randrange(len(typed) - 1), chance)
        start = time.perf_counter()
        completer.complete(typed, 8)
        times.append(1000 * (time.perf_counter() - start))
    table = MarkdownTable("completions", "median, ms", "p95, ms")
    table.add(_BEGINNINGS, *(f"{one:.1f}" for one in np.quantile(times, (0.5, 0.95))))
    return table


def _slips(words: VersionWords) -> list[tuple[str, str]]:
    chance = random.Random(0)  # noqa: S311 - a sample, no secret
    found = []
    for word in sorted(words.values.single_words()):
        for change in _CHANGES if word.isalpha() and len(word) >= _LEAST else ():
            for _ in range(_PLACES):
                slip = change(word, chance.randrange(len(word) - 1), chance)
                if slip not in words.counts:
                    found.append((word, slip))
    return found


_CHANGES: tuple[Callable[[str, int, random.Random], str], ...] = (
    lambda word, i, _: word[:i] + word[i + 1 :],
    lambda word, i, _: word[:i] + word[i] + word[i:],
    lambda word, i, _: word[:i] + word[i + 1] + word[i] + word[i + 2 :],
    lambda word, i, chance: word[:i] + chance.choice(string.ascii_lowercase) + word[i + 1 :],
)


def _ours(words: VersionWords, is_word: Callable[[str], bool]) -> Correct:
    spelling = Spelling(words.counts, words.values.single_words(), is_word)
    spelling.correct("qqqzq")  # the first wrong word sorts the others by length
    return spelling.correct


def _symspell(words: VersionWords) -> Correct:
    package = importlib.import_module("symspellpy")
    speller = package.SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
    values: Mapping[str, None] = dict.fromkeys(words.values.single_words())
    for word, count in words.counts.items():
        if word.isalpha() and (count > 1 or word in values):
            speller.create_dictionary_entry(word, count)

    def correct(word: str) -> str | None:
        found = speller.lookup(word, package.Verbosity.CLOSEST, 2 if len(word) > 6 else 1)
        return str(found[0].term) if found else None

    return correct


def _measured(make: Callable[[], Correct], slips: list[tuple[str, str]]) -> list[str]:
    gc.collect()
    before, start = _memory(), time.perf_counter()
    correct = make()
    took = time.perf_counter() - start
    gc.collect()
    memory = _memory() - before
    times, right = [], 0
    for word, slip in slips:
        start = time.perf_counter()
        found = correct(slip)
        times.append(1e6 * (time.perf_counter() - start))
        right += found is not None and stem(found) == stem(word)
    spread = [f"{one:.0f}" for one in np.quantile(times, (0.5, 0.95))]
    return [f"{right / len(slips):.3f}", f"{1000 * took:.0f}", f"{memory / 1e6:.1f}", *spread]


def _memory() -> int:
    resident = Path(f"/proc/{os.getpid()}/statm").read_text(encoding="ascii").split()[1]
    return int(resident) * _PAGE


if __name__ == "__main__":
    typer.run(main)
