"""kill -9 at each step of a publish, a switch and a fold: the old version is live, or the new."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.live.conftest import Place
from tests.live.shop import build, products


@pytest.mark.parametrize(("action", "least"), [("build", 20), ("activate", 3), ("compact", 20)])
def test_a_step_that_dies_leaves_the_old_or_the_new(place: Place, action: str, least: int) -> None:
    folder = place.index.parent
    build(folder, products(30))  # a second version, and inputs for more
    inputs = (sorted(folder.glob("embeddings-*"))[-1], folder / "catalog.parquet")
    command = [sys.executable, "-m", "tests.faults.dying", action, place.index, place.encoder]
    result = subprocess.run(
        [*map(str, command), *map(str, inputs)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=600,
    )
    rounds = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(rounds) > least
    assert all(one["died"] for one in rounds[:-1])
    assert not rounds[-1]["died"]
    for one in rounds:
        new = set(one["opened"]) - set(one["versions"])
        assert one["after"] in {one["before"], *new, *one["versions"]}
        assert one["after"] in one["opened"]
        if action != "activate":
            assert one["after"] == one["before"] or one["after"] in new
    # Both sides of the one moment were met.
    assert any(one["after"] == one["before"] for one in rounds)
    assert any(one["after"] != one["before"] for one in rounds)
