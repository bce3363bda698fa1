"""Reads a query: from its words to the parts that the catalogue can answer.

What is certain comes first (prices, sizes, availability), then slips of the keyboard and synonyms,
then negations, and last what is only preferred: whom it is for, and values of any field.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from twinset.filters import quote_name
from twinset.words.field_roles import AVAILABILITY, GENDER, KIND, PRICE, SIZE
from twinset.words.near_values import read_near_values
from twinset.words.query.catalogue_words import CatalogueWords
from twinset.words.query.draft import Draft, Phrase
from twinset.words.query.gender_words import is_gender_word, near_share_of
from twinset.words.query.negation import NEGATIONS, is_negated, read_negated_words, read_negations
from twinset.words.query.parts import (
    EVERYTHING,
    LANGUAGE,
    NEGATION,
    SPELLING,
    SYNONYMS,
    Effect,
    Part,
    Switches,
    Understood,
)
from twinset.words.query.price_words import find_price
from twinset.words.query.query_heads import FOR, cut_things, without_modifiers
from twinset.words.query.size_words import read_sizes
from twinset.words.query.spelling import Spelling, lacking_a_letter, one_slip_from
from twinset.words.synonyms.synonyms import Synonyms
from twinset.words.translation.translation import Translation
from twinset.words.word_forms import stands_in_phrase, words_of

# Parts that every catalogue knows by name, whether it has such a field or not.
NAMES = frozenset(
    {"brand", "colour", "material", "pattern", AVAILABILITY, GENDER, KIND, PRICE, SIZE}
    | {LANGUAGE, NEGATION, SPELLING, SYNONYMS}
)
_MOST_PRICES = 2  # "over 20 and under 50"
_IN_STOCK = (("in", "stock"), ("currently", "available"), ("available", "now"), ("available",))
# Never values nor slips: the words that hold a query together.
COMMON = frozenset(
    {"a", "an", "and", "are", "as", "at", "but", "by", "for", "from", "in", "into", "is", "it"}
    | {"my", "not", "of", "on", "or", "so", "than", "that", "the", "this", "to", "with", "without"}
)


@dataclass(frozen=True)
class Reader:
    """Understands queries by a catalogue's values, its synonyms and its spelling.

    If it `leaves_out`, negated words that are no values become parts, too.

    Example:
        >>> Reader(words).read("red sneakers under 50").filter
        'price < 50'
    """

    words: CatalogueWords
    synonyms: Synonyms = field(default_factory=Synonyms)
    spelling: Spelling | None = None
    leaves_out: bool = False

    def read(
        self, text: str, switches: Switches = EVERYTHING, translation: Translation | None = None
    ) -> Understood:
        """What the query asks for; parts that are switched off stay words like any other.

        If there is a translation, `text` is its English, and parts name the words as typed.
        """
        draft = Draft(text, switches, translation=translation)
        steps: tuple[tuple[str, Callable[[Draft], None]], ...] = (
            (PRICE, self._read_prices),
            (AVAILABILITY, self._read_availability),
            (SIZE, lambda one: read_sizes(one, self.words, self._is_rare)),
            (SPELLING, self._correct),
            (SYNONYMS, self._reword),
            (NEGATION, lambda one: read_negations(one, self.words)),
            (NEGATION, self._read_negated_words),
            (GENDER, self._read_genders),
        )
        for name, step in steps:
            if switches.allow(name):
                step(draft)
        self._read_values(draft)
        cut_things(draft)
        if switches.allow(SPELLING) and self.spelling is not None:
            read_near_values(draft, self.words, self.spelling, self._is_right)
        return Understood(draft.rest(), without_modifiers(draft), tuple(draft.reworded))

    def knows(self, word: str) -> bool:
        """True for a folded word of the catalogue, or a common one of the encoder's language."""
        spelling = self.spelling
        return self._is_right(word) or (
            spelling is not None and (spelling.knows(word) or spelling.is_word(word))
        )

    def names(self) -> frozenset[str]:
        """The names that switches may have: of parts, and of the catalogue's fields."""
        return NAMES | {*self.words.names()}

    def _read_prices(self, draft: Draft) -> None:
        if self.words.price is None:
            return
        text = draft.text
        for _ in range(_MOST_PRICES):
            found = find_price(text)
            places = range(0) if found is None else draft.within(found.start, found.end)
            if found is None or not places:
                return
            while places.start and draft.tokens[places.start - 1].key in ("and", "but"):
                places = range(places.start - 1, places.stop)
            said, condition = draft.typed(found.start, found.end), found.condition(self.words.price)
            part = Part(PRICE, self.words.price, said, effect=Effect.FILTER, condition=condition)
            draft.take(places, part)
            draft.cut(places)
            text = text[: found.start] + "·" * (found.end - found.start) + text[found.end :]

    def _read_availability(self, draft: Draft) -> None:
        name = self.words.available
        keys = draft.keys()
        for place in range(len(keys)) if name is not None else ():
            for asked in _IN_STOCK:
                places = range(place, place + len(asked))
                found = tuple(keys[place : place + len(asked)]) == asked
                if found and draft.is_free(places):
                    if is_negated(keys, place):
                        return
                    said = draft.said(places.start, places.stop)
                    condition = f"{quote_name(name or '')} = true"
                    part = Part(
                        AVAILABILITY, name or "", said, effect=Effect.FILTER, condition=condition
                    )
                    draft.take(places, part)
                    draft.cut(places)
                    return

    def _correct(self, draft: Draft) -> None:
        for place in range(len(draft.tokens) - 1, -1, -1):  # a word may become two
            word = draft.tokens[place].key
            if self.spelling is None or place in draft.taken or self._is_right(word):
                continue
            if len(draft.said(place, place + 1)) != len(word):
                continue  # "don't": no slip makes an apostrophe
            if self._is_compound(draft, place):
                continue
            after = self._in_value(draft, place) or self.spelling.correct(word)
            if after is not None:
                # "Sleeved" is no slip of "sleeve", but searched as that.
                reason = None if word in (f"{after}d", f"{after}ed") else SPELLING
                draft.reword(Phrase(place, place + 1, [word]), after, reason)
        if self.spelling is not None and not self._has_kind(draft):
            self._correct_to_kind(draft, self.spelling)

    def _correct_to_kind(self, draft: Draft, spelling: Spelling) -> None:
        """Correct a word that is right elsewhere but lacks a letter of a kind, "black shots", in a
        query that names no kind."""
        for place, token in enumerate(draft.tokens):
            if place in draft.taken or self._is_right(token.key) or spelling.knows(token.key):
                continue
            after = lacking_a_letter(token.key, self.words.kind_heads)
            if after is not None:
                draft.reword(Phrase(place, place + 1, [token.key]), after, SPELLING)
                return

    def _has_kind(self, draft: Draft) -> bool:
        """True if words of the query name a kind of product, themselves or by a synonym."""
        return any(
            self.words.name_of(name) == KIND
            for first in range(len(draft.tokens))
            for phrase in draft.phrases(first)
            for words in (phrase.words, *map(words_of, self.synonyms.of(phrase.words)))
            for name in self.words.named(words)
        )

    def _is_rare(self, word: str) -> bool:
        return self.spelling is None or self.spelling.is_rare(word)

    def _is_right(self, word: str) -> bool:
        known = (
            word in COMMON or word in NEGATIONS or is_gender_word(word) or self.synonyms.knows(word)
        )
        return known or self.words.knows(word)

    def _is_compound(self, draft: Draft, place: int) -> bool:
        """True if the word belongs to a phrase that is known as a whole: "flip-flops"."""
        return any(
            phrase.first <= place < phrase.last and self._names(phrase)
            for first in range(max(0, place - 2), place + 1)
            for phrase in draft.phrases(first)
            if len(phrase.words) > 1
        )

    def _in_value(self, draft: Draft, place: int) -> str | None:
        """What a word should have been if the words around it are those of a value: "spots shoes".

        That is evidence enough to correct even a word that is right elsewhere.
        """
        word, spelling = draft.tokens[place].key, self.spelling
        if spelling is None or spelling.knows(word):
            return None
        for first in range(max(0, place - 4), place + 1):
            for phrase in draft.phrases(first):
                gap = sum(map(stands_in_phrase, draft.tokens[first:place]))
                if phrase.first <= place < phrase.last and len(phrase.words) > 1:
                    found = one_slip_from(word, self.words.in_gap(phrase.words, gap))
                    if found is not None:
                        return found
        return None

    def _names(self, phrase: Phrase) -> bool:
        return bool(self.words.named(phrase.words) or self.synonyms.of(phrase.words))

    def _reword(self, draft: Draft) -> None:
        """Replace words that the catalogue does not have by synonyms that it has."""
        place = 0
        while place < len(draft.tokens):
            end = place + 1
            for phrase in draft.phrases(place):
                after = self._known_synonym(phrase)
                if after is not None:
                    left = len(draft.tokens) - phrase.last
                    draft.reword(phrase, after, SYNONYMS)
                    end = len(draft.tokens) - left  # what was read instead is not read again
                    break
            place = end

    def _known_synonym(self, phrase: Phrase) -> str | None:
        others = self.synonyms.of(phrase.words)
        if not others or self.words.named(phrase.words) or self._in_titles(phrase.words):
            return None
        values = (one for one in others if self.words.named(words_of(one)))
        titles = (one for one in others if self._in_titles(words_of(one)))
        return next(values, None) or next(titles, None)

    def _in_titles(self, words: list[str]) -> bool:
        return self.spelling is not None and all(map(self.spelling.knows, words))

    def _read_negated_words(self, draft: Draft) -> None:
        if self.spelling is not None and self.leaves_out:
            known = self.spelling.knows
            read_negated_words(draft, self.words, lambda word: word not in COMMON and known(word))

    def _read_genders(self, draft: Draft) -> None:
        name = self.words.genders.column
        for place, token in enumerate(draft.tokens):
            values, near = self.words.genders.values_for(token.key)
            if name is None or not values or place in draft.taken:
                continue
            start = place
            while start and draft.tokens[start - 1].key in FOR and start - 1 not in draft.taken:
                start -= 1
            said = draft.said(start, place + 1)
            share = near_share_of(token.key)
            part = Part(GENDER, name, said, values, near, near_share=share)
            draft.take(range(start, place + 1), part)

    def _read_values(self, draft: Draft) -> None:
        place = 0
        while place < len(draft.tokens):
            end = next(
                (p.last for p in draft.phrases(place) if self._read_value(draft, p)), place + 1
            )
            place = end

    def _read_value(self, draft: Draft, phrase: Phrase) -> bool:
        """Make a part of a phrase if it names values, itself or by a synonym."""
        if len(phrase.words) == 1 and phrase.words[0] in COMMON:
            return False
        found = self.words.named(phrase.words)
        if not found and draft.switches.allow(SYNONYMS):
            for other in self.synonyms.of(phrase.words):
                found = found or self.words.named(words_of(other))
        for name, values in found.items():
            called = self.words.name_of(name)
            if draft.switches.allow(called, name):
                said = draft.said(phrase.first, phrase.last)
                draft.take(range(phrase.first, phrase.last), Part(called, name, said, values))
                return True
        return False
