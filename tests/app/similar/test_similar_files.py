"""`twinset similar`: the files say what the route says, and only what changed is written."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest

from app.recommend.query import SearchQuery
from app.similar.similar_files import SimilarFiles, WriteReport, file_stem
from app.similar.similar_lists import open_live_version, similar_lists
from tests.support.live_service import COUNT, Place, serving
from tests.support.paths import ROOT
from twinset.errors import ConfigError, FilterError

WIDGET = ROOT / "app" / "storefront" / "static" / "widget.js"


def export(place: Place, folder: Path, **query: Any) -> WriteReport:
    version = open_live_version(place.index, place.encoder)
    files = SimilarFiles(folder, version, (), pictures=True)
    return files.write(similar_lists(version, SearchQuery(**{"limit": 24, **query})))


def read(folder: Path, item_id: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(
        (folder / "items" / f"{file_stem(item_id)}.json").read_text()
    )
    return content


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"limit": 5, "filter": "available = true"},
        {"group_by": "group_id"},
        {"limit": 3, "diversity": 0.6},
        {"min_score": 0.2},
    ],
)
def test_the_lists_are_those_of_the_route(place: Place, tmp_path: Path, query: Any) -> None:
    with serving(place) as client:
        client.put("/items/new one", json={"title": "red hat", "available": True})
        client.delete("/items/p7")
        client.patch("/items/p8", json={"price": 3.5})
        export(place, tmp_path / "out", **query)
        ids = [f"p{n}" for n in range(COUNT) if n != 7] + ["new one"]
        for item_id in ids:
            asked = {"limit": 24, **query}
            answer = client.get(f"/items/{quote(item_id)}/similar", params=asked).json()
            route = [(hit["id"], hit["score"]) for hit in answer["items"]]
            said = read(tmp_path / "out", item_id)
            assert [(hit["id"], hit["score"]) for hit in said["similar"]] == route
            shown = client.get(f"/items/{quote(item_id)}").json()["item"]
            assert {**said["item"], "image_url": None} == {**shown, "image_url": None}
            if shown["image_url"] is not None:
                picture = (tmp_path / "out" / said["item"]["image_url"]).read_bytes()
                assert picture == client.get(shown["image_url"]).content
    assert not (tmp_path / "out" / "items" / f"{file_stem('p7')}.json").exists()
    table = pq.read_table(tmp_path / "out" / "similar.parquet").to_pylist()
    rows = [(row["id"], row["rank"], row["similar_id"]) for row in table]
    assert rows == [
        (item_id, rank, hit["id"])
        for item_id in ids
        for rank, hit in enumerate(read(tmp_path / "out", item_id)["similar"], start=1)
    ]


def test_only_what_changed_is_written(place: Place, tmp_path: Path) -> None:
    first = export(place, tmp_path / "out")
    assert (first.unchanged, first.removed) == (0, 0)
    assert export(place, tmp_path / "out") == WriteReport(0, first.written, 0)
    with serving(place) as client:
        client.patch("/items/p3", json={"price": 1.25})
    changed = export(place, tmp_path / "out")
    assert changed == WriteReport(1, first.written - 1, 0)
    assert read(tmp_path / "out", "p3")["item"]["price"] == 1.25
    with serving(place) as client:
        client.delete("/items/p3")
    assert export(place, tmp_path / "out").removed >= 1


def test_what_a_killed_export_left_is_removed(place: Place, tmp_path: Path) -> None:
    export(place, tmp_path / "out")
    left = tmp_path / "out" / "items" / file_stem("p1").split("/")[0] / ".half.json.tmp"
    left.write_bytes(b"{")
    assert export(place, tmp_path / "out").removed == 1
    assert not left.exists()


def test_a_folder_of_somebody_else_is_left_alone(place: Place, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(ConfigError, match="other files"):
        export(place, tmp_path)
    with pytest.raises(FilterError):
        export(place, tmp_path / "out", filter="colour = ")


IDS = ["S0001", "a b", "a/b", "é☃", "=%~", "x'!*()", "😀" * 60, ".", "a" * 256, "A", "a"]


def test_the_widget_finds_the_same_files() -> None:
    script = WIDGET.read_text()
    function = script[
        script.index("function fileOf") : script.index("/** The answer of the service")
    ]
    code = f"{function}\nconsole.log(JSON.stringify({json.dumps(IDS)}.map(fileOf)))"
    run = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == [f"items/{file_stem(item_id)}.json" for item_id in IDS]
    assert len({file_stem(item_id) for item_id in IDS}) == len(IDS)
    assert all(len(Path(file_stem(item_id)).name) < 200 for item_id in IDS)
