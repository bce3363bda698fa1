"""Live writes over Milvus: applied to a collection beside the version's, by one process at a time,
with the answers of an overlay that holds everything in memory."""

from __future__ import annotations

import fcntl
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from index_builder.build import BuildOptions
from index_builder.publish import prune
from tests.support.live_shop import ENCODER, Fields, build, products, random_write, write
from twinset.encoders.encoder import normalise
from twinset.errors import NotReady
from twinset.filters import evaluate, parse_filter
from twinset.index.index_versions import IndexVersion, current_version, open_version
from twinset.index.milvus.delta_collections import make_beside
from twinset.index.milvus.milvus_candidates import MilvusPlan
from twinset.index.milvus.milvus_connection import MilvusAddress, connect
from twinset.index.vector_index import Condition
from twinset.live import engine_writes
from twinset.live.catch_up import Embedder, catch_up, follow_applied, start, start_applied
from twinset.live.engine_writes import apply_writes, is_behind
from twinset.live.merged_version import merge_version
from twinset.live.overlay import Overlay
from twinset.live.write_log import Entry, WriteLog

COUNT = 60
FILTERS = (None, 'gender = "Women"', "price < 30", "NOT EXISTS year", "price = 7")


class Fails:
    """An encoder that must not be asked."""

    text_template, fingerprint, dimension = ENCODER.text_template, ENCODER.fingerprint, 32
    image_size = ENCODER.image_size

    def encode_items(self, *_: Any) -> Any:
        raise AssertionError("something was embedded again")


@dataclass
class Shop:
    """A version in Milvus, its log, and the catalogue as a plain list."""

    index_dir: Path
    base: IndexVersion
    log: WriteLog
    rows: list[Fields]
    random: Random
    written: int = 0

    @property
    def embedder(self) -> Embedder:
        return Embedder(ENCODER, self.log)

    def write(self, count: int) -> None:
        for _ in range(count):
            write(self.log, *random_write(self.random, self.rows, self.written))
            self.written += 1

    def put(self, entry: Entry) -> None:
        write(self.log, entry)

    def opened(self) -> Overlay:
        """As a worker that starts now has it."""
        return catch_up(start_applied(self.base, self.log), self.embedder)

    def apply(self, overlay: Overlay, cut_short: bool = False) -> Overlay:
        apply_writes(overlay, self.log, lambda _: cut_short)
        return follow_applied(overlay, self.embedder)

    def held(self, milvus: MilvusAddress) -> set[int]:
        """The rows that are in the collection beside the version's."""
        client = connect(milvus)
        (name,) = [n for n in client.list_collections() if "_live_" in n]
        return {hit["row"] for hit in client.query(name, filter="row >= 0")}


@pytest.fixture
def shop(tmp_path: Path, milvus: MilvusAddress) -> Shop:
    rows = products(COUNT)
    index_dir = build(tmp_path / "shop", rows, options=BuildOptions("milvus"))
    return Shop(index_dir, open_version(index_dir), WriteLog(index_dir), rows, Random(5))


def answers(version: IndexVersion) -> list[Any]:
    """Rows of the nearest items to ten queries under each filter."""
    queries = normalise(np.random.default_rng(0).standard_normal((10, 32)).astype(np.float32))
    found = []
    for text in FILTERS:
        mask, where = version.alive, None
        if text is not None:
            where = Condition(parse_filter(text))
            mask = evaluate(where.expr, version.items.columns)
            mask = mask if version.alive is None else mask & version.alive
        rows, scores = version.index.search(queries, 15, mask, where)
        found.append((rows.tolist(), np.round(scores, 5).tolist()))
    return found


def agree(overlay: Overlay, shop: Shop) -> None:
    """An overlay answers as one that has everything in memory, and reads the same vectors."""
    plain = merge_version(catch_up(start(shop.base, shop.log), shop.embedder), shop.log)
    merged = merge_version(overlay, shop.log)
    assert len(merged) == len(plain)
    assert answers(merged) == answers(plain)
    rows = np.arange(len(plain)) if plain.alive is None else np.flatnonzero(plain.alive)
    np.testing.assert_allclose(merged.index.vectors(rows), plain.index.vectors(rows), atol=1e-6)


def test_applied_writes_answer_as_those_in_memory(shop: Shop, milvus: MilvusAddress) -> None:
    overlay = shop.opened()
    assert not is_behind(overlay)
    for count in (30, 1, 25):
        shop.write(count)
        overlay = catch_up(overlay, shop.embedder)
        assert is_behind(overlay)
        agree(overlay, shop)
        overlay = shop.apply(overlay)
        assert not is_behind(overlay)
        assert shop.held(milvus) == set(overlay.changes)
        assert all(change.vector is None for change in overlay.changes.values())
        agree(overlay, shop)
    # The version itself was left alone.
    (name,) = [n for n in connect(milvus).list_collections() if "_live_" not in n]
    assert len(connect(milvus).query(name, filter="row >= 0")) == COUNT


def test_what_was_applied_is_not_read_or_embedded_at_a_start(shop: Shop) -> None:
    shop.write(30)
    overlay = shop.apply(shop.opened())
    again = catch_up(start_applied(shop.base, shop.log), Embedder(Fails(), shop.log))
    assert again.changes == overlay.changes
    agree(again, shop)


