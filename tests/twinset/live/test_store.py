"""One contract for every store of live writes, and what PostgreSQL's does beyond it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.support.docs_blocks import blocks
from tests.support.live_shop import write
from tests.support.postgres import database
from twinset.errors import ConfigError, NotReady
from twinset.events.event_store import Event
from twinset.events.postgres_events import PostgresEvents
from twinset.index.indexed_items import StoredImage
from twinset.live import postgres_log as postgres_module
from twinset.live import write_log as write_log_module
from twinset.live.postgres_log import PostgresLog
from twinset.live.store import Store, has_store, open_store
from twinset.live.write_log import Entry
from twinset.store import audit_trail, postgres_connection
from twinset.store.audit_trail import Act
from twinset.store.postgres_connection import connection, disconnect
from twinset.store.postgres_line import PostgresLine
from twinset.store.postgres_notices import Notices


@pytest.fixture(params=["sqlite", "postgres"])
def opened(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder whose store `open_store` opens, as each service would."""
    if request.param == "sqlite":
        yield tmp_path
        return
    with database(request.getfixturevalue("postgres_server")) as address:
        monkeypatch.setenv("TWINSET_STORE", address)
        yield tmp_path


@pytest.fixture
def store(opened: Path) -> Store:
    return open_store(opened)


@pytest.fixture
def address(postgres_server: str) -> Iterator[str]:
    with database(postgres_server) as address:
        yield address


def patch(number: int) -> Entry:
    return Entry(f"p{number}", "patch", {"price": float(number)})


