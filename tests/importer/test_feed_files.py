"""Files of every source system, as its documentation shows them, come in without an option.

Each folder of `feeds/` holds files and `expected.json`: what an import makes of each.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from importer import ImportOptions, import_catalogue

FEEDS = Path(__file__).with_name("feeds")
CASES = [
    pytest.param(folder.parent / file, expected, id=f"{folder.parent.name}/{file}")
    for folder in sorted(FEEDS.glob("*/expected.json"))
    for file, expected in json.loads(folder.read_text("utf-8")).items()
]


@pytest.mark.parametrize(("source", "expected"), CASES)
def test_a_file_comes_in_without_an_option(
    tmp_path: Path, source: Path, expected: dict[str, Any]
) -> None:
    out = tmp_path / "out.parquet"
    report = import_catalogue(source, out, ImportOptions(fetch_pictures=False))
    items = {item["id"]: item for item in pq.read_table(out).to_pylist()}
    assert report.system == expected["system"]
    assert report.rejected == {}
    assert len(items) == expected["products"], sorted(items)
    assert report.hidden == expected.get("hidden", 0)
    for item_id, fields in expected["items"].items():
        assert {name: items[item_id].get(name) for name in fields} == fields
    public = " ".join(name for item in items.values() for name in item).lower()
    assert [word for word in expected.get("private", ()) if word in public] == []
