"""A random catalogue, and random filters both as the service reads them and as plain Python."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from app.recommend.query import SearchQuery
from tests.support.filter_expressions import OPERATORS
from tests.support.places_oracle import place_keys
from tests.support.small_shop import as_version
from twinset.encoders.encoder import normalise
from twinset.index.index_versions import IndexVersion
from twinset.index.vector_index import VectorIndex
from twinset.repeats.same_pictures import SamePictures

COUNT = 1000
Item = dict[str, Any]
Condition = tuple[str, Callable[[Item], bool]]
GENERATOR = np.random.default_rng(11)


def make_vectors() -> np.ndarray:
    centres = GENERATOR.standard_normal((50, 24))
    noise = 0.5 * GENERATOR.standard_normal((COUNT, 24))
    vectors = (centres[np.arange(COUNT) // 20] + noise).astype(np.float32)
    vectors[700:720] = vectors[20]  # one picture for many
    return normalise(vectors)


def make_item(number: int) -> Item:
    chance = random.Random(number)
    return {
        "id": f"i{number}",
        "group_id": chance.choice([None, f"s{number // 4}", f"s{number // 4}"]),
        "colour": chance.choice(["Black", "Grey", 'Off "white"', "é", None]),
        "price": chance.choice([None, round(chance.uniform(5, 200), 2)]),
        "available": chance.choice([True, False, None]),
        "year": chance.choice([None, 2015, 2016, 2017]),
        "title": chance.choice([None, "Zip", "Armband 10", "armband 9", "Ärmelschoner"]),
    }


def make_pictures() -> list[int | None]:
    """The first item with each item's picture; None if no other item has it."""
    chance = random.Random(17)
    pictures: list[int | None] = [None] * COUNT
    for row in range(1, COUNT):
        if chance.random() < 0.2:
            other = chance.randrange(row)
            shared = pictures[other]
            pictures[other] = pictures[row] = other if shared is None else shared
    for row in (20, *range(700, 720)):
        pictures[row] = 20
    held = Counter(pictures)
    return [first if held[first] > 1 else None for first in pictures]


VECTORS = make_vectors()
PICTURES = make_pictures()
ITEMS = [make_item(number) for number in range(COUNT)]


def random_version(folder: Path, index: VectorIndex) -> IndexVersion:
    """The catalogue over an index of `VECTORS`."""
    write_items(folder)
    return as_version(folder, index)


def with_pictures(version: IndexVersion) -> IndexVersion:
    """A version of the catalogue that knows which items share pictures."""
    codes = np.array([-1 if first is None else first for first in PICTURES])
    return replace(version, pictures=SamePictures(lambda: codes))


def keys_of(options: SearchQuery) -> list[Hashable | None]:
    """The place of each row in a list, see `place_keys`."""
    groups = [None if options.group_by is None else item[options.group_by] for item in ITEMS]
    return place_keys(options.group_by, groups, PICTURES, options.repeats)


def write_items(folder: Path) -> pa.Table:
    """Write the files of the catalogue, without pictures."""
    table = pa.Table.from_pylist(ITEMS)
    pq.write_table(table, folder / "items.parquet")
    places = {"offset": [0] * COUNT, "length": [0] * COUNT, "type": [None] * COUNT}
    schema = pa.schema([("offset", pa.int64()), ("length", pa.int64()), ("type", pa.string())])
    pq.write_table(pa.table(places, schema), folder / "images.parquet")
    (folder / "images.bin").touch()
    return table


def comparison(chance: random.Random) -> Condition:
    field = chance.choice(["colour", "price", "year", "available", "group_id"])
    value = chance.choice([item[field] for item in ITEMS[:40] if item[field] is not None])
    literal = quoted(value)
    if chance.random() < 0.15:
        return f"EXISTS {field}", lambda item: item[field] is not None
    if chance.random() < 0.2:
        word = chance.choice(["IN", "NOT IN"])
        inside = word == "IN"
        return (
            f"{field} {word} [{literal}]",
            lambda item: item[field] is not None and (item[field] == value) == inside,
        )
    name = chance.choice(["=", "!="] if field == "available" else list(OPERATORS))
    return (
        f"{field} {name} {literal}",
        lambda item: item[field] is not None and OPERATORS[name](item[field], value),
    )


def quoted(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return '"' + value.replace('"', '\\"') + '"' if isinstance(value, str) else repr(value)


def condition(chance: random.Random, depth: int = 2) -> Condition:
    if depth == 0 or chance.random() < 0.4:
        return comparison(chance)
    left_text, left = condition(chance, depth - 1)
    if chance.random() < 0.3:
        return f"NOT ({left_text})", lambda item: not left(item)
    right_text, right = condition(chance, depth - 1)
    if chance.random() < 0.5:
        return f"({left_text}) AND ({right_text})", lambda item: left(item) and right(item)
    return f"({left_text}) OR ({right_text})", lambda item: left(item) or right(item)
