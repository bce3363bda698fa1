"""The language of a query by the words that dictionaries know, beside what its letters say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from twinset.languages.language import ENGLISH, Language
from twinset.languages.scripts import languages_of_script
from twinset.words.query.reader import COMMON, Reader
from twinset.words.translation.dictionary import dictionary_of, languages_translated
from twinset.words.translation.foreign_tokens import foreign_tokens
from twinset.words.translation.translation import translate
from twinset.words.word_forms import words_of

# Languages that share their signs: letters alone often cannot tell them apart.
_SCRIPTS = (frozenset({"zh", "ja"}), frozenset({"ru", "uk", "bg"}), frozenset({"hi"}))
# How sure English has to be against a dictionary, and how sure a language is by its dictionary.
_SURE = 0.9
_MOST_BORROWED = 0.5  # of the colours and kinds: an English catalogue, too, has jeans and blazers
_GUESS = 0.5  # less than this says next to nothing of a few English words
_OFTEN = 4  # titles with a word that is no slip and no name
_TRANSLATED = frozenset(languages_translated())
_LATIN = _TRANSLATED.difference(*_SCRIPTS)


@dataclass(frozen=True)
class EnglishWords:
    """The words that are English for a shop, whatever dictionaries make of them."""

    reader: Reader

    def is_own(self, word: str) -> bool:
        """True for a folded word of the catalogue's values, of synonyms, or of several titles."""
        reader, spelling = self.reader, self.reader.spelling
        often = spelling is not None and spelling.count(word) >= _OFTEN
        named = reader.words.uses(word) or reader.words.knows(word)
        return often or named or word in COMMON or reader.synonyms.knows(word)

    def is_common(self, word: str) -> bool:
        """True for a folded word that is common in the encoder's language."""
        spelling = self.reader.spelling
        return spelling is not None and spelling.is_word(word)

    def is_of(self, language: Language) -> bool:
        """True if the catalogue's colours and kinds are words of this language, which is sure: its
        other words, "sans", are the shop's own then and yet no English."""
        dictionary, named = dictionary_of(language.code), self.reader.words.colours_and_kinds
        if language.confidence < _SURE:
            return False
        return sum(map(dictionary.writes, named)) > _MOST_BORROWED * len(named)

    def has_all(self, text: str) -> bool:
        """True if all words of a text are the shop's own or common: "badminton", "shorter"."""
        words = words_of(text)
        return bool(words) and all(self.is_own(one) or self.is_common(one) for one in words)


def language_by_words(text: str, found: Language, english: EnglishWords) -> Language:
    """The language whose dictionary reads a whole query; what was `found` if none does.

    A language is only named if it reads a word that is not English. Of several languages the one
    that reads most words is taken, and of those the one that was found.

    Example:
        >>> language_by_words("robes noires", ENGLISH, english).code
        'fr'
    """
    words = [token.key for token in foreign_tokens(text) if token.is_word]
    others = [word for word in words if not english.is_own(word)]
    if not others and found.code in _LATIN and text.isascii():
        return found if _reads_all(text, found) or english.is_of(found) else ENGLISH
    if not others:
        # Words of several languages may be a phrase of one.
        doubtful = sorted(_candidates(text)) if found.confidence < _GUESS else ()
        code = next((code for code in doubtful if _is_phrase(text, code)), None)
        return found if code is None else Language(code, _SURE, spoken=True)
    if found.is_english and found.confidence >= _SURE and all(map(english.is_common, others)):
        return found
    best: tuple[int, bool, int, str] | None = None
    for code in _candidates(text):
        said = translate(text, dictionary_of(code))
        known = (piece for piece in said.pieces if piece.known and piece.text[:1].isalpha())
        read = sum(len(words_of(text[piece.start : piece.end])) for piece in known)
        left = [word for piece in said.unread for word in words_of(piece)]
        if read and all(map(english.is_own, left)):
            one = (read, code == found.code, -len(said.pieces), code)
            best = max(best or one, one)
    if best is None or best[-1] == found.code:
        return found
    return Language(best[-1], _SURE, spoken=True)


def _is_phrase(text: str, code: str) -> bool:
    """True if a dictionary has the whole text as a phrase of several words: "plus court"."""
    if len(words_of(text)) < 2:
        return False
    pieces = translate(text, dictionary_of(code)).pieces
    return len(pieces) == 1 and pieces[0].known


def _reads_all(text: str, language: Language) -> bool:
    return not translate(text, dictionary_of(language.code)).unread


def is_written(text: str, language: Language, english: EnglishWords) -> bool:
    """True if a dictionary has the text as a phrase, or a word of it that is not English."""
    dictionary = dictionary_of(language.code)
    words = (token.key for token in foreign_tokens(text) if token.is_word)
    written = any(dictionary.writes(word) and not english.is_own(word) for word in words)
    return written or _is_phrase(text, language.code)


def _candidates(text: str) -> Iterable[str]:
    """The languages that the letters of a text allow."""
    allowed = frozenset(languages_of_script(text))
    if not allowed:
        return _LATIN | {"ru"}  # "krasnoe platye"
    related = next((codes for codes in _SCRIPTS if codes & allowed), frozenset[str]())
    return related & _TRANSLATED
