"""kill -9 at each step of a publish, a switch, a fold, and of applying writes to Milvus: the old
version is live, or the new, and no write is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.live_service import Place
from tests.support.live_shop import build, products
from tests.support.paths import ROOT


def die_and_look(place: Place, action: str, stride: int = 1) -> list[dict[str, Any]]:
    """What `tests.support.dying` found after each death, and in the end after none."""
    folder = place.index.parent
    inputs = (sorted(folder.glob("embeddings-*"))[-1], folder / "catalog.parquet")
    command = [sys.executable, "-m", "tests.support.dying", action, place.index, place.encoder]
    result = subprocess.run(
        [*map(str, command), *map(str, inputs), "--stride", str(stride)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=3000,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return [json.loads(line) for line in result.stdout.splitlines()]


def check_old_or_new(rounds: list[dict[str, Any]], action: str) -> None:
    assert all(one["died"] for one in rounds[:-1])
    assert not rounds[-1]["died"]
    for one in rounds:
        new = set(one["opened"]) - set(one["versions"])
        assert one["after"] in {one["before"], *new, *one["versions"]}
        assert one["after"] in one["opened"]
        assert one["agrees"]
        assert one.get("alias", one["after"]) == one["after"]
        if action != "activate":
            assert one["after"] == one["before"] or one["after"] in new
    assert any(one["after"] != one["before"] for one in rounds)


@pytest.mark.parametrize(("action", "least"), [("build", 20), ("activate", 3), ("compact", 20)])
def test_a_step_that_dies_leaves_the_old_or_the_new(
    place: Place, action: str, least: int, full: bool
) -> None:
    build(place.index.parent, products(30))  # a second version, and inputs for more
    stride = 1 if full or action == "activate" else 4
    rounds = die_and_look(place, action, stride)
    assert len(rounds) > least // stride
    check_old_or_new(rounds, action)
    assert any(one["after"] == one["before"] for one in rounds)


@pytest.mark.long
@pytest.mark.parametrize("action", ["build", "activate", "compact"])
def test_so_it_does_in_milvus(
    milvus_place: Place, action: str, full: bool, figures: dict[str, object]
) -> None:
    """A death before each call to the server, too."""
    rounds = die_and_look(milvus_place, action, 1 if full or action == "activate" else 15)
    figures["deaths"] = len(rounds) - 1
    check_old_or_new(rounds, action)
    assert any(one["after"] == one["before"] for one in rounds)


def test_a_write_is_applied_to_milvus_or_still_in_memory(
    milvus_place: Place, full: bool, figures: dict[str, object]
) -> None:
    rounds = die_and_look(milvus_place, "apply", 1 if full else 3)
    figures["deaths"] = len(rounds) - 1
    assert all(one["agrees"] for one in rounds)
    assert any(one["unapplied"] for one in rounds)
    assert not rounds[-1]["unapplied"]
