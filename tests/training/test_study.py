"""The study's comparison on an encoder without weights, against plain loops."""

import json
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from tests.support.paths import CONFIGS
from training.config_file import load_config
from training.evaluation.panel import Panel, open_panel, size_label, split_of_record
from training.evaluation.report import SHOP_TASKS, best_values, compare, write_reports
from training.evaluation.study import (
    VARIANTS,
    Measured,
    baselines,
    paired_differences,
    per_query,
    run_study,
    study_task,
    without_category,
)
from training.run.history import log_record
from twinset.artefacts import write_manifest
from twinset.encoders import HashEncoder, ItemVectors
from twinset.errors import CatalogueError


def say(encoder, **fields):
    """Add fields to what an encoder says of itself."""
    known = json.loads((encoder / "encoder.json").read_text())
    for name in ("schema_version", "kind", "files", "manifest_sha256"):
        known.pop(name)
    write_manifest(encoder, "encoder", known | fields, "encoder.json")


@pytest.fixture(scope="module")
def encoders(tmp_path_factory):
    """Two runs; the second says that it was trained, and left its curve."""
    folder = tmp_path_factory.mktemp("runs")
    HashEncoder(16).save(folder / "plain" / "encoder")
    HashEncoder(8).save(folder / "trained" / "encoder")
    config = load_config(CONFIGS / "clip-compact.toml")
    data = replace(config.data, split="stratified", test_fraction=0.6, train_share=0.5)
    say(folder / "trained" / "encoder", training=replace(config, data=data).to_dict())
    rates = {"image_rate": 1e-4, "text_rate": 1e-4, "head_rate": 1e-3, "logit_scale": 14.0}
    for step in range(1, 5):
        line = {"step": step, "loss": 1 / step, "seconds": 15.0}
        log_record(folder / "trained", line | rates)
    scores = {"item_recall@1": 0.5, "text_to_image_recall@10": 0.25, "validation_loss": 0.4}
    log_record(folder / "trained", {"step": 4, "epoch": 1, **scores})
    said = {"device": "cpu", "versions": {"torch": "2.13.0"}}
    (folder / "trained" / "environment.json").write_text(json.dumps(said))
    return [folder / "plain" / "encoder", folder / "trained" / "encoder"]


@pytest.fixture(scope="module")
def study(encoders, catalogue):
    return run_study(encoders, catalogue, "cpu")


def test_the_panel_is_what_every_run_kept_out(encoders, catalogue):
    assert len(open_panel(catalogue, encoders[:1])) == 36
    panel = open_panel(catalogue, encoders)
    record = json.loads((encoders[1] / "encoder.json").read_text())["training"]
    titles = catalogue.rows(["title"])["title"].to_pylist()
    assert panel.rows.tolist() == split_of_record(catalogue, titles, record)["test"].tolist()
    assert 0 < len(panel) < 36


def test_a_run_that_kept_nothing_out_is_refused(encoders, catalogue, tmp_path):
    HashEncoder(8).save(tmp_path / "encoder")
    config = load_config(CONFIGS / "clip-compact.toml")
    record = replace(config, data=replace(config.data, test_fraction=0.0)).to_dict()
    say(tmp_path / "encoder", training=record)
    with pytest.raises(CatalogueError, match="kept out"):
        open_panel(catalogue, [tmp_path / "encoder"])


def test_figures_equal_a_plain_loop(study):
    items, kinds = study.vectors.item, study.panel.category
    first = []
    for query in range(len(items)):
        others = [row for row in range(len(items)) if row != query]
        nearest = max(others, key=lambda row: float(items[query] @ items[row]))
        first.append(kinds[nearest] == kinds[query])
    figures = study.runs[0].variants["without_category"]["item_to_item"]["recall@1"]
    assert figures["mean"] == pytest.approx(np.mean(first))
    assert figures["low"] <= figures["mean"] <= figures["high"]


def test_the_category_in_the_text_answers_the_question(study):
    plain, full = (study.runs[0].variants[v]["text_to_text"]["precision@10"] for v in VARIANTS)
    assert full["mean"] > plain["mean"]


def test_products_without_a_side_neither_ask_nor_answer():
    rows = np.eye(4, dtype=np.float32)
    image = rows.copy()
    image[1] = 0
    panel = Panel(np.arange(4), np.zeros(4, np.int64), ["a"] * 4, np.zeros(4, np.int64))
    vectors = ItemVectors(image, rows, rows)
    places, values = per_query(vectors, panel, "image_to_image")
    assert places.tolist() == [0, 2, 3]
    # Two others each, all of the one category.
    assert values["precision@5"].tolist() == [2 / 5] * 3
    assert study_task(ItemVectors(np.zeros_like(rows), rows, rows), panel, "image_to_item") == {}


def test_popularity_answers_with_the_largest_category():
    category = np.repeat([0, 1, 2], [20, 6, 4])
    panel = Panel(np.arange(30), category, list(map(str, category)), np.zeros(30, np.int64))
    figures = dict(baselines(panel))["popularity"]
    # The 20 of the largest category meet it at once; the 6 after those 20, the 4 after 26.
    assert figures["recall@1"]["mean"] == pytest.approx(20 / 30)
    assert figures["mrr"]["mean"] == pytest.approx((20 + 6 / 21 + 4 / 27) / 30)


