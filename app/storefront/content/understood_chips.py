"""What was understood of the words, as chips: each can be taken away by a tap."""

from __future__ import annotations

from dataclasses import dataclass

from app.storefront.interface.interface_words import words_of
from twinset.words.query.parts import SPELLING, SYNONYMS, Effect, Part, Understood

# The languages that pages have a name for, by code.
_NAMED = frozenset(words_of("en").part("spoken"))


@dataclass(frozen=True)
class UnderstoodChip:
    """A part, or several of one name; `off` is what the address says when it is taken away."""

    text: str
    off: str
    excludes: bool = False


@dataclass(frozen=True)
class UnderstoodWords:
    """What a page says that it understood.

    `corrected` and `typed` are words before and after a correction, None if there was none.
    `unmet` are words of filters that nothing meets. `language` is the code of the language that the
    words were read in, None if it is English or nothing here reads it.
    """

    chips: list[UnderstoodChip]
    corrected: str | None = None
    typed: str | None = None
    unmet: list[str] | None = None
    language: str | None = None


def understood_words(found: Understood | None) -> UnderstoodWords:
    """The chips of what was understood; none if nothing was."""
    if found is None:
        return UnderstoodWords([])
    named: dict[str, list[Part]] = {}
    for part in found.parts:
        named.setdefault(part.name, []).append(part)
    chips = [_chip(name, parts) for name, parts in named.items()]
    language = found.language
    is_read = language and (language.spoken or found.translated is not None)
    code = language.code if language and is_read else None
    slips = [one for one in found.reworded if one.reason == SPELLING]
    others = [f"{one.before} \u2192 {one.after}" for one in found.reworded if one not in slips]
    if others:
        chips.append(UnderstoodChip(", ".join(others), f"-{SYNONYMS}"))
    return UnderstoodWords(
        chips,
        corrected=" ".join(one.after for one in reversed(slips)) or None,
        typed=" ".join(one.before for one in reversed(slips)) or None,
        unmet=[part.words for part in found.unmet],
        language=code if code in _NAMED else None,
    )


def _chip(name: str, parts: list[Part]) -> UnderstoodChip:
    excludes = parts[0].effect is Effect.EXCLUDE
    soft = parts[0].effect is Effect.PREFER
    texts = [value for part in parts for value in part.values[:1]] if soft else []
    texts = texts or [part.words for part in parts]
    return UnderstoodChip(", ".join(dict.fromkeys(texts)), f"-{name}", excludes)
