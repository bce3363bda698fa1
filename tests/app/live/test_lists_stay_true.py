"""Random lists read page by page under writes and switches: no gap, no repeat.

Two workers follow one log of writes, each at its own pace. A list is asked of one of them; its
pages come from either, by cursor, while items are written and other versions go live.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from app.live.snapshots import Shown, Snapshots
from app.observability.prometheus_metrics import Metrics
from app.recommend.lists.browsing import browse
from app.recommend.lists.cursors import Place, read_cursor
from app.recommend.query import RELEVANCE, ListQuery, SearchQuery
from app.recommend.ranking import rank
from app.recommend.recommender import Recommender
from app.service_errors import CursorExpired
from app.settings import Settings
from index_builder.fold_writes import compact_index
from tests.support.live_shop import COLOURS, ENCODER, Fields, build, products, random_write, write
from tests.support.postgres import database, pgvector_index
from twinset.index.faiss_index import FaissIndex, SearchPlan
from twinset.index.index_versions import IndexVersion, current_version, open_version
from twinset.index.pgvector.pgvector_fields import SqlFields
from twinset.index.pgvector.pgvector_index import PgvectorIndex, PgvectorPlan
from twinset.index.pgvector.pgvector_tables import TableRecord, count_rows
from twinset.live.catch_up import Embedder, catch_up, start
from twinset.live.merged_version import merge_version
from twinset.live.overlay import Overlay
from twinset.live.write_log import WriteLog

CASES, SHORT = 10_000, 400
SORTS = (RELEVANCE, RELEVANCE, "price", "-price", "year", "-baseColour", "title")
# What a server searches takes a hundred times as long.
FEWER = {"pgvector": 10}
COUNT, WRITES_BETWEEN = 120, 3
KEY = b"a key of this test"
# So small that an approximate kind walks its graph.
PLAN = SearchPlan(scan_rows=20, breadths=(32, 128))
SERVER_PLAN = PgvectorPlan(exact_rows=20, breadths=(32, 128))


class Worker:
    """One process of the service, as far as its lists go: follows writes and versions when told."""

    def __init__(self, index_dir: Path, log: WriteLog, kind: str, server: str | None) -> None:
        self._index_dir, self._log, self._kind, self._server = index_dir, log, kind, server
        settings = Settings(index=index_dir, kept_snapshots=2)
        self.snapshots = Snapshots(settings)
        base = self._open()
        self._overlay: Overlay = start(base, log)
        self.shown = Shown(Recommender(ENCODER, base, settings, Metrics()), base, log)
        self.follow()

    def _open(self) -> IndexVersion:
        base = open_version(self._index_dir)
        if self._kind == "exact":
            return base
        if self._server is not None:
            return replace(base, index=in_postgres(self._server, base))
        file = base.folder / f"{self._kind}.test"  # both read one graph, as workers do
        if not file.exists():
            vectors = base.index.vectors(np.arange(len(base)))
            FaissIndex.build(vectors, self._kind).save(file)
        return replace(base, index=FaissIndex.load(file, PLAN))

    def follow(self) -> None:
        """See every write and the live version, as `LiveCatalogue` does."""
        if current_version(self._index_dir) != self._overlay.base.name:
            self._overlay = start(self._open(), self._log)
        self._overlay = catch_up(self._overlay, Embedder(ENCODER, self._log))
        version = merge_version(self._overlay, self._log)
        recommender = self.shown.recommender.with_version(version)
        before, self.shown = self.shown, Shown(recommender, self._overlay.base, self._log)
        self.snapshots.leave(before, self.shown)

    def at(self, place: Place) -> Recommender:
        try:
            return self.snapshots.find(place, self.shown)
        except CursorExpired:
            self.follow()
            return self.snapshots.find(place, self.shown)


def in_postgres(server: str, base: IndexVersion) -> PgvectorIndex:
    """A table with the vectors of a version, which both workers search."""
    name, fields = base.name.replace("-", "_").lower(), SqlFields.of(base.items.columns)
    if count_rows(server, name) is None:
        vectors = base.index.vectors(np.arange(len(base)))
        pgvector_index(server, vectors, base.items.columns, name)
    record = TableRecord(name, "vector", base.dimension, fields)
    return PgvectorIndex(server, record, len(base), SERVER_PLAN)


@dataclass(frozen=True)
class Shop:
    """Two workers over one index folder, and its items as a plain list."""

    kind: str
    workers: tuple[Worker, Worker]
    log: WriteLog
    index_dir: Path
    rows: list[Fields]


@pytest.fixture(scope="module", params=["exact", "hnsw", "pgvector"])
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    rows = products(COUNT)
    index_dir = build(tmp_path_factory.mktemp("lists"), rows)
    ENCODER.save(index_dir.parent / "encoder")
    log = WriteLog(index_dir)
    with ExitStack() as stack:
        server = None
        if request.param == "pgvector":
            server = stack.enter_context(database(request.getfixturevalue("postgres_server")))
        workers = [Worker(index_dir, log, request.param, server) for _ in range(2)]
        yield Shop(request.param, (workers[0], workers[1]), log, index_dir, rows)
        for worker in workers:
            worker.shown.recommender.close()


def random_list(random: Random) -> tuple[ListQuery, bool]:
    """What to list, and whether it is searched for."""
    ids = [f"p{random.randrange(COUNT)}" for _ in range(random.choice((0, 0, 1, 12)))]
    common: dict[str, Any] = {
        "filter": random.choice(
            (None, None, 'gender = "Women"', "price 20 TO 50", f'baseColour != "{COLOURS[0]}"')
        ),
        "exclude_ids": tuple(ids),
        "group_by": random.choice((None, None, "group_id", "baseColour", "year")),
        "sort": random.choice(
            (RELEVANCE, RELEVANCE, "price", "-price", "year", "-baseColour", "title")
        ),
    }
    if random.random() < 0.15:
        return ListQuery(limit=1000, **common), False
    tastes = [f"p{random.randrange(COUNT)}" for _ in range(3)]
    return (
        SearchQuery(
            limit=1000,
            **common,
            min_score=random.choice((None, None, 0.0, 0.2)),
            diversity=random.choice((0.0, 0.0, 0.3, 0.9)),
            liked=tuple(tastes[:1]) if random.random() < 0.3 else (),
            disliked=tuple(tastes[1:]) if random.random() < 0.3 else (),
            repeats=random.random() < 0.3,
        ),
        True,
    )


def ids_of(recommender: Recommender, query: ListQuery, vector: Any) -> tuple[list[str], bool, int]:
    """The ids of a page, whether the list ends with it, and how long the list is."""
    version = recommender.version
    if isinstance(query, SearchQuery):
        page = rank(version, vector, query)
        rows, exhausted, total = [hit.row for hit in page.hits], page.exhausted, page.total
    else:
        listed = browse(version, query)
        rows, exhausted, total = [row for row, _ in listed.entries], listed.exhausted, listed.total
    return [version.items.id_of(row) for row in rows], exhausted, total


def disturb(shop: Shop, random: Random, number: int) -> None:
    """Some writes, seen by none, one or both workers; now and then another version goes live."""
    for n in range(random.randrange(WRITES_BETWEEN + 1)):
        entry, data = random_write(random, shop.rows, 1000 * number + n)
        write(shop.log, entry, data)
    if random.random() < 0.02 * FEWER.get(shop.kind, 1):
        compact_index(shop.index_dir.parent / "encoder", shop.index_dir, keep=3)
    for worker in shop.workers:
        if random.random() < 0.5:
            worker.follow()


def read_by_pages(shop: Shop, random: Random, case: int) -> tuple[list[str], list[str], bool]:
    """A list as it is at once, and as its pages give it; false if a cursor had expired."""
    query, searched = random_list(random)
    vector = None
    if searched:
        noise = np.random.default_rng(case).standard_normal(ENCODER.dimension)
        vector = (noise / np.linalg.norm(noise)).astype(np.float32)
    recommender = random.choice(shop.workers).shown.recommender
    whole, ended, total = ids_of(recommender, query, vector)
    assert ended
    assert total == len(whole) == len(set(whole))
    version = recommender.version
    place, found, exhausted = Place(version.name, version.sequence, 0, int(time.time())), [], False
    while not exhausted:
        asked = repr(query).encode()
        place = read_cursor(place.write(KEY, asked), KEY, asked, time.time())
        try:
            recommender = random.choice(shop.workers).at(place)
        except CursorExpired:  # of a version that came and went before this worker looked
            return whole[: len(found)], found, False
        limit = random.choice((1, 3, 10, 50))
        page, exhausted, _ = ids_of(
            recommender, replace(query, offset=place.offset, limit=limit), vector
        )
        found += page
        place = replace(place, offset=place.offset + limit)
        if random.random() < 0.2:
            disturb(shop, random, case)
        if len(found) > 60 and random.random() < 0.3:
            return whole[: len(found)], found, True  # a shopper who has seen enough
    return whole, found, True


def test_pages_are_the_one_list_whatever_happens_between(shop: Shop, full: bool) -> None:
    random, first = Random(8), current_version(shop.index_dir)
    cases, expired = (CASES // 2 if full else SHORT // 2) // FEWER.get(shop.kind, 1), 0
    for case in range(cases):
        whole, found, ended = read_by_pages(shop, random, case)
        assert found == whole, case
        expired += not ended
    assert expired <= max(0.01 * cases, 1)
    assert current_version(shop.index_dir) != first
