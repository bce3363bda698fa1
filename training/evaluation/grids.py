"""Queries and what comes back for them, as pictures of the report."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray

from training.evaluation.study import TASKS, Study
from training.export.embed_catalogue import decode_or_none
from twinset.catalogue import Catalogue

GRIDS = {
    "item_to_item": "items to an item",
    "image_to_item": "items to a photo",
    "text_to_item": "items to words",
}
_ROWS = 8
_THUMBNAIL = (120, 160)


def retrieval_grid(study: Study, catalogue: Catalogue, task: str) -> list[list[dict[str, str]]]:
    """Rows of query and five nearest products, drawn from different categories.

    A query of words shows its words alone, without a picture.
    """
    panel = study.panel
    asks, answers = (getattr(study.vectors, side) for side in TASKS[task])
    usable = np.flatnonzero(asks.any(axis=1))
    firsts = usable[np.unique(panel.category[usable], return_index=True)[1]]
    queries = np.random.default_rng(0).permutation(firsts)[:_ROWS]
    similarity = asks[queries] @ answers.T
    similarity[np.arange(len(queries)), queries] = -np.inf
    nearest = np.argsort(-similarity, axis=1)[:, : min(5, len(panel) - 1)]
    shown = np.unique(np.concatenate([queries, nearest.ravel()]))
    thumbnails = _thumbnails(catalogue, panel.rows[shown])
    titles = catalogue.rows(["title"])["title"].to_pylist()

    def cell(place: int, kind: str) -> dict[str, str]:
        row = int(panel.rows[place])
        worded = kind == "query" and TASKS[task][0] == "text"
        return {
            "kind": kind,
            "title": titles[row] or "",
            "category": panel.category_names[place],
            "image": "" if worded else thumbnails.get(row, ""),
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
