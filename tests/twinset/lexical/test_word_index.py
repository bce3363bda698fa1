"""An index of words against a plain loop over the items, and kept right by live writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from app.recommend.query import SearchQuery
from app.recommend.word_search import rank_words
from index_builder.fold_writes import compact_index
from tests.support.live_shop import (
    COLOURS,
    ENCODER,
    WORDS,
    Fields,
    build,
    products,
    random_write,
    write,
)
from twinset.errors import ArtefactError
from twinset.index.index_versions import IndexVersion, open_version
from twinset.lexical.word_index import (
    CODE,
    WORDS_FILE,
    WordIndex,
    build_word_table,
    entries_of_item,
    write_word_table,
)
from twinset.live.catch_up import Embedder, catch_up, start
from twinset.live.merged_version import merge_version
from twinset.live.write_log import WriteLog
from twinset.words.query.parts import Understood

ITEMS: list[dict[str, Any]] = [
    {"id": "A-1", "title": "Red dress", "kind": "Dresses", "tags": ["Summer", "red"], "gtin": 4006},
    {"id": "A-2", "title": "Blue shirt", "kind": "Shirts", "tags": None, "gtin": 4007},
    {"id": "A-3", "title": None, "kind": "Shirts", "tags": ["shirt"], "gtin": None},
]


def opened(items: list[dict[str, Any]], path: Path, category: str | None = None) -> WordIndex:
    write_word_table(build_word_table(pa.Table.from_pylist(items), category), path)
    return WordIndex.load(path, len(items))


def plain_postings(items: list[dict[str, Any]], category: str | None) -> dict[str, Any]:
    """(row, strength, title words) by term, from one item after the other."""
    found: dict[str, dict[int, tuple[int, int]]] = {}
    for row, fields in enumerate(items):
        for term, strength, words in entries_of_item(fields, category):
            before = found.setdefault(term, {}).get(row, (0, 0))
            found[term][row] = max(before[0], strength), max(before[1], words)
    return {term: [(row, *marks) for row, marks in rows.items()] for term, rows in found.items()}


def listed(index: Any, term: str) -> list[tuple[int, ...]]:
    held = index.postings(term)
    columns = held.rows.tolist(), held.strengths.tolist(), held.title_words.tolist()
    return list(zip(*columns, strict=True))


@pytest.mark.parametrize("items", [ITEMS, [*products(300)]], ids=["few", "many"])
def test_it_holds_what_a_plain_loop_finds(items: list[Fields], tmp_path: Path) -> None:
    plain = [{name: v for name, v in item.items() if name != "image"} for item in items]
    index = opened(plain, tmp_path / WORDS_FILE, "kind")
    expected = plain_postings(plain, "kind")
    assert index.terms.to_pylist() == sorted(expected)
    assert {term: listed(index, term) for term in expected} == expected
    assert listed(index, "nosuchword") == []


def test_fields_count_by_what_they_are(tmp_path: Path) -> None:
    index = opened(ITEMS, tmp_path / WORDS_FILE, "kind")
    assert listed(index, "red") == [(0, 100, 2)]  # the title before the list of values
    assert listed(index, "shirt") == [(1, 100, 2), (2, 100, 0)]
    assert listed(index, "summer") == [(0, 90, 0)]
    assert listed(index, "a1") == [(0, CODE, 0)]
    assert listed(index, "4006") == [(0, CODE, 0)]


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / WORDS_FILE
    path.write_bytes(b"words")
    with pytest.raises(ArtefactError):
        WordIndex.load(path, 3)
    write_word_table(pa.table({"term": ["a"]}), path)
    with pytest.raises(ArtefactError):
        WordIndex.load(path, 3)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, IndexVersion, list[Fields]]:
    """A shop after many writes: its folder, the merged version, and the items as a plain list."""
    folder, rows, random = tmp_path_factory.mktemp("shop"), products(300), Random(5)
    index_dir = build(folder, rows)
    base, log = open_version(index_dir), WriteLog(index_dir)
    for number in range(120):
        write(log, *random_write(random, rows, number))
    overlay = catch_up(start(base, log), Embedder(ENCODER, log))
    return folder, merge_version(overlay, log), rows


def queries() -> list[str]:
    random = Random(6)
    words = [*WORDS, *COLOURS, "Women", "cotton", "style-3", "2019", "made of", "unknown", "p17"]
    return [" ".join(random.sample(words, random.choice((1, 2, 3)))) for _ in range(40)]


def answers(version: IndexVersion, text: str) -> list[tuple[str, float]]:
    vector = ENCODER.encode_texts([text])[0]
    page = rank_words(version, text, Understood(text), vector, SearchQuery(limit=100))
    return [(version.items.id_of(hit.row), hit.score) for hit in page.hits]


def test_a_merged_version_answers_as_one_built_anew(
    written: tuple[Path, IndexVersion, list[Fields]], tmp_path: Path
) -> None:
    _, merged, rows = written
    fresh = open_version(build(tmp_path, rows))
    # How words and pictures compare is learnt when a version is built, not at each write.
    fresh = replace(fresh, calibration=merged.calibration)
    assert merged.words is not None
    assert fresh.words is not None
    assert merged.words.count == fresh.words.count == len(rows)
    places = {merged.items.row_of(row["id"]): place for place, row in enumerate(rows)}
    for term in fresh.words.terms.to_pylist():
        moved = [(places[row], *marks) for row, *marks in listed(merged.words, term)]
        assert moved == listed(fresh.words, term), term
    for text in queries():
        assert answers(merged, text) == answers(fresh, text), text


def test_a_compacted_version_answers_as_before(
    written: tuple[Path, IndexVersion, list[Fields]],
) -> None:
    folder, merged, _ = written
    encoder = folder / "encoder"
    ENCODER.save(encoder)
    assert compact_index(encoder, folder / "index", keep=3) is not None
    folded = open_version(folder / "index")
    assert isinstance(folded.words, WordIndex)
    for text in queries():
        assert answers(folded, text) == answers(merged, text), text


def test_words_of_dead_rows_are_nowhere(
    written: tuple[Path, IndexVersion, list[Fields]],
) -> None:
    _, merged, _ = written
    assert merged.words is not None
    assert merged.alive is not None
    for term in ("dress", "red", "women"):
        assert merged.alive[merged.words.postings(term).rows].all()
    assert np.isin("p0", merged.items.columns["id"].vocabulary.strings).all()
