"""The log of live writes, and the merging of single writes."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.support.live_shop import being_made, write
from twinset.changes.value_fit import fit
from twinset.columns import column_from_arrow
from twinset.errors import ArtefactError, NotReady, StorageFull
from twinset.index.indexed_items import StoredImage
from twinset.index.ranked_rows import merge_ranked
from twinset.live import log_database as database
from twinset.live import write_log as log_module
from twinset.live.merged_columns import extend_vocabulary
from twinset.live.write_log import Entry, WriteLog


def patch(number: int) -> Entry:
    return Entry(f"p{number}", "patch", {"price": float(number)})


@pytest.fixture
def log(tmp_path: Path) -> WriteLog:
    return WriteLog(tmp_path)


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes of today may be forgotten too."""
    monkeypatch.setattr(log_module, "KEPT_DAYS", -1)


@pytest.mark.usefixtures("forgetful")
def test_sequences_rise_and_are_never_used_again(log: WriteLog, tmp_path: Path) -> None:
    assert [write(log, patch(n)) for n in range(3)] == [1, 2, 3]
    log.trim(3)
    assert (log.entries(0), log.sequence) == ([], 3)
    log.close()
    assert write(WriteLog(tmp_path), patch(9)) == 4


def test_entries_read_back_in_order(log: WriteLog, tmp_path: Path) -> None:
    for number in range(3):
        write(log, patch(number))
    other = WriteLog(tmp_path)
    assert [(e.id, e.sequence, e.fields) for e in other.entries(1)] == [
        ("p1", 2, {"price": 1.0}),
        ("p2", 3, {"price": 2.0}),
    ]
    assert other.id == log.id


def test_a_log_that_another_makes_is_waited_for(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        with being_made(tmp_path):
            opening = pool.submit(WriteLog, tmp_path)
            with pytest.raises(TimeoutError):
                opening.result(timeout=0.3)
        assert opening.result(timeout=10).sequence == 0


def test_those_who_make_a_log_together_all_have_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        for number in range(50):
            folder = tmp_path / str(number)
            folder.mkdir()
            logs = list(pool.map(WriteLog, [folder] * 4))
            assert len({log.id for log in logs}) == 1
            for log in logs:
                log.close()


def test_a_log_that_stays_held_is_no_damaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_S", 0.1)
    with being_made(tmp_path), pytest.raises(NotReady, match="Another process"):
        WriteLog(tmp_path)
    first, second = WriteLog(tmp_path), WriteLog(tmp_path)
    with first.transaction(), pytest.raises(NotReady), second.transaction():
        raise AssertionError("both write")


def test_a_failed_transaction_leaves_nothing(log: WriteLog) -> None:
    with pytest.raises(KeyError), log.transaction() as transaction:
        transaction.append(Entry(str(transaction.append(patch(1))), "put", {}.pop("none")))
    assert log.entries(0) == []
    assert write(log, patch(2)) > 0


def test_every_commit_is_synced(log: WriteLog) -> None:
    """What makes an acknowledged write durable: WAL, and synchronous=FULL, on this connection."""
    settings = [
        log._writer.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous")
    ]
    assert settings == ["wal", 2]


def test_a_full_database_is_said_and_passes(log: WriteLog) -> None:
    log._writer.execute("PRAGMA max_page_count = 1")
    big = Entry("p1", "put", {"title": "x" * 100_000})
    with pytest.raises(StorageFull):
        write(log, big)
    log._writer.execute("PRAGMA max_page_count = 10000")
    assert write(log, big) > 0
    assert len(log.entries(0)) == 1


def test_other_errors_of_the_database_are_not_taken_for_a_full_disk(log: WriteLog) -> None:
    with pytest.raises(sqlite3.OperationalError), log.transaction():
        log._writer.execute("SELECT * FROM nowhere")


def test_what_is_no_log_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "live.sqlite").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(ArtefactError, match=r"live\.sqlite"):
        WriteLog(tmp_path)


def test_a_marker_is_what_a_version_holds(log: WriteLog) -> None:
    assert log.marker(None) == 0
    write(log, patch(1))
    between = datetime.now(UTC)
    write(log, patch(2))
    assert log.marker({"as_of": between.isoformat()}) == 1
    assert log.marker({"as_of": (between - timedelta(days=1)).isoformat()}) == 0
    assert log.marker({"as_of": (between + timedelta(days=1)).isoformat()}) == 2
    assert log.marker({"log": log.id, "sequence": 2, "as_of": between.isoformat()}) == 2
    # Sequences of another log, as after a restore without it, say nothing about this one.
    assert log.marker({"log": "other", "sequence": 2, "as_of": between.isoformat()}) == 1