def test_a_row_that_changes_again_is_found_as_it_is_now(shop: Shop) -> None:
    shop.put(Entry("new", "put", {"title": "green velvet hat", "price": 7.0}))
    overlay = shop.apply(shop.opened())
    for entry in (
        Entry("new", "patch", {"price": 8.0}),
        Entry("p3", "patch", {"price": 7.0}),
        Entry("new", "patch", {"title": "long red dress"}),
        Entry("new", "delete", {}),
        Entry("new", "put", {"title": "black shoe", "price": 7.0}),
    ):
        shop.put(entry)
        overlay = catch_up(overlay, shop.embedder)
        agree(overlay, shop)
    agree(shop.apply(overlay), shop)


def test_what_a_crash_cut_short_is_written_again(shop: Shop, milvus: MilvusAddress) -> None:
    shop.write(20)
    overlay = shop.apply(shop.opened())
    noted = overlay.applied
    shop.write(20)
    overlay = shop.apply(catch_up(overlay, shop.embedder), cut_short=True)
    assert overlay.applied is noted  # written, but not said to be
    agree(overlay, shop)
    agree(shop.opened(), shop)
    shop.write(5)
    overlay = shop.apply(shop.opened())
    assert shop.held(milvus) == set(overlay.changes)
    agree(overlay, shop)


def test_workers_that_lag_or_run_ahead_see_every_write(shop: Shop) -> None:
    shop.write(20)
    ahead = late = shop.opened()
    shop.write(20)
    ahead = shop.apply(catch_up(ahead, shop.embedder))
    # Not yet told of the second twenty writes: what is applied of them does not count.
    assert follow_applied(late, shop.embedder) is late
    agree(follow_applied(catch_up(late, shop.embedder), shop.embedder), shop)
    shop.write(1)
    agree(catch_up(ahead, shop.embedder), shop)


def test_a_collection_that_is_lost_is_made_again(shop: Shop, milvus: MilvusAddress) -> None:
    shop.write(30)
    overlay = shop.apply(shop.opened())
    connect(milvus).drop_collection(overlay.applied.index.record.name)
    with pytest.raises(NotReady):
        agree(overlay, shop)
    agree(shop.opened(), shop)  # a worker that starts now has all of it in memory
    overlay = shop.apply(overlay)
    assert overlay.applied is None
    agree(overlay, shop)
    overlay = shop.apply(overlay)
    assert not is_behind(overlay)
    agree(overlay, shop)


def test_a_lost_collection_costs_one_answer(shop: Shop, milvus: MilvusAddress) -> None:
    shop.write(30)
    overlay = shop.apply(shop.opened())
    connect(milvus).drop_collection(overlay.applied.index.record.name)
    with pytest.raises(NotReady):
        answers(merge_version(overlay, shop.log))
    overlay = follow_applied(overlay, shop.embedder)
    assert overlay.applied is None
    agree(overlay, shop)
    agree(shop.apply(overlay), shop)


def test_a_kill_while_a_lost_collection_is_made_loses_nothing(
    shop: Shop, milvus: MilvusAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write(30)
    overlay = shop.apply(shop.opened())
    connect(milvus).drop_collection(overlay.applied.index.record.name)

    def made_and_killed(*arguments: Any) -> None:
        make_beside(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(engine_writes, "make_beside", made_and_killed)
        with pytest.raises(KeyboardInterrupt):
            shop.apply(overlay)
    agree(shop.opened(), shop)
    agree(shop.apply(shop.opened()), shop)


def test_an_item_with_values_that_the_collection_cannot_hold_is_found(shop: Shop) -> None:
    """It was written over a version of another kind, which takes several values in a field."""
    for number in range(20):
        colour = "red" if number % 2 else "blue"
        shop.put(Entry(f"p{number}", "patch", {"baseColour": colour}))
    shop.put(Entry("p3", "patch", {"baseColour": ["Teal", "red"]}))
    shop.base.index.plan = MilvusPlan((2, 4), scan_rows=2, listed_rows=2, full_share=1.0)
    version = merge_version(shop.apply(shop.opened()), shop.log)
    where = Condition(parse_filter('baseColour = "red"'))
    mask = evaluate(where.expr, version.items.columns)
    row = version.items.row_of("p3")
    assert version.index.search(version.index.vector(row)[None], 1, mask, where)[0] == [[row]]


def test_one_process_applies_at_a_time(shop: Shop) -> None:
    shop.write(5)
    overlay = shop.opened()
    with (shop.index_dir / ".applying").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert shop.apply(overlay) is overlay
    assert shop.apply(overlay) is not overlay


def test_the_collection_goes_with_its_version(shop: Shop, milvus: MilvusAddress) -> None:
    shop.write(5)
    first = current_version(shop.index_dir)
    shop.apply(shop.opened())
    smaller = BuildOptions("milvus", force=True)
    build(shop.index_dir.parent, products(20), options=smaller)
    assert len(connect(milvus).list_collections()) == 3
    assert prune(shop.index_dir, 1) == [first]
    assert len(connect(milvus).list_collections()) == 1


def test_logs_of_two_machines_share_a_version(shop: Shop, tmp_path: Path) -> None:
    """Each has a collection of its own, so that neither finds the other's rows."""
    other = replace(shop, log=WriteLog(tmp_path), rows=list(shop.rows), random=Random(6))
    shop.write(20)
    other.write(20)
    here, there = shop.apply(shop.opened()), other.apply(other.opened())
    assert not is_behind(here)
    assert not is_behind(there)
    agree(here, shop)
    agree(there, other)
