"""Completions, compared with what a plain loop over the items finds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from twinset.columns import Columns, columns_from_table
from twinset.index.indexed_items import ItemTable, Layers
from twinset.text.text_folding import fold
from twinset.words.query.item_words import ItemWords
from twinset.words.query.reader import Reader
from twinset.words.query.spelling import Spelling
from twinset.words.suggestions import Completer, CompletionWords, TitleOrder

KINDS = ("Dresses", "Shirts", "Shoes", "Flip Flops", "Shorts")
COLOURS = ("Red", "Rust", "Navy Blue", "Blue")
ROWS = [
    {
        "id": str(number),
        "title": f"{('Oak Mill', 'Élan', 'Next')[number % 3]} {colour} {kind} {number % 4}",
        "category": kind,
        "colour": colour,
        "tags": ["soft", "rare"] if number % 5 == 0 else None,
    }
    for number, (kind, colour) in enumerate(
        [(kind, colour) for kind in KINDS for colour in COLOURS for _ in range(len(kind) % 4 + 1)]
    )
    if (kind, colour) != ("Shirts", "Rust")
]
NAMES = ["id", "title", "category", "colour", "tags"]


@dataclass(eq=False)
class Merged:
    layers: Layers
    columns: Columns


def completer_of(items: Any, table: ItemTable, popular: tuple[str, ...] = ()) -> Completer:
    words = ItemWords().of(items, "category")
    spelling = Spelling(words.counts, words.values.single_words())
    reader = Reader(words.values, spelling=spelling)
    return Completer(items, CompletionWords(reader, words.counts, TitleOrder(table)), None, popular)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> ItemTable:
    path: Path = tmp_path_factory.mktemp("suggest") / "items.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS), path)
    return ItemTable(path)


@pytest.fixture(scope="module")
def completer(table: ItemTable) -> Completer:
    return completer_of(table, table)


def texts(completer: Completer, text: str, limit: int = 8) -> list[str]:
    return [one.text for one in completer.complete(text, limit).found]


def test_the_most_frequent_value_comes_first(completer: Completer) -> None:
    counts = {kind: sum(row["category"] == kind for row in ROWS) for kind in KINDS}
    starting = sorted((k for k in KINDS if k.startswith("Sh")), key=lambda k: (-counts[k], k))
    found = completer.complete("sh", 3).found
    assert [(one.text, one.part, one.field) for one in found] == [
        (kind.lower(), "kind", "category") for kind in starting
    ]


def test_what_was_typed_before_narrows(completer: Completer) -> None:
    assert "red shirts" in texts(completer, "red sh")
    assert "rust shirts" not in [
        one.text for one in completer.complete("rust sh", 20).found if one.part == "kind"
    ]
    assert not any("red red" in text for text in texts(completer, "red re"))


def test_any_word_of_a_value_may_be_completed(completer: Completer) -> None:
    assert "flip flops" in texts(completer, "flo")
    assert "navy blue" in texts(completer, "bl")
    assert "soft" in texts(completer, "so")


@pytest.mark.parametrize("start", ["oak", "Oak Mill r", "ÉL", "next  navy", "oak mill rust d"])
def test_titles_are_those_that_begin_so(completer: Completer, start: str) -> None:
    begins = fold(" ".join(start.split()))
    expected = {row["title"] for row in ROWS if fold(str(row["title"])).startswith(begins)}
    found = {one.text for one in completer.complete(start, 100).found if one.part == "title"}
    assert found == expected


def test_words_of_titles_are_offered(completer: Completer) -> None:
    assert ("next", "word") in [(o.text, o.part) for o in completer.complete("ne", 8).found]


@pytest.mark.parametrize(
    ("typed", "corrected", "first"),
    [
        ("drse", None, "dresses"),
        ("red drss", "red dress", "red dresses"),
        ("rde shi", "red shi", "red shirts"),
        ("flpi", "flip", "flip flops"),
        ("shit", "shirt", "shirts"),
        ("flio", "flip", "flip flops"),
    ],
)
def test_slips_are_corrected_if_nothing_begins_so(
    completer: Completer, typed: str, corrected: str, first: str
) -> None:
    found = completer.complete(typed, 5)
    assert found.corrected == corrected
    assert found.found[0].text == first


@pytest.mark.parametrize("text", ["", "  ", "zzzzqq", "red ", "?!", "🙂", "42", "dress ", "('"])
def test_nothing_is_offered_where_nothing_begins(completer: Completer, text: str) -> None:
    assert completer.complete(text, 8).corrected is None
    assert texts(completer, text) == []


def test_what_others_search_for_comes_first(table: ItemTable) -> None:
    popular = ("red hats", "shirts for work", "red dress")
    completer = completer_of(table, table, popular)
    assert texts(completer, "re")[:2] == ["red hats", "red dress"]
    assert texts(completer, "shirts f")[:1] == ["shirts for work"]


def test_completions_follow_writes(table: ItemTable) -> None:
    random, changes = Random(4), {}
    dead = frozenset({0, 5})
    for row in (1, len(ROWS)):
        changes[row] = ROWS[0] | {"id": str(row), "title": f"Quince {row}", "category": "Quilts"}
    rows = dict(enumerate(table.table.to_pylist())) | changes
    living = [{**ROWS[0], **dict.fromkeys(NAMES)} if r in dead else rows[r] for r in sorted(rows)]
    columns = columns_from_table(pa.Table.from_pylist(living), NAMES[2:])
    completer = completer_of(Merged(Layers(table, changes, dead), columns), table)
    assert texts(completer, "qui") == ["quilts", "quince", "Quince 1", f"Quince {len(ROWS)}"]
    gone = {str(ROWS[row]["title"]) for row in (0, 1, 5)}
    kept = {str(row["title"]) for row in living if row["title"]}
    start = random.choice(sorted(gone - kept or gone))
    assert start not in texts(completer, start) or start in kept


def test_at_most_the_limit_is_offered_and_nothing_twice(completer: Completer) -> None:
    for text in ("s", "r", "red s", "o", "b"):
        found = texts(completer, text, 20)
        assert len(found) == len(set(found))
        assert texts(completer, text, 3) == found[:3]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [([], []), ([dict.fromkeys(NAMES) | {"id": "1"}], []), ([ROWS[0]], ["dresses"])],
    ids=["none", "bare", "one"],
)
def test_small_catalogues_have_completions(
    tmp_path: Path, rows: list[dict[str, Any]], expected: list[str]
) -> None:
    kinds = {name: pa.string() for name in NAMES} | {"tags": pa.list_(pa.string())}
    schema = pa.schema(list(kinds.items()))
    pq.write_table(pa.Table.from_pylist(rows, schema), tmp_path / "items.parquet")
    table = ItemTable(tmp_path / "items.parquet")
    completer = completer_of(table, table)
    assert texts(completer, "dr", 1) == expected
    assert texts(completer, "zzzz") == []