def test_cold_start_groups():
    labels = ["fewer than 5", "fewer than 20", "fewer than 100", "100 or more"]
    assert [size_label(count) for count in (4, 5, 99, 100)] == labels


def test_the_usual_ndcg_divides_by_what_there_is(study):
    items, kinds = study.vectors.item, study.panel.category
    usual, published = [], []
    for query in range(len(items)):
        others = [row for row in range(len(items)) if row != query]
        order = sorted(others, key=lambda row: -float(items[query] @ items[row]))
        hits = [kinds[row] == kinds[query] for row in order[:10]]
        gained = sum(hit / np.log2(rank + 2) for rank, hit in enumerate(hits))
        relevant = min(10, sum(kinds[row] == kinds[query] for row in others))
        reachable = sum(1 / np.log2(rank + 2) for rank in range(relevant))
        usual.append(gained / reachable if relevant else 0.0)
        published.append(gained / sum(1 / np.log2(rank + 2) for rank in range(10)))
    figures = study.runs[0].variants["without_category"]["item_to_item"]
    assert figures["usual ndcg@10"]["mean"] == pytest.approx(np.mean(usual))
    assert figures["ndcg@10"]["mean"] == pytest.approx(np.mean(published))


def test_differences_are_of_the_queries_that_both_runs_answer():
    def run(asked, values):
        return Measured(None, None, np.array(asked), {"mrr": np.array(values, float)})

    first, other = run([0, 1, 2, 3], [1, 0, 1, 0]), run([1, 3, 5], [1, 0.5, 1])
    found = paired_differences(first, other)["mrr"]
    assert found["mean"] == pytest.approx((1 + 0.5) / 2)
    assert found["low"] >= 0.5
    assert paired_differences(first, run([9], [1])) == {}


def test_runs_of_one_recipe_keep_their_pages_apart(encoders, catalogue, study, monkeypatch):
    same = Measured(study.runs[0], study.vectors, np.array([], np.int64), {})
    monkeypatch.setattr("training.evaluation.study.study_encoder", lambda *_: same)
    monkeypatch.setattr("training.evaluation.study.baselines", lambda _: [])
    told = run_study([encoders[0], encoders[1], encoders[0]], catalogue, "cpu")
    assert [run.title for run in told.runs] == ["hash", "hash (2)", "hash (3)"]
    assert list(told.details) == ["hash", "hash (2)", "hash (3)"]
    assert list(told.histories) == ["hash (2)"]
    assert list(told.differences) == ["hash (2)", "hash (3)"]


def test_a_label_goes_with_the_category():
    assert without_category("Category: {kind}. Name: {title}", "kind") == "Name: {title}"
    assert without_category("{title}, {kind}", "kind") == "{title}"
    assert without_category("{title}", None) == "{title}"


def test_the_catalogue_is_counted(study, catalogue):
    found = study.exploration
    assert (found.products, found.with_words, found.max_tokens) == (36, 36, 0)
    assert sum(count for _, count in found.categories) == 36


SCORES = {task: {"queries": 9, "recall@1": 0.123, "mrr": 0.456} for task in SHOP_TASKS}


def test_the_reports_are_whole_and_self_contained(study, catalogue, tmp_path):
    write_reports(tmp_path, study, catalogue, {"pool": 36, "scores": SCORES})
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["pool"] == 36
    assert report["study"]["products"] == len(study.panel)
    assert [run["train_share"] for run in report["study"]["runs"]] == [0.0, 0.5]
    assert sum(g["queries"] for g in report["study"]["runs"][0]["by_category"].values()) == len(
        study.panel
    )
    mean = report["study"]["runs"][0]["variants"]["without_category"]["item_to_item"]["mrr"]["mean"]
    tables = (tmp_path / "report.md").read_text()
    assert f"{mean:.4f}" in tables
    heads = [line for line in tables.splitlines() if "| usual ndcg@10 |" in line]
    assert len({line.count("|") for line in heads}) == 2  # with and without a column of queries
    page = (tmp_path / "report.html").read_text()
    # Categories, loss, two scores by epoch, rates, logit scale, t-SNE; no tokens: it has none.
    assert page.count("<svg") == 7
    assert 'src="data:image/jpeg;base64,' in page
    assert not re.search(r"(src|href)=.?http|url\(http|<script|<link", page)
    titles = [label for label, _ in compare(study, "with_category")]
    assert titles == ["hash", "hash, 50% of the training set", "random", "popularity"]
    for text in (unescape(page), tables):
        assert "2.13.0" in text
        assert "minutes of steps" in text
        assert all(words in text for words in SHOP_TASKS.values())
    assert "hash: items to words" in page
    assert page.count('class="best"') >= 7
    best = best_values(compare(study, "with_category"))["mrr"]
    assert f"**{best:.4f}**" in tables
