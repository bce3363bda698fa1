"""What is known of the language of a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """The language of a text: its ISO 639 code, how sure that is (0 to 1), and whether the
    encoder understands it.

    Example:
        >>> Language("hi", 1.0, spoken=False)
    """

    code: str
    confidence: float
    spoken: bool

    @property
    def is_english(self) -> bool:
        """True if English rules apply: spelling, synonyms and grammar."""
        return self.code == "en"


ENGLISH = Language("en", 1.0, spoken=True)


def primary_code(tag: str) -> str:
    """The language of a BCP 47 tag: "pt-BR" and "pt_br" are "pt"."""
    return tag.replace("_", "-").partition("-")[0].lower()