def forget_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let stores forget writes of today too."""
    for module in (write_log_module, postgres_module):
        monkeypatch.setattr(module, "KEPT_DAYS", -1)


def test_acts_are_kept_with_the_writes_they_belong_to(
    store: Store, opened: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.acts(10) == []
    acts = [Act("Anna, key 12", "remove", f"p{n}", "\u00fc \u4e2d") for n in range(4)]
    for act in acts[:2]:
        with store.transaction() as transaction:
            transaction.append(patch(0))
            transaction.note(act)
    with suppress(RuntimeError), store.transaction() as transaction:
        transaction.note(acts[2])
        raise RuntimeError("stopped in between")
    found = open_store(opened).acts(10)
    assert [(a.who, a.kind, a.subject, a.detail) for a in found] == [
        (a.who, a.kind, a.subject, a.detail) for a in reversed(acts[:2])
    ]
    assert abs(found[0].time / 1e6 - datetime.now(UTC).timestamp()) < 60
    forget_at_once(monkeypatch)
    store.trim(store.sequence)  # acts outlast the writes
    for module in (audit_trail, postgres_module):
        monkeypatch.setattr(module, "MOST_KEPT", 3)
    for act in acts:
        with store.transaction() as transaction:
            transaction.note(act)
    assert [one.subject for one in store.acts(10)] == ["p3", "p2", "p1"]


def test_another_service_reads_what_one_wrote_in_order(store: Store, opened: Path) -> None:
    assert has_store(opened)
    assert [write(store, patch(n)) for n in range(3)] == [1, 2, 3]
    other = open_store(opened)
    assert (other.id, other.sequence) == (store.id, 3)
    assert [(e.id, e.operation, e.fields, e.sequence) for e in other.entries(1)] == [
        ("p1", "patch", {"price": 1.0}, 2),
        ("p2", "patch", {"price": 2.0}, 3),
    ]
    assert [e.sequence for e in other.entries(0, 2)] == [1, 2]


@pytest.mark.parametrize("text", ["é☃", "a\0b", "'; DROP TABLE twinset_log; --", "%s"])
def test_any_text_is_kept(store: Store, text: str) -> None:
    write(store, Entry("p1", "put", {"title": text}))
    assert store.entries(0)[0].fields == {"title": text}


def test_an_error_keeps_nothing(store: Store) -> None:
    def failing() -> None:
        with store.transaction() as transaction:
            transaction.append(patch(1))
            transaction.add_vectors({"key": np.ones(4, np.float32)})
            raise KeyError

    with pytest.raises(KeyError):
        failing()
    assert (store.sequence, store.entries(0), store.vectors(["key"])) == (0, [], {})
    assert write(store, patch(2)) == 1


def test_pictures_and_vectors_go_with_a_write(store: Store) -> None:
    write(store, Entry("p1", "put", {"image": None}), b"picture")
    with store.transaction() as transaction:
        transaction.add_vectors({"a": np.arange(3, dtype=np.float32), "b": np.ones(3, np.float32)})
    found = store.vectors(["a", "b", "c"])
    assert {key: row.tolist() for key, row in found.items()} == {"a": [0, 1, 2], "b": [1, 1, 1]}
    sha = "a4b8e64f3b0c3bb4a0a2f1c1"
    assert store.picture(sha) is None
    with store.transaction() as transaction:
        transaction.add_pictures({sha: StoredImage(b"\0\xff", "image/png")})
    assert store.picture(sha) == StoredImage(b"\0\xff", "image/png")


def test_an_answer_is_remembered_under_its_key(store: Store) -> None:
    with store.transaction() as transaction:
        assert transaction.recall("key") is None
        transaction.remember("key", "digest", {"outcomes": [1]})
    with store.transaction() as transaction:
        found = transaction.recall("key")
    assert found is not None
    assert (found.request, found.answer) == ("digest", {"outcomes": [1]})


def test_a_version_says_up_to_where_it_holds_the_log(store: Store) -> None:
    for number in range(3):
        write(store, patch(number))
    later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    earlier = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    assert store.marker(None) == 0
    assert store.marker({"log": store.id, "sequence": 2}) == 2
    assert store.marker({"log": "another", "sequence": 2}) == 0
    assert store.marker({"as_of": later}) == 3
    assert store.marker({"as_of": earlier, "log": store.id, "sequence": 1}) == 1


def test_a_version_that_lacks_forgotten_writes_is_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_at_once(monkeypatch)
    before = datetime.now(UTC).isoformat()
    write(store, patch(0))
    write(store, patch(1))
    between = datetime.now(UTC).isoformat()
    write(store, patch(2))
    for upto in (2, 2, 1):
        store.trim(upto)
        for live in (None, {"as_of": before}, {"log": store.id, "sequence": 1}):
            with pytest.raises(NotReady, match="older than the writes"):
                store.marker(live)
        assert store.marker({"as_of": between}) == 2
        assert store.marker({"log": store.id, "sequence": 3, "as_of": before}) == 3
    store.trim(3)
    assert store.marker({"as_of": datetime.now(UTC).isoformat()}) == 3  # of an empty log too
    with pytest.raises(NotReady, match="older than the writes"):
        store.marker({"as_of": between})


def test_times_rise_after_writes_were_forgotten_too(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_at_once(monkeypatch)
    before = datetime.now(UTC).isoformat()
    write(store, patch(1))
    store.trim(1)
    for module in (write_log_module, postgres_module):  # the clock is set back
        monkeypatch.setattr(module, "_now", lambda: 1)
    write(store, patch(2))
    with pytest.raises(NotReady, match="older than the writes"):
        store.marker({"as_of": before})


def test_one_at_a_time_leads_a_task(store: Store, opened: Path) -> None:
    other = open_store(opened)
    with store.leading("applying") as first:
        assert first
        with other.leading("applying") as second:
            assert not second
    with other.leading("applying") as third:
        assert third


def test_how_far_an_engine_has_come_is_kept(store: Store) -> None:
    assert store.applied("collection") == 0
    store.set_applied("collection", 7)
    store.set_applied("collection", 9)
    assert store.applied("collection") == 9


def test_a_writer_that_waits_for_long_is_told_so(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_module, "_MOST_WAIT_MS", 100)
    first, second = PostgresLog(address), PostgresLog(address)
    with first.transaction(), pytest.raises(NotReady, match="Another"), second.transaction():
        raise AssertionError("both write")
    assert write(second, patch(1)) == 1  # PostgreSQL was not taken to be away


def test_an_error_of_another_server_is_not_taken_for_one_of_postgres(address: str) -> None:
    log = PostgresLog(address)
    with suppress(NotReady), log.leading("applying"):
        raise NotReady("Milvus does not answer.")
    assert write(log, patch(1)) == 1


def test_the_server_lets_go_of_a_machine_that_was_cut_off(address: str) -> None:
    """Locks of a machine without power go with its connections: in seconds, not in two hours.

    Over a socket the server reads these settings as 0, but says who set them.
    """
    names = ["tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count"]
    sql = "SELECT source FROM pg_settings WHERE name = ANY(%s)"
    with connection(address) as connected:
        assert connected.execute(sql, [names]).fetchall() == [("session",)] * 3


def test_events_are_on_the_disk_whatever_the_server_is_set_to(address: str) -> None:
    PostgresEvents(address)
    with connection(address) as connected:
        name = connected.execute("SELECT current_database()").fetchone()[0]
        connected.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        mode = "mode text DEFAULT current_setting('synchronous_commit')"
        connected.execute(f"ALTER TABLE twinset_events ADD COLUMN {mode}")
    disconnect(address)
    PostgresEvents(address).append([Event("click", "r", "p1")])
    with connection(address) as connected:
        assert connected.execute("SHOW synchronous_commit").fetchone() == ("off",)
        assert connected.execute("SELECT mode FROM twinset_events").fetchall() == [("on",)]


def test_writers_at_once_lose_nothing_and_leave_no_gap(address: str) -> None:
    seen: list[list[int]] = []
    stop = threading.Event()

    def follow() -> None:
        log, at, found = PostgresLog(address), 0, []
        while not stop.is_set() or log.sequence > at:
            for entry in log.entries(at):
                found.append(entry.sequence)
                at = entry.sequence
        seen.append(found)

    follower = threading.Thread(target=follow)
    follower.start()
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda n: write(PostgresLog(address), patch(n)), range(80)))
    stop.set()
    follower.join(timeout=30)
    assert sorted(numbers) == list(range(1, 81))
    assert seen == [list(range(1, 81))]


def test_services_that_start_together_make_the_tables_once(address: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        logs = list(pool.map(lambda _: PostgresLog(address), range(8)))
    assert len({log.id for log in logs}) == 1


def test_tables_of_a_later_version_are_refused(address: str) -> None:
    PostgresLog(address)
    with connection(address) as connected:
        connected.execute("UPDATE twinset_meta SET value = '99' WHERE name = 'schema'")
    with pytest.raises(ConfigError, match="later Twinset"):
        PostgresLog(address)


def test_writes_are_forgotten_when_nobody_can_need_them(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        write(store, patch(number))
    store.trim(3)  # they are of today: a service may be away, or a feed of yesterday be built
    assert len(store.entries(0)) == 4
    forget_at_once(monkeypatch)
    store.trim(3)
    assert ([e.sequence for e in store.entries(0)], store.sequence) == ([4], 4)
    assert store.marker({"log": store.id, "sequence": 3}) == 3
    with pytest.raises(NotReady, match="older than the writes"):
        store.marker({"log": store.id, "sequence": 2})
    assert write(store, patch(5)) == 5


def test_an_earlier_release_did_not_note_when_what_it_forgot_was_written(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = PostgresLog(address)
    for number in range(4):
        write(log, patch(number))
    with monkeypatch.context() as forgetful:
        forgetful.setattr(postgres_module, "KEPT_DAYS", -1)
        log.trim(3)
    with connection(address) as connected:
        connected.execute("DELETE FROM twinset_meta WHERE name = 'trimmed_time'")
        connected.execute("DELETE FROM twinset_log")
    for days, marker in ((29, 3), (31, None)):
        live = {"as_of": (datetime.now(UTC) - timedelta(days=days)).isoformat()}
        if marker is None:
            with pytest.raises(NotReady, match="older than the writes"):
                log.marker(live)
        else:
            assert log.marker(live) == marker


def test_a_lost_connection_is_opened_anew(
    address: str, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_connection, "_PAUSE_S", 0.0)
    log = PostgresLog(address)
    write(log, patch(1))
    cut_off(postgres_server)
    assert write(log, patch(2)) == 2

    def interrupted() -> None:
        with log.transaction() as transaction:
            transaction.append(patch(3))
            cut_off(postgres_server)
            transaction.append(patch(4))

    with pytest.raises(NotReady):
        interrupted()
    assert log.sequence == 2
    assert write(log, patch(5)) == 3


def cut_off(server: str) -> None:
    """End every connection to the shops of a server."""
    sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'shop%'"
    with connection(server) as connected:
        connected.execute(sql)


def test_a_user_without_the_right_to_make_tables_serves_once_the_owner_has(
    address: str, postgres_server: str
) -> None:
    user = f"service_{uuid.uuid4().hex[:8]}"
    with connection(address) as connected:
        connected.execute(f"CREATE ROLE {user} LOGIN")
        connected.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    limited = address.replace("postgres:@", f"{user}:@")
    assert limited != address
    try:
        with pytest.raises(ConfigError, match="may not make tables"):
            PostgresLog(limited)
        owner = PostgresLog(address)
        write(owner, patch(1))
        rights = next(one.code for one in blocks("docs/pgvector.md", "sql") if "GRANT" in one.code)
        rights = rights.replace("twinset_service", user).replace("twinset_owner", "postgres")
        with connection(address) as connected:
            connected.execute(rights)
            connected.execute("CREATE TABLE twinset_later (number serial, value int4)")
        service = PostgresLog(limited)
        assert service.id == owner.id
        assert write(service, patch(2)) == 2
        with service.transaction() as transaction:
            transaction.note(Act("Anna", "remove", "p1", ""))
        with connection(limited) as connected:
            connected.execute("INSERT INTO twinset_later (value) VALUES (7)")
            assert connected.execute("SELECT value FROM twinset_later").fetchall() == [(7,)]
        with connection(address) as connected:
            connected.execute(f"REVOKE INSERT ON twinset_log FROM {user}")
        with pytest.raises(ConfigError, match="lacks a right: permission denied for table"):
            write(service, patch(3))
        with PostgresLine(limited).changing() as change:
            change(["20261123T120501Z-1a2b3c4d"])
        assert PostgresLine(address).names() == ["20261123T120501Z-1a2b3c4d"]
        PostgresEvents(limited).append([Event("click", "r", "p1")])
    finally:
        disconnect(limited)
        with connection(address) as connected:
            connected.execute(f"DROP OWNED BY {user}")
            connected.execute(f"DROP ROLE {user}")


def test_a_write_wakes_those_that_wait(address: str) -> None:
    log, news = PostgresLog(address), Notices(address)
    wait_until_listening(news)
    started = time.monotonic()
    threading.Timer(0.05, lambda: write(PostgresLog(address), patch(1))).start()
    while log.sequence == 0:
        news.wait()
    assert time.monotonic() - started < 0.45  # sooner than it would have looked by itself
    news.close()
    started = time.monotonic()
    news.wait()
    assert time.monotonic() - started < 0.2


def wait_until_listening(news: Notices) -> None:
    latest = time.monotonic() + 20
    while not news._listening:
        assert time.monotonic() < latest
        news.wait()
    news.wait()  # what was there before
