"""Reads a query in another language: in English as far as its dictionary goes."""

from __future__ import annotations

from dataclasses import replace

from twinset.languages.language import Language
from twinset.words.query.parts import SPELLING, SYNONYMS, Switches, Understood
from twinset.words.query.reader import Reader
from twinset.words.translation.dictionary import dictionary_of
from twinset.words.translation.own_words import in_own_words
from twinset.words.translation.translation import Piece, Translation, translate
from twinset.words.word_forms import words_of


def read_foreign(reader: Reader, text: str, language: Language, switches: Switches) -> Understood:
    """What a query in another language asks for.

    It is read in English, then as any query. Words of no dictionary stay as they are; if the
    catalogue does not know them either, the words that are left belong to that language.
    """
    said, found = read_best(reader, text, language.code, switches)
    if said.own_words:
        return replace(found, language=language, in_english=False)
    left = [word for piece in said.unread for word in words_of(piece)]
    in_english = all(map(reader.knows, left))
    return replace(found, language=language, translated=said.text, in_english=in_english)


def read_best(
    reader: Reader, text: str, code: str, switches: Switches
) -> tuple[Translation, Understood]:
    """A text in English, and what it asks for; in a catalogue of its own language, whose values its
    own words name better, only the words between them are English: see `in_own_words`."""
    said = translate(text, dictionary_of(code), reader.knows)
    own = in_own_words(text, code, reader.words)
    found = reader.read(said.text, switches.without(SPELLING), said)
    if own is None and said.says_something:
        return said, found
    own = own or Translation(text, (Piece(0, len(text), text, known=False),), own_words=True)
    typed = reader.read(own.text, switches.without(SPELLING, SYNONYMS), own)
    if not said.says_something or len(typed.parts) > len(found.parts):
        return own, typed
    return said, found
