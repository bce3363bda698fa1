"""A feed that changes, and what follows it: an index folder, and a running service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from importer.sync.sync_service import sync_service
from importer.sync.sync_source import Outcome, SyncOptions
from tests.support.live_service import KEY, Place, serving
from tests.support.running_service import twinset
from twinset import cli
from twinset.encoders import HashEncoder
from twinset.errors import ConfigError
from twinset.index.index_versions import current_version, open_version
from twinset.index.shared.version_line import list_versions
from twinset.store.feed_report import latest_report


def write_feed(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def rows(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"n{number}", "title": f"new hat {number}", "price": 5.0 + number, **more}
        for number in range(count)
    ]


def test_an_index_follows_its_feed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    HashEncoder(32).save(tmp_path / "encoder")
    feed, index = tmp_path / "feed.jsonl", tmp_path / "index"
    places = ["--index", str(index), "--encoder", str(tmp_path / "encoder")]
    write_feed(feed, rows(20))
    assert cli.run(["sync", str(feed), *places]) == 0
    assert "20 new or changed" in capfd.readouterr().out
    first = current_version(index)
    changed = rows(20)
    changed[3]["title"] = "another hat"
    write_feed(feed, changed)
    assert cli.run(["sync", str(feed), *places]) == 0
    assert "1 new or changed" in capfd.readouterr().out
    assert current_version(index) != first
    version = open_version(index)
    assert version.items.item(3)["title"] == "another hat"
    write_feed(feed, rows(5))
    before = list_versions(index)
    assert cli.run(["sync", str(feed), *places]) == Outcome.HELD_BACK.value
    assert list_versions(index) == before
    assert cli.run(["sync", str(feed), *places, "--max-deletions", "80%"]) == 1  # below half
    assert list_versions(index) == before


def test_what_a_feed_left_out_is_said_and_reaches_the_version(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    HashEncoder(32).save(tmp_path / "encoder")
    feed, index = tmp_path / "feed.jsonl", tmp_path / "index"
    places = ["--index", str(index), "--encoder", str(tmp_path / "encoder"), "--max-loss", "50%"]
    write_feed(feed, [*rows(20), {"title": "without an id"}, rows(1)[0]])
    assert cli.run(["sync", str(feed), *places]) == 0
    listed = tmp_path / "index-feed" / "catalog.parquet.rejected.jsonl"
    said = capsys.readouterr().out.splitlines()
    assert f"2 rows rejected, listed in {listed}:" in said
    assert "        1  id is a duplicate" in said
    assert len(listed.read_text().splitlines()) == 2
    summary = json.loads((listed.parent / "catalog.parquet.report.json").read_text())
    assert summary["report"] == str(listed)
    found = latest_report(index, open_version(index).manifest)
    assert found is not None
    assert found.accepted == 20
    assert sum(found.rejected.values()) == len(found.rows) == 2
    assert found.rejected["id is a duplicate"] == 1
    assert (found.rows[1].id, found.rows[1].line) == ("n0", 22)
    write_feed(feed, rows(21))
    assert cli.run(["sync", str(feed), *places]) == 0
    found = latest_report(index, open_version(index).manifest)
    assert found is not None
    assert (found.accepted, found.rejected, found.rows) == (21, {}, ())
    assert not listed.exists()


def test_a_feed_that_breaks_changes_nothing(tmp_path: Path) -> None:
    HashEncoder(32).save(tmp_path / "encoder")
    feed, index = tmp_path / "feed.jsonl", tmp_path / "index"
    places = ["--index", str(index), "--encoder", str(tmp_path / "encoder")]
    write_feed(feed, rows(20))
    assert cli.run(["sync", str(feed), *places]) == 0
    before = list_versions(index)
    write_feed(feed, [*rows(10), *({"title": "without an id"} for _ in range(10))])
    assert cli.run(["sync", str(feed), *places]) == 1
    feed.unlink()
    assert cli.run(["sync", str(feed), *places]) == 1
    assert list_versions(index) == before


def test_a_service_follows_its_feed(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = write_feed(tmp_path / "feed.jsonl", rows(30, gender="Women"))
    options = SyncOptions(str(feed), tmp_path / "state", 1.0, 0.05)
    with serving(place) as client:
        address = str(client.base_url)
        with pytest.raises(ConfigError, match="TWINSET_ADMIN_KEY"):
            sync_service(options, address)
        monkeypatch.setenv("TWINSET_ADMIN_KEY", KEY)
        assert sync_service(options, address) is Outcome.DONE

        def held() -> dict[str, Any]:
            page = client.get("/items", params={"limit": 100}).json()
            return {item["id"]: item["item"] for item in page["items"]}

        assert set(held()) == {row["id"] for row in rows(30)}
        changed = rows(29, gender="Men")
        changed[0]["title"] = "renamed"
        write_feed(feed, changed)
        assert sync_service(options, address) is Outcome.DONE
        assert len(held()) == 29
        assert held()["n0"]["title"] == "renamed"
        assert held()["n1"]["gender"] == "Men"
        write_feed(feed, [*changed, changed[0]])
        assert sync_service(options, address) is Outcome.DONE
        said = client.get("/catalogue/feed").json()["feed"]
        assert (said["accepted"], said["rejected"]) == (29, {"id is a duplicate": 1})
        assert (said["rows"][0]["id"], said["rows"][0]["line"]) == ("n0", 30)
        before = client.get("/indexes").json()["writes"]["sequence"]
        assert sync_service(options, address) is Outcome.DONE
        assert client.get("/indexes").json()["writes"]["sequence"] == before
        write_feed(feed, rows(4, gender="Men"))
        cautious = SyncOptions(str(feed), tmp_path / "state", 0.1, 0.05)
        assert sync_service(cautious, address) is Outcome.HELD_BACK
        assert len(held()) == 29


def test_a_new_attribute_needs_a_version_and_the_rest_is_written(
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TWINSET_ADMIN_KEY", KEY)
    table = [{**row, "heel": "flat" if n % 2 else "high"} for n, row in enumerate(rows(30))]
    feed = write_feed(tmp_path / "feed.jsonl", table)
    options = SyncOptions(str(feed), tmp_path / "state", 1.0, 0.05)
    with serving(place) as client:
        assert sync_service(options, str(client.base_url)) is Outcome.NEEDS_VERSION
        assert "heel; they need a new version: on the machine" in capsys.readouterr().err
        assert client.get("/items/n3").json()["item"]["price"] == 8.0
        table[3]["price"] = 99.0
        write_feed(feed, table)
        arguments = ["sync", str(feed), "--to", str(client.base_url)]
        arguments += ["--state", str(tmp_path / "state")]
        assert cli.run(arguments) == Outcome.NEEDS_VERSION.value
        assert client.get("/items/n3").json()["item"]["price"] == 99.0
        table[3]["price"] = 77.0
        write_feed(feed, table)
        again = [*arguments[:-1], str(tmp_path / "other"), "--max-deletions", "100%"]
        folders = ["--index", str(place.index), "--encoder", str(place.encoder)]
        assert cli.run([*again, *folders]) == Outcome.DONE.value
        item = client.get("/items/n3").json()["item"]
        assert (item["heel"], item["price"]) == ("flat", 77.0)
        assert client.get("/items").json()["total"] == 30
        assert cli.run(again) == Outcome.DONE.value


def test_a_feed_is_imported_as_the_catalogue_it_names(tmp_path: Path) -> None:
    HashEncoder(32).save(tmp_path / "encoder")
    feed, catalogue = tmp_path / "feed.csv", tmp_path / "catalog.parquet"
    feed.write_text("Nummer;Wort;Preis;Stoff\n" + "1;Hut;1,50;Filz\n2;Rock;2,50;Leinen\n")
    named = ["--map", "id=Nummer", "--map", "title=Wort", "--drop", "Stoff"]
    assert cli.run(["import", str(feed), str(catalogue), *named]) == 0
    places = ["--index", str(tmp_path / "index"), "--encoder", str(tmp_path / "encoder")]
    assert cli.run(["sync", str(feed), *places]) == 1
    assert cli.run(["sync", str(feed), *places, "--like", str(catalogue)]) == 0
    item = open_version(tmp_path / "index").items.item(0)
    assert (item["id"], item["price"], "Stoff" in item) == ("1", 1.5, False)


def test_one_of_service_and_index_is_needed(tmp_path: Path) -> None:
    done = twinset("sync", tmp_path / "feed.csv", check=False)
    assert done.returncode == 1
    assert "give --to URL, --index FOLDER, or both" in done.stderr
