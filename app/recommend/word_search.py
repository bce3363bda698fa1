"""Searching by words: what a query says of the catalogue itself, beside what an encoder reads.

A code typed whole is its item. What the catalogue can answer exactly becomes a filter, other values
are preferred; see `twinset.words.query`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from weakref import WeakKeyDictionary

from app.recommend.lists.explanations import Fit, explained
from app.recommend.lists.session import moved
from app.recommend.query import SearchQuery
from app.recommend.ranking import RankedPage, Vector, condition_of, rank_rows
from app.recommend.selection import filter_mask
from app.service_errors import UnknownField
from twinset.errors import FilterError
from twinset.filters import evaluate, parse_filter
from twinset.index.index_versions import IndexVersion
from twinset.index.indexed_items import Items, ItemTable
from twinset.languages import ENGLISH, Language
from twinset.lexical.word_evidence import rows_of_code, rows_to_leave_out, word_search
from twinset.words.preferences import PART_WEIGHTS, USUAL_WEIGHT, Preference
from twinset.words.query.item_words import ItemWords
from twinset.words.query.parts import EVERYTHING, SPELLING, Part, Switches, Understood
from twinset.words.query.reader import Reader
from twinset.words.query.spelling import Spelling
from twinset.words.suggestions import CompletionWords, TitleOrder
from twinset.words.synonyms.synonym_file import SynonymFile
from twinset.words.translation.dictionary import dictionary_of
from twinset.words.translation.foreign_reader import read_best, read_foreign
from twinset.words.translation.query_language import EnglishWords, is_written, language_by_words
from twinset.words.translation.translation import translate
from twinset.words.word_forms import words_of

# If its language is less sure, a word that is a slip of a value is taken for that: "jens".
SURE = 0.9


class WordSearch:
    """Understands queries by the words of a version, which are collected once per version.

    `is_word` is true for words that are right although no item has them.
    """

    def __init__(self, synonyms: SynonymFile, is_word: Callable[[str], bool] | None = None) -> None:
        self.synonyms = synonyms
        self._is_word = is_word
        self._item_words = ItemWords()
        self._readers: WeakKeyDictionary[Items, Reader] = WeakKeyDictionary()
        self._completions: WeakKeyDictionary[Items, CompletionWords] = WeakKeyDictionary()
        self._titles: WeakKeyDictionary[ItemTable, TitleOrder] = WeakKeyDictionary()

    def understand(
        self,
        version: IndexVersion,
        text: str,
        query: SearchQuery,
        switches: Switches,
        language: Language = ENGLISH,
    ) -> tuple[SearchQuery, Understood]:
        """The query with what its words filter by, and what was understood of them.

        A code typed whole is no words. A filter that leaves nothing, or for which filters have no
        room, is not applied: it is `unmet`.

        Raises:
            FilterError: the caller's own filter is wrong.
            UnknownField: a switch names no part that this catalogue has.
        """
        reader = replace(self.reader(version), leaves_out=version.words is not None)
        _check(switches, reader)
        if switches.off or any(map(len, rows_of_code(version, text))):
            return query, _as_typed(text, language)
        if language.is_english:
            found = reader.read(text, switches)
        else:
            found = read_foreign(reader, text, language, switches)
        query, found = narrow(version, query, found)
        return query, replace(found, words=found.words or text)

    def language(
        self, version: IndexVersion, text: str, found: Language, switches: Switches
    ) -> Language:
        """The language of a query, given what was `found` by its letters.

        Common English words and a slip of a value are English unless their language is sure, and a
        language whose dictionary reads every word is that language.
        """
        english = EnglishWords(self.reader(version))
        language = language_by_words(text, found, english)
        if language.is_english or not switches.allow(SPELLING):
            return language
        if found.confidence >= SURE and language is found:
            return found
        if is_written(text, language, english):
            return language
        return ENGLISH if english.has_all(text) or self._is_slip(english, text) else language

    def in_english(self, version: IndexVersion, text: str, found: Language) -> tuple[str, Language]:
        """A text in English as far as a dictionary goes, and the language of the words that are
        left; in a catalogue of its language its own words stay, see `read_best`."""
        language = self.language(version, text, found, EVERYTHING)
        if language.is_english:
            return text, ENGLISH
        reader = self.reader(version)
        said = translate(text, dictionary_of(language.code), reader.knows)
        if not said.says_something:  # a few letters hardly say a language
            return text, ENGLISH if text.isascii() else language
        said, _ = read_best(reader, text, language.code, EVERYTHING)
        if said.own_words:
            return said.text, language
        known = all(reader.knows(word) for piece in said.unread for word in words_of(piece))
        return said.text, ENGLISH if known else language

    @staticmethod
    def _is_slip(english: EnglishWords, text: str) -> bool:
        """True if with slips corrected the text names a value, and all of its words are English."""
        found = english.reader.read(text)
        said = [word for part in found.parts for word in words_of(part.words)]
        slips = any(one.reason == SPELLING for one in found.reworded)
        slips = slips or not all(map(english.is_own, said))
        known = (english.is_own(word) or word in said for word in words_of(found.words))
        divided = any(" " in one.after for one in found.reworded)  # "bootcut"
        return slips and (bool(found.parts) or divided) and all(known)

    def is_ready(self, version: IndexVersion) -> bool:
        """True if the words of a version are known, so that `reader` takes no time."""
        return version.items in self._readers

    def reader(self, version: IndexVersion) -> Reader:
        """What reads queries for this version; the first call takes a tenth of a second for 40,000
        items, and the first after a write a millisecond."""
        reader = self._readers.get(version.items)
        if reader is None:
            words = self._item_words.of(version.items, version.category)
            spelling = Spelling(words.counts, words.values.single_words(), self._is_word)
            reader = Reader(words.values, self.synonyms.current, spelling)
            self._readers[version.items] = reader
        elif reader.synonyms is not self.synonyms.current:
            reader = replace(reader, synonyms=self.synonyms.current)
            self._readers[version.items] = reader
        return reader

    def completion_words(self, version: IndexVersion) -> CompletionWords:
        """The words of a version in the order in which completions are looked up."""
        reader = self.reader(version)
        known = self._completions.get(version.items)
        if known is None or known.reader is not reader:
            base = version.items.layers.base
            titles = self._titles.get(base)
            if titles is None:
                titles = self._titles[base] = TitleOrder(base)
            counts = self._item_words.of(version.items, version.category).counts
            known = self._completions[version.items] = CompletionWords(reader, counts, titles)
        return known


def _as_typed(text: str, language: Language) -> Understood:
    if language.is_english:
        return Understood(text)
    return Understood(text, language=language, in_english=False)


def _check(switches: Switches, reader: Reader) -> None:
    known = reader.names()
    if any(name.removeprefix("-") not in known for name in switches.names):
        raise UnknownField("understand can name: " + ", ".join(sorted(known)) + ".")


def narrow(
    version: IndexVersion, query: SearchQuery, found: Understood
) -> tuple[SearchQuery, Understood]:
    """The query with what was understood as a filter, and what was understood without the filters
    that leave nothing: those are `unmet`.

    Raises:
        FilterError: the caller's own filter is wrong.
    """
    if found.filter is None:
        return query, found
    narrowed, unmet = _narrowed(version, query.filter, found)
    kept = tuple(part for part in found.parts if part not in unmet)
    said = " AND ".join(part.condition for part in kept if part.condition is not None)
    query = replace(query, filter=narrowed, said_filter=said or None)
    return query, replace(found, parts=kept, unmet=unmet)


def _narrowed(
    version: IndexVersion, own: str | None, found: Understood
) -> tuple[str | None, tuple[Part, ...]]:
    """The caller's own filter with each part's filter that leaves something, and the other parts.

    If the caller's filter alone leaves nothing, the parts are not to blame.
    """
    columns = version.items.columns
    left = filter_mask(version, own, ())
    blameless = left is not None and not left.any()
    unmet: list[Part] = []
    for part in found.parts:
        if part.condition is None:
            continue
        both = part.condition if own is None else f"({own}) AND {part.condition}"
        try:
            rows = evaluate(parse_filter(part.condition), columns)
            parse_filter(both)
        except FilterError:  # too long, or too deep
            unmet.append(part)
            continue
        rows = rows if left is None else rows & left
        if rows.any() or blameless:
            own, left = both, rows
        else:
            unmet.append(part)
    return own, tuple(unmet)


def wishes_of(understood: Understood) -> tuple[Preference, ...]:
    """The values that words ask for, each with what it is worth."""
    return understood.preferences(PART_WEIGHTS, USUAL_WEIGHT)


def rank_words(
    version: IndexVersion, text: str, understood: Understood, vector: Vector, query: SearchQuery
) -> RankedPage:
    """The page of rows that fit the words best, by their vector (d,), their letters, and what was
    understood of them; items whose code the text is come first."""
    signals, vector = {("words", ""): vector}, moved(version, vector, query)
    preferences = wishes_of(understood)
    search = word_search(version, text, understood, vector, condition_of(query))
    page = rank_rows(version, search, query, rows_to_leave_out(version, understood).tolist())
    return explained(version, page, query, signals, Fit(search.evidence, "lexical", preferences))
