"""report.json, the tables of report.md, and the self-contained report.html of an evaluation."""

from __future__ import annotations

import base64
import io
import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from numpy.typing import NDArray

from training.edits.edit_figures import METRICS as EDIT_METRICS
from training.evaluation.plots import (
    category_map,
    loss_curve,
    score_curve,
    share_curve,
    to_svg,
)
from training.evaluation.study import VARIANTS, Figures, Study
from training.export.embed_catalogue import decode_or_none
from twinset.catalogue import Catalogue

METRICS = ("recall@1", "recall@5", "recall@10", "mrr", "ndcg@10", "precision@10")
_GRID_ROWS = 12
_THUMBNAIL = (120, 160)
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
    tables = {
        "metrics": METRICS,
        "variants": VARIANTS,
        "runs": study.runs,
        "compared": {variant: compare(study, variant) for variant in VARIANTS},
        "edits": (shop or {}).get("edits"),
        "edit_metrics": EDIT_METRICS,
    }
    page = environment.get_template("report.html.jinja").render(
        **tables,
        title=study.runs[0].label,
        panel=study.panel,
        plots=[(heading, to_svg(figure)) for heading, figure in _plots(study)],
        breakdowns=[
            ("by how many products of the category were trained on", study.runs[0].by_size),
            ("by category", study.runs[0].by_category),
        ],
        grid=retrieval_grid(study, catalogue),
    )
    (out / "report.html").write_text(page, encoding="utf-8")
    # Not HTML, so nothing is escaped: labels are an encoder's name.
    lines = environment.overlay(autoescape=False).get_template("report.md.jinja").render(**tables)
    (out / "report.md").write_text(lines, encoding="utf-8")


def compare(study: Study, variant: str) -> list[tuple[str, Figures]]:
    """Rows of the table of all runs, item to item, the baselines last."""
    rows = [(run.title, run.variants[variant]["item_to_item"]) for run in study.runs]
    return [*rows, *study.baselines.items()]


def _plots(study: Study) -> list[tuple[str, Any]]:
    plots = []
    if study.histories:
        plots.append(("Training loss", loss_curve(study.histories)))
        scores = ("item_recall@1", "text_to_image_recall@10")
        plots += [(f"{s} by epoch, {_OWN}", score_curve(study.histories, s)) for s in scores]
    shares: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for run in study.runs:
        figures = run.variants[VARIANTS[0]]["item_to_item"]
        if run.train_share and figures:
            shares[run.label].append((run.train_share, figures["recall@1"]["mean"]))
    sparse = {label: points for label, points in shares.items() if len(points) > 1}
    if sparse:
        plots.append(("Sparsity", share_curve(sparse, "recall@1")))
    map_of = category_map(study.items, study.panel.category_names)
    return [*plots, ("The ten largest categories (t-SNE of item vectors)", map_of)]


def retrieval_grid(study: Study, catalogue: Catalogue) -> list[list[dict[str, str]]]:
    """Rows of query and five nearest products, drawn from different categories."""
    panel = study.panel
    firsts = np.unique(panel.category, return_index=True)[1]
    queries = np.random.default_rng(0).permutation(firsts)[:_GRID_ROWS]
    similarity = study.items[queries] @ study.items.T
    similarity[np.arange(len(queries)), queries] = -np.inf
    nearest = np.argsort(-similarity, axis=1)[:, : min(5, len(panel) - 1)]
    shown = np.unique(np.concatenate([queries, nearest.ravel()]))
    thumbnails = _thumbnails(catalogue, panel.rows[shown])
    titles = catalogue.rows(["title"])["title"].to_pylist()

    def cell(place: int, kind: str) -> dict[str, str]:
        row = int(panel.rows[place])
        return {
            "kind": kind,
            "title": titles[row] or "",
            "category": panel.category_names[place],
            "image": thumbnails.get(row, ""),
        }

    return [
        [
            cell(query, "query"),
            *(
                cell(n, "hit" if panel.category[n] == panel.category[query] else "miss")
                for n in found
            ),
        ]
        for query, found in zip(queries, nearest, strict=True)
    ]


def _thumbnails(catalogue: Catalogue, rows: NDArray[np.int64]) -> dict[int, str]:
    """Base64 JPEG of some products' images, by row; products without a usable one are absent."""
    wanted, thumbnails = set(rows.tolist()), {}
    for row, data in enumerate(catalogue.images()):
        image = decode_or_none(data, _THUMBNAIL) if row in wanted else None
        if image is not None:
            image.thumbnail(_THUMBNAIL)
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=80)
            thumbnails[row] = base64.b64encode(buffer.getvalue()).decode()
    return thumbnails
