"""A shop to ask by words, with each part of what answers them switched off at will."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.recommend.query import SearchQuery
from app.recommend.word_search import WordSearch, rank_words
from training.data.split import split_of
from twinset.encoders import Encoder
from twinset.index.index_versions import IndexVersion, current_version, open_version
from twinset.index.shared.version_line import CURRENT
from twinset.languages import ENGLISH, Language
from twinset.live.catch_up import Embedder, catch_up, start
from twinset.live.merged_version import merge_version
from twinset.live.write_log import LOG_FILE, Entry, WriteLog
from twinset.words.field_roles import role_of
from twinset.words.query.parts import Effect, Switches, Understood
from twinset.words.synonyms.synonym_file import SynonymFile

# The share of names that models/compact was tested on, see training/configs/compact.toml.
_TEST_SHARE = 0.08
Values = NDArray[np.object_]


@dataclass(frozen=True)
class Parts:
    """Which parts answer a query; without any, words are compared by their vectors alone."""

    words: bool = True
    preferences: bool = True
    calibration: bool = True
    spelling: bool = True
    filters: bool = True
    synonyms: bool = True
    languages: bool = True
    dictionaries: bool = True

    @property
    def switches(self) -> Switches:
        """What of a query may be understood."""
        off = [name for name in ("spelling", "synonyms") if not getattr(self, name)]
        return Switches(tuple(f"-{name}" for name in off))


EVERY = Parts()
NONE = Parts(*[False] * 8)
PARTS = (
    *("words", "preferences", "calibration", "spelling", "filters", "synonyms", "languages"),
    "dictionaries",
)


class WordShop:
    """A version with its encoder, asked as the service asks it, without HTTP."""

    def __init__(self, index_dir: Path, version: IndexVersion, encoder: Encoder) -> None:
        self.version, self.encoder = version, encoder
        synonyms = SynonymFile(index_dir, None)
        self._search = WordSearch(synonyms, getattr(encoder, "knows_word", None))
        self._languages = getattr(encoder, "languages", None)
        self._vectors: dict[tuple[str, bool], NDArray[np.float32]] = {}

    @classmethod
    def open(cls, index_dir: Path, encoder: Encoder) -> WordShop:
        return cls(index_dir, open_version(index_dir), encoder)

    def ask(self, text: str, parts: Parts = EVERY, limit: int = 10) -> list[int]:
        """The first rows of the answer; items with the same picture each have a place."""
        version = self.version
        if not parts.words:
            version = replace(version, words=None)
        if not parts.calibration:
            version = replace(version, calibration=None)
        query, understood = SearchQuery(limit=limit, repeats=True), Understood(text)
        language = self._language(text, parts.switches) if parts.languages else ENGLISH
        if not language.is_english and not parts.dictionaries:
            understood = Understood(text, in_english=False)
        elif parts.preferences or parts.filters or parts.spelling or parts.synonyms:
            query, understood = self._search.understand(
                self.version, text, query, parts.switches, language
            )
        else:
            understood = Understood(text, in_english=language.is_english)
        if not parts.filters:  # what was cut out of the words for a filter is put back
            cut = any(part.effect != Effect.PREFER for part in understood.parts)
            query = SearchQuery(limit=limit, repeats=True)
            understood = replace(understood, words=text if cut else understood.words)
        kept = [
            one
            for one in understood.parts
            if (parts.preferences if one.effect == Effect.PREFER else parts.filters)
        ]
        understood = replace(understood, parts=tuple(kept))
        vector = self.vector(understood.words, not understood.in_english)
        page = rank_words(version, text, understood, vector, query)
        return [hit.row for hit in page.hits]

    def vector(self, text: str, foreign: bool = False) -> NDArray[np.float32]:
        """The vector (d,) of an English or a `foreign` text, encoded once."""
        if (text, foreign) not in self._vectors:
            encode = self.encoder.encode_texts
            if not foreign and self._languages is not None:
                encode = getattr(self.encoder, "encode_english", encode)
            self._vectors[text, foreign] = encode([text])[0]
        return self._vectors[text, foreign]

    def _language(self, text: str, switches: Switches) -> Language:
        """As `Recommender.by_text` decides it."""
        if self._languages is None:
            return ENGLISH
        return self._search.language(self.version, text, self._languages.find(text), switches)

    def values(self, field: str) -> Values:
        """The values (n,) of a field; None if an item has none."""
        return np.array(
            [self.version.items.item(row).get(field) for row in range(len(self.version))], object
        )

    def of_role(self, role: str) -> Values:
        """The values of the field that has a role; the catalogue's category if it is the kind."""
        names = self.version.items.names
        if role == "kind" and self.version.category:
            return self.values(self.version.category)
        return self.values(next(name for name in names if role_of(name) == role))

    @cached_property
    def titles(self) -> Values:
        return self.values("title")

    @cached_property
    def kinds(self) -> Values:
        return self.of_role("kind")

    @cached_property
    def colours(self) -> Values:
        return self.of_role("colour")

    @cached_property
    def brands(self) -> Values:
        """The field of brands; the first word of a name if there is none."""
        if any(role_of(name) == "brand" for name in self.version.items.names):
            return self.of_role("brand")
        return np.array([str(title or "?").split()[0] for title in self.titles], object)

    @cached_property
    def kept_out(self) -> NDArray[np.int64]:
        """The first row of each name that the encoder was not trained on."""
        first: dict[str, int] = {}
        for row, title in enumerate(self.titles):
            if title and split_of(title, _TEST_SHARE, 0) == "test":
                first.setdefault(" ".join(title.lower().split()), row)
        return np.array(sorted(first.values()), np.int64)


@contextmanager
def with_writes(shop: WordShop, index_dir: Path, items: list[dict[str, Any]]) -> Iterator[WordShop]:
    """The shop after live writes of these items, which the index folder never sees."""
    with tempfile.TemporaryDirectory() as folder:
        beside = Path(folder)
        for path in index_dir.iterdir():
            if path.name not in (CURRENT, LOG_FILE) and not path.name.startswith(LOG_FILE):
                (beside / path.name).symlink_to(path.absolute())
        (beside / CURRENT).write_text(current_version(index_dir) + "\n")
        base, log = open_version(beside), WriteLog(beside)
        with log.transaction() as transaction:
            for fields in items:
                transaction.append(Entry(str(fields["id"]), "put", fields))
        overlay = catch_up(start(base, log), Embedder(shop.encoder, log))
        yield WordShop(beside, merge_version(overlay, log), shop.encoder)
