"""Synonyms that a shop sets: live, in a file, for every worker, over restarts."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from tests.support.live_service import Place, serving
from tests.support.raw_client import check
from twinset.cli import app as cli
from twinset.errors import ConfigError, InvalidInput
from twinset.words.synonyms.synonym_file import LIVE_FILE, SynonymFile
from twinset.words.synonyms.synonyms import DEFAULT_LINE, Synonyms, default_lines, default_synonyms


def rewordings(client: httpx.Client, query: str) -> list[tuple[str, str]]:
    answer = client.post("/recommend/by-text", json={"query": query}).json()
    return [(one["from"], one["to"]) for one in answer.get("understood", {}).get("synonyms", [])]


def test_synonyms_are_set_live_and_outlast_a_restart(place: Place) -> None:
    with serving(place) as client:
        before = client.get("/synonyms").json()
        assert (before["source"], before["lines"]) == ("default", list(default_lines()))
        assert rewordings(client, "zog") == []
        answer = client.put("/synonyms", json={"lines": [DEFAULT_LINE, " zog, dress "]})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["source"], answer.json()["lines"][1]) == ("live", "zog, dress")
        assert rewordings(client, "red zog") == [("zog", "dress")]
        assert rewordings(client, "frock") == [("frock", "dress")]  # of the list of Twinset
    with serving(place) as client, serving(place) as other:
        assert rewordings(client, "zog") == rewordings(other, "zog") == [("zog", "dress")]
        assert client.put("/synonyms", json={"lines": []}).status_code == 200
        time.sleep(0.5)
        assert rewordings(other, "zog") == rewordings(other, "frock") == []
        assert client.delete("/synonyms").json()["source"] == "default"
        assert rewordings(client, "frock") == [("frock", "dress")]


def test_a_held_list_of_an_edit_is_read_anew_with_other_synonyms(shared: httpx.Client) -> None:
    def ask(tag: str = "", **fields: str) -> httpx.Response:
        return shared.get("/items/p6/similar", params=fields, headers={"If-None-Match": tag})

    plain, edited = ask().headers["etag"], ask(edit="in zog").headers["etag"]
    assert ask(edited, edit="in zog").status_code == 304
    try:
        assert shared.put("/synonyms", json={"lines": ["zog, red"]}).status_code == 200
        changed = ask(edited, edit="in zog")
        assert changed.status_code == 200
        assert changed.json()["understood"]["preferred"][0]["values"] == ["red"]
        assert ask(plain).status_code == 304
    finally:
        assert shared.delete("/synonyms").status_code == 200
    assert ask(edited, edit="in zog").status_code == 304


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"lines": ["alone"]}, 422, "invalid_input"),
        ({"lines": ["=> b"]}, 422, "invalid_input"),
        ({"lines": ["a, b\nc, d"]}, 422, "invalid_request"),
        ({"lines": ["x" * 1001]}, 422, "invalid_request"),
        ({"lines": ["a, b"] * 5001}, 422, "invalid_request"),
        ({"lines": "a, b"}, 422, "invalid_request"),
        ({"words": []}, 422, "invalid_request"),
        ([], 422, "invalid_request"),
    ],
)
def test_wrong_synonyms_change_nothing(
    shared: httpx.Client, body: object, status: int, code: str
) -> None:
    before = shared.get("/synonyms").json()["lines"]
    check(shared.put("/synonyms", json=body), status, code)
    assert shared.get("/synonyms").json()["lines"] == before


def test_synonyms_take_the_admin_key(shared: httpx.Client) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = httpx.request(method, shared.base_url.join("/synonyms"), json={"lines": []})
        check(answer, 401, "unauthorized")


def test_a_file_of_the_shop_stands_between(tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_text("# ours\nzog, dress\n\n")
    file = SynonymFile(tmp_path, own)
    assert file.lines() == ("file", ("# ours", "zog, dress", ""))
    assert file.current.of(["zog"]) == ("dress",)
    assert file.current.of(["frock"]) == ()
    file.write(["zog, hat"])
    assert file.current.of(["zog"]) == ("hat",)
    assert SynonymFile(tmp_path, own).current.of(["zog"]) == ("hat",)
    file.remove()
    assert file.current.of(["zog"]) == ("dress",)


def test_a_damaged_live_file_leaves_what_counted(tmp_path: Path) -> None:
    file = SynonymFile(tmp_path)
    file.write(["zog, hat"])
    for bad in (b"alone\n", b"\xff\xfe, b\n"):
        (tmp_path / LIVE_FILE).write_bytes(bad)
        file.refresh()
        assert file.current.of(["zog"]) == ("hat",)


@pytest.mark.parametrize("text", [None, "alone\n", "\udcff"])
def test_a_wrong_file_is_refused_before_the_port_is_opened(
    tmp_path: Path, text: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINSET_SYNONYMS", "")  # taken away again after the test
    monkeypatch.delenv("TWINSET_SYNONYMS")
    own = tmp_path / "own.txt"
    if text is not None:
        own.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match=r"own\.txt"):
        SynonymFile(tmp_path, own)
    arguments = ["serve", "--encoder", "x", "--index", str(tmp_path), "--synonyms", str(own)]
    assert CliRunner().invoke(cli, arguments).exit_code != 0


def test_lines_are_those_of_solr() -> None:
    found = Synonyms.read(["a b, C-D # words", "purse => bag, wallet", "# nothing", "", "x y, z"])
    assert found.of(["a", "b"]) == ("C-D",)
    assert found.of(["cd"]) == found.of(["c", "d"]) == ("a b",)
    assert found.of(["purse"]) == ("bag", "wallet")
    assert found.of(["bag"]) == ()
    assert found.knows("a")
    assert not found.knows("wallet")
    with pytest.raises(InvalidInput, match="line 2"):
        Synonyms.read(["a, b", "alone"])


def test_the_list_of_twinset_can_be_read() -> None:
    assert default_synonyms().of(["trainers"])[0] == "sneakers"
    lines = [line for line in default_lines() if line and not line.startswith("#")]
    assert len(lines) > 60
