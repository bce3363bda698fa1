"""The words of the pages in English, German, French, Spanish and Italian.

Each language is one file beside this one. All hold the same keys, so that a template names a key
and never a sentence.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

FOLDER = Path(__file__).parent
Language = Literal["en", "de", "fr", "es", "it"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
# What stands between thousands, and before the fraction.
_MARKS: Mapping[str, tuple[str, str]] = {
    "en": (",", "."),
    "de": (".", ","),
    "fr": ("\u202f", ","),
    "es": (".", ","),
    "it": (".", ","),
}
# Codes whose English detail speaks to programs.
_FOR_PROGRAMS = frozenset(
    {"body_too_large", "internal_error", "invalid_artefact", "invalid_request", "not_ready"}
)


class Words:
    """The words of one language by key: `words("home.try")`, `words.count("list.products", 3)`.

    Example:
        >>> words_of("de").count("list.products", 1200)
        '1.200 Produkte'
    """

    def __init__(self, language: Language, texts: Mapping[str, str]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, with `{names}` filled in.

        Raises:
            KeyError: the files lack the key, or the text needs a value that is not given.
        """
        text = self._texts[key]
        return text.format(**values) if values else text

    def count(self, key: str, number: int, **values: object) -> str:
        """The text of a key for so many things, in the singular if the language says so."""
        one = number < 2 if self.language == "fr" else number == 1
        return self(f"{key}.{'one' if one else 'other'}", count=self.number(number), **values)

    def number(self, value: float, digits: int = 0) -> str:
        """A number as the language writes it."""
        thousands, point = _MARKS[self.language]
        return f"{value:,.{digits}f}".translate({44: thousands, 46: point})

    def error(self, code: str, detail: str) -> str:
        """The sentence for an error; in English that is `detail` if it was written for people."""
        if self.language == "en" and code not in _FOR_PROGRAMS:
            return detail
        return self._texts.get(f"error.{code}") or self("error.other")

    def field(self, name: str) -> str:
        """A catalogue's field for people: `baseColour` is Colour, `heel_height` Heel height."""
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"[_-]+", " ", name)).strip().lower()
        known = self._texts.get("fields." + words.replace(" ", "_"))
        return known or words[:1].upper() + words[1:]

    def part(self, name: str) -> dict[str, str]:
        """All words of one table of the file."""
        start = f"{name}."
        held = self._texts.items()
        return {key.removeprefix(start): text for key, text in held if key.startswith(start)}

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._texts)


@cache
def words_of(language: Language) -> Words:
    """The words of a language, read from its file once."""
    with (FOLDER / f"{language}.toml").open("rb") as file:
        return Words(language, dict(_flat(tomllib.load(file))))


def best_language(wanted: str, offered: Sequence[Language]) -> Language:
    """The offered language that an Accept-Language header prefers; the first if it names none."""
    choices: list[tuple[float, int, str]] = []
    for place, part in enumerate(wanted.split(",")[:20]):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        known = re.fullmatch(r"[01](\.\d{0,3})?", weight)
        choices.append((-float(weight) if known else 0, place, name.partition("-")[0]))
    for rank, _, name in sorted(choices):
        found = next((one for one in offered if name in (one, "*")), None)
        if rank < 0 and found is not None:
            return found
    return offered[0]


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield before + name, value
