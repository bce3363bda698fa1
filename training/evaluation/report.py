"""report.json, the tables of report.md, and the self-contained report.html of an evaluation."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from training.edits.edit_figures import METRICS as EDIT_METRICS
from training.evaluation.grids import GRIDS, retrieval_grid
from training.evaluation.plots import (
    category_bars,
    category_map,
    length_bars,
    loss_curves,
    score_curve,
    share_curve,
    step_curves,
    to_svg,
)
from training.evaluation.study import VARIANTS, Figures, Study
from twinset.catalogue import Catalogue

METRICS = (
    "recall@1",
    "recall@5",
    "recall@10",
    "mrr",
    "ndcg@10",
    "usual ndcg@10",
    "precision@10",
)
SHOP_TASKS = {
    "own_photo": "a product's own photo finds it",
    "picture_neighbours": "the items nearest to a photo are of its category",
    "text_to_image": "an exact name finds its picture",
    "text_to_item": "an exact name finds its item",
}
_OBJECTIVES = {"clip": "contrastive", "hybrid": "triplet", "": "unnamed"}
_RATES = {"image_rate": "-", "text_rate": "--", "head_rate": ":"}
# Pools of different sizes: a curve compares with itself.
_OWN = "each run on its own validation products"


def write_reports(
    out: Path, study: Study, catalogue: Catalogue, shop: Mapping[str, Any] | None = None
) -> None:
    """Write report.json, with the fields of `shop` beside the study, report.md and report.html."""
    text = json.dumps({**(shop or {}), "study": study.to_dict()}, indent=2)
    (out / "report.json").write_text(text + "\n", encoding="utf-8")
    environment = Environment(
        loader=PackageLoader("training", "evaluation"), autoescape=True, undefined=StrictUndefined
    )
    compared = {variant: compare(study, variant) for variant in VARIANTS}
    tables = {
        "metrics": METRICS,
        "variants": VARIANTS,
        "runs": study.runs,
        "panel": study.panel,
        "compared": compared,
        "best": {variant: best_values(rows) for variant, rows in compared.items()},
        "differences": list(study.differences.items()),
        "exploration": study.exploration,
        "circumstances": details_table(study, "circumstances"),
        "settings": details_table(study, "settings"),
        "shop_tasks": SHOP_TASKS,
        "scores": (shop or {}).get("scores"),
        "edits": (shop or {}).get("edits"),
        "duplicates": (shop or {}).get("duplicates"),
        "edit_metrics": EDIT_METRICS,
    }
    page = environment.get_template("report.html.jinja").render(
        **tables,
        title=study.runs[0].label,
        plots=[(heading, to_svg(figure)) for heading, figure in _plots(study)],
        breakdowns=[
            ("by how many products of the category were trained on", study.runs[0].by_size),
            ("by category", study.runs[0].by_category),
        ],
        grids=[(words, retrieval_grid(study, catalogue, task)) for task, words in GRIDS.items()],
    )
    (out / "report.html").write_text(page, encoding="utf-8")
    # Not HTML, so nothing is escaped: labels are an encoder's name.
    lines = environment.overlay(autoescape=False).get_template("report.md.jinja").render(**tables)
    (out / "report.md").write_text(lines, encoding="utf-8")


def compare(study: Study, variant: str) -> list[tuple[str, Figures]]:
    """Rows of the table of all runs, item to item, the baselines last."""
    rows = [(run.title, run.variants[variant]["item_to_item"]) for run in study.runs]
    return [*rows, *study.baselines.items()]


def best_values(rows: Sequence[tuple[str, Figures]]) -> dict[str, float]:
    """The highest mean of each metric; nothing to mark if there is one row."""
    given = [figures for _, figures in rows if figures]
    if len(given) < 2:
        return {}
    return {metric: max(figures[metric]["mean"] for figures in given) for metric in METRICS}


def details_table(study: Study, part: str) -> list[tuple[str, list[Any]]]:
    """Rows of name and one value per run, blank for a run that does not say."""
    each = [getattr(details, part) for details in study.details.values()]
    names = dict.fromkeys(name for values in each for name in values)
    return [(name, [values.get(name, "") for values in each]) for name in names]


def _plots(study: Study) -> list[tuple[str, Any]]:
    found = study.exploration
    plots: list[tuple[str, Any]] = []
    if found.categories:
        plots.append(("The largest categories of the catalogue", category_bars(found.categories)))
    if found.token_lengths:
        figure = length_bars(found.token_lengths, found.max_tokens)
        plots.append(("Tokens of the catalogue's texts", figure))
    plots += _curves(study)
    shares: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for run in study.runs:
        figures = run.variants[VARIANTS[0]]["item_to_item"]
        if run.train_share and figures:
            shares[run.label].append((run.train_share, figures["recall@1"]["mean"]))
    sparse = {label: points for label, points in shares.items() if len(points) > 1}
    if sparse:
        plots.append(("Sparsity", share_curve(sparse, "recall@1")))
    map_of = category_map(study.vectors.item, study.panel.category_names)
    return [*plots, ("The ten largest categories (t-SNE of item vectors)", map_of)]


def _curves(study: Study) -> list[tuple[str, Any]]:
    """What the histories of the runs hold."""
    histories = study.histories
    if not histories:
        return []
    objectives = {title: _OBJECTIVES[study.details[title].strategy] for title in histories}
    plots = [("Loss, smoothed, and validation loss (dashed)", loss_curves(histories, objectives))]
    scores = ("item_recall@1", "text_to_image_recall@10")
    plots += [(f"{s} by epoch, {_OWN}", score_curve(histories, s)) for s in scores]
    for heading, values in (("Learning rates", _RATES), ("Logit scale", {"logit_scale": "-"})):
        figure = step_curves(histories, values)
        if figure is not None:
            plots.append((heading, figure))
    return plots
