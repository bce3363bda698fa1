"""The benchmark of words, on a small shop whose answers are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality.words.bare_items import bare_table
from benchmarks.quality.words.word_figures import _figure
from benchmarks.quality.words.word_shop import EVERY, NONE, WordShop
from benchmarks.quality.words.word_tasks import Task, tasks_of
from tests.support.live_shop import ENCODER, build, products

COUNT = 500


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("shop"), products(COUNT))


@pytest.fixture(scope="module")
def shop(index: Path) -> WordShop:
    return WordShop.open(index, ENCODER)


def mean(task: Task, shop: WordShop, parts: object = EVERY) -> float:
    return float(np.mean([_figure(task, shop, parts, *query) for query in task.queries]))


def test_tasks_ask_for_what_the_shop_has(shop: WordShop) -> None:
    tasks = {task.name: task for task in tasks_of(shop, np.random.default_rng(0))}
    assert mean(tasks["id typed whole"], shop) == 1.0
    colours = dict(tasks["colour"].queries)
    assert colours["red"].sum() == sum(row == "red" for row in shop.colours)
    prices = tasks["price in words obeyed"]
    assert mean(prices, shop) == 1.0
    assert mean(prices, shop, replace(EVERY, filters=False)) < 1.0
    wrong = tasks["one letter deleted, share of the right spelling's"]
    assert wrong.relative is not None
    for (typed, _), right in zip(wrong.queries, wrong.relative, strict=True):
        assert len(typed) == len(right) - 1


def test_parts_can_be_switched_off(shop: WordShop) -> None:
    """Without any, words are compared by their vectors alone."""
    rows, _ = shop.version.index.search(shop.vector("red dress")[None], 10)
    assert shop.ask("red dress", NONE) == rows[0].tolist()
    assert shop.ask("red dress") != rows[0].tolist()


def test_items_without_a_picture_are_written_beside_the_shop(shop: WordShop, index: Path) -> None:
    before = sorted(path.name for path in index.iterdir())
    table = str(bare_table(shop, index))
    assert "their share of the catalogue" in table
    assert sorted(path.name for path in index.iterdir()) == before