def test_times_rise_when_the_clock_is_set_back(
    log: WriteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(log, patch(1))
    now = datetime.now(UTC)
    monkeypatch.setattr(log_module, "_now", lambda: 1)
    write(log, patch(2))
    assert log.marker({"as_of": now.isoformat()}) == 2


def test_answers_are_remembered_for_a_day(log: WriteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    with log.transaction() as transaction:
        transaction.remember("key", "request", {"a": 1})
    with log.transaction() as transaction:
        remembered = transaction.recall("key")
        assert remembered is not None
        assert (remembered.request, remembered.answer) == ("request", {"a": 1})
    later = log_module._now() + 25 * 3600 * 10**6
    monkeypatch.setattr(log_module, "_now", lambda: later)
    with log.transaction() as transaction:
        assert transaction.recall("key") is None
        transaction.remember("key", "other", {})


@pytest.mark.usefixtures("forgetful")
def test_pictures_and_vectors_stay_while_a_write_needs_them(log: WriteLog) -> None:
    data = b"picture"
    for number in (1, 2):
        with log.transaction() as transaction:
            transaction.add_pictures({"sha": StoredImage(data, "image/png")})
            transaction.add_vectors({f"key{number}": np.ones(3, np.float32)})
            transaction.append(Entry(f"p{number}", "put", {"image": "sha"}))
    log.trim(1)
    assert log.picture("sha") == StoredImage(data, "image/png")
    assert set(log.vectors(["key1", "key2"])) == {"key2"}
    log.trim(2)
    assert log.picture("sha") is None


def test_a_vocabulary_grows_without_being_sorted_again() -> None:
    words = ["b", "d", "d", None, "f"]
    column = column_from_arrow(pa.chunked_array([pa.array(words)]))
    assert column.vocabulary is not None
    longer, moved = extend_vocabulary(column.vocabulary, {"a", "c", "d", "g", "e"})
    assert longer.strings.to_pylist() == ["a", "b", "c", "d", "e", "f", "g"]
    assert moved is not None
    assert [longer[code] for code in moved[column.values[column.present]]] == ["b", "d", "d", "f"]
    assert extend_vocabulary(column.vocabulary, {"b"}) == (column.vocabulary, None)


def test_lists_are_merged_in_row_order_and_keep_an_approximate_one_as_it_is() -> None:
    def ranked(*pairs: tuple[int, float]) -> tuple[np.ndarray, np.ndarray]:
        rows, scores = zip(*pairs, strict=True)
        return np.array(rows), np.array(scores, np.float32)

    # Row 8 was missed at first and stands after a worse row; nothing may move it up.
    found = ranked((3, 0.9), (5, 0.5), (7, 0.5), (2, 0.4), (8, 0.6))
    own = ranked((4, 0.9), (6, 0.5), (1, 0.45), (9, 0.1))
    rows, scores = merge_ranked(found, own, 20)
    assert rows.tolist() == [3, 4, 5, 6, 7, 1, 2, 8, 9]
    assert scores[7] == np.float32(0.6)
    for k in range(1, 9):  # a shorter list begins a longer one
        shorter = (found[0][:k], found[1][:k])
        assert merge_ranked(shorter, own, k)[0].tolist() == rows[:k].tolist()


@pytest.mark.parametrize(
    ("value", "kind", "fitted"),
    [
        ("a", pa.string(), "a"),
        (1, pa.string(), None),
        (True, pa.bool_(), True),
        (1, pa.bool_(), None),
        (True, pa.int64(), None),
        (3.0, pa.int64(), 3),
        (3.5, pa.int64(), None),
        (float("nan"), pa.int64(), None),
        (float("inf"), pa.int64(), None),
        (2**63, pa.int64(), None),
        (3, pa.float64(), 3.0),
        ("3", pa.float64(), None),
        (10**400, pa.float64(), None),
        (None, pa.float64(), None),
    ],
)
def test_values_fit_their_columns_or_are_none(
    value: object, kind: pa.DataType, fitted: object
) -> None:
    assert fit(value, kind) == fitted
