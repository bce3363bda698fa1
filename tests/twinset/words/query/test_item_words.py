"""The words of a version are those of its items, whatever was written, in whatever order."""

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from twinset.columns import Columns, columns_from_table
from twinset.index.indexed_items import ItemTable, Layers
from twinset.words.query.item_words import ItemWords, count_words
from twinset.words.word_forms import words_of

WORDS = ("red", "T-shirt", "Grün", "odd", "dress's", "hat", "42", "x")
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("id", "title", "description", "colour")]
    + [("tags", pa.list_(pa.string())), ("price", pa.float64())]
)


def fields(random: Random, number: int) -> dict[str, Any]:
    return {
        "id": str(number),
        "title": " ".join(random.choices(WORDS, k=3)),
        "description": random.choice((None, "", "made of odd hats")),
        "colour": random.choice(("Red", "Navy Blue", None)),
        "tags": random.choice((None, ["ab cd", "new"])),
        "price": None,
    }


@dataclass(eq=False)
class Merged:
    """Items with writes over them, as `twinset.live.merged_version` makes them."""

    layers: Layers
    columns: Columns


def expected(rows: list[dict[str, Any]], values: set[str]) -> Counter[str]:
    """The same by plain loops."""
    counts: Counter[str] = Counter()
    for text in values:
        counts.update(words_of(text))
    for row in rows:
        counts.update(words_of(row["title"] or ""))
        counts.update(words_of(row["description"] or ""))
    return counts


@pytest.fixture
def table(tmp_path):
    random = Random(0)
    rows = [fields(random, number) for number in range(30)]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), tmp_path / "items.parquet")
    return ItemTable(tmp_path / "items.parquet")


def as_merged(table: ItemTable, changes: dict[int, Any], dead: set[int]) -> tuple[Merged, list]:
    rows = dict(enumerate(table.table.to_pylist())) | changes
    living = [rows[row] for row in sorted(rows) if row not in dead]
    columns = columns_from_table(pa.Table.from_pylist(living, SCHEMA), SCHEMA.names[3:])
    return Merged(Layers(table, dict(changes), frozenset(dead)), columns), living


def test_words_follow_writes(table):
    random, words, seen = Random(1), ItemWords(), []
    base_values = {"Red", "Navy Blue", "ab cd", "new"}
    changes: dict[int, Any] = {}
    dead: set[int] = set()
    for step in range(60):
        row = random.randrange(40)
        if row in dead or random.random() < 0.3:
            changes.pop(row, None)
            dead.add(row)
        else:
            dead.discard(row)
            changes[row] = fields(random, row) | {"title": f"new{step % 7} odd"}
        merged, living = as_merged(table, changes, dead)
        seen.append((merged, living))
        # An older version may be asked again, by a request that began with it.
        for items, held in (seen[-1], random.choice(seen), (table, table.table.to_pylist())):
            found = words.of(items, None)
            assert found.counts == expected(held, base_values)


def test_a_new_value_is_known_at_once_and_forgotten_with_its_item(table):
    words = ItemWords()
    assert words.of(table, None).values.named(["lilac"]) == {}
    new = fields(Random(2), 99) | {"colour": "Lilac Haze", "price": 9.0}
    merged, _ = as_merged(table, {30: new}, set())
    found = words.of(merged, None)
    assert found.values.named(["lilac", "haze"]) == {"colour": ("Lilac Haze",)}
    assert found.counts["lilac"] == 1
    assert found.values.price == "price"  # the first price there is
    again = words.of(table, None)
    assert (again.values.named(["lilac", "haze"]), again.counts.get("lilac", 0)) == ({}, 0)
    assert again.values.price is None


def test_a_field_that_had_no_value_is_known_with_its_first(tmp_path):
    rows = [fields(Random(0), number) | {"colour": None} for number in range(3)]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), tmp_path / "items.parquet")
    table, words = ItemTable(tmp_path / "items.parquet"), ItemWords()
    merged, _ = as_merged(table, {1: rows[1] | {"colour": "Sea Green"}}, set())
    assert words.of(merged, None).values.named(["sea", "green"]) == {"colour": ("Sea Green",)}
    assert words.of(table, None).values.named(["sea", "green"]) == {}


def test_arrow_counts_as_python_does():
    texts = ["Red  t-shirt", "", None, "RED\u00a0dress\nwith", "Große Straße", "a,b"]
    counts = count_words(pa.chunked_array([texts], pa.string()))
    assert counts == Counter(word for text in texts for word in words_of(text or ""))


def test_an_empty_catalogue_has_no_words(tmp_path):
    pq.write_table(pa.Table.from_pylist([], SCHEMA), tmp_path / "items.parquet")
    found = ItemWords().of(ItemTable(tmp_path / "items.parquet"), None)
    assert (found.counts, list(found.values.texts())) == ({}, [])
