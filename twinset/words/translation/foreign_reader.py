"""Reads a query in another language: in English as far as its dictionary goes."""

from __future__ import annotations

from dataclasses import replace

from twinset.languages.language import Language
from twinset.words.query.parts import SPELLING, SYNONYMS, Switches, Understood
from twinset.words.query.reader import Reader
from twinset.words.translation.dictionary import dictionary_of
from twinset.words.translation.translation import translate
from twinset.words.word_forms import words_of


def read_foreign(reader: Reader, text: str, language: Language, switches: Switches) -> Understood:
    """What a query in another language asks for.

    It is read in English, then as any query. Words of no dictionary stay as they are; if the
    catalogue does not know them either, the words that are left belong to that language. In a
    catalogue of that language the words as typed name more of its values, so these are read.
    """
    said = translate(text, dictionary_of(language.code), reader.knows)
    typed = reader.read(text, switches.without(SPELLING, SYNONYMS))
    found = reader.read(said.text, switches.without(SPELLING), said)
    if not said.says_something or len(typed.parts) > len(found.parts):
        return replace(typed, language=language, in_english=False)
    left = [word for piece in said.unread for word in words_of(piece)]
    in_english = all(map(reader.knows, left))
    return replace(found, language=language, translated=said.text, in_english=in_english)
