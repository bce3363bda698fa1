"""Whether an index version may take the place of the live one.

Both are asked which items are like an item, each by its own vectors and index. The questions are
items that both versions hold; an answer is right if it has the item's category.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinset.index.index_versions import IndexVersion, shrinks_too_much
from twinset.retrieval_metrics import Neighbours, study_metrics

QUESTIONS = 200
_NEIGHBOURS = 10


@dataclass(frozen=True)
class Quality:
    """How good one version is: recall@10 as its build measured it against exact search, and the
    means over the questions.

    A mean is None if the version has no category or the versions share no item.
    """

    version: str
    items: int
    recall_at_10: float | None
    precision_at_10: float | None
    ndcg_at_10: float | None


@dataclass(frozen=True)
class Comparison:
    live: Quality
    candidate: Quality
    questions: int

    def faults(self, margin: float) -> list[str]:
        """What is wrong with the candidate, in words, if it is worse by more than `margin`."""
        found = []
        for name, label in (
            ("recall_at_10", "recall@10"),
            ("precision_at_10", "precision@10"),
            ("ndcg_at_10", "NDCG@10"),
        ):
            now, then = getattr(self.live, name), getattr(self.candidate, name)
            if now is not None and then is not None and then < now - margin:
                found.append(f"{label} {then:.3f}, not {now:.3f}")
        if shrinks_too_much(self.candidate.items, self.live.items):
            found.append(f"{self.candidate.items} items, not {self.live.items}")
        return found


def compare(live: IndexVersion, candidate: IndexVersion) -> Comparison:
    """Measure two versions with the same questions."""
    ids = _questions(live, candidate)
    return Comparison(_quality(live, ids), _quality(candidate, ids), len(ids))


def _questions(live: IndexVersion, candidate: IndexVersion) -> list[str]:
    if live.category is None or live.category != candidate.category:
        return []
    rows = np.random.default_rng(0).permutation(len(live))
    ids: list[str] = []
    for row in rows[: 10 * QUESTIONS].tolist():
        item_id = live.items.id_of(row)
        places = ((live, row), (candidate, candidate.items.row_of(item_id)))
        if all(at is not None and _category(of)[at] >= 0 for of, at in places):
            ids.append(item_id)
        if len(ids) == QUESTIONS:
            break
    return ids


def _category(version: IndexVersion) -> NDArray[np.int64]:
    """Codes (n,) of the category; -1 if an item has none."""
    column = version.items.columns[str(version.category)]
    return np.where(column.present, column.values.astype(np.int64), -1)


def _quality(version: IndexVersion, ids: Sequence[str]) -> Quality:
    means = _means(version, ids) if ids else {}
    return Quality(
        version=version.name,
        items=version.count,
        recall_at_10=version.manifest.get("recall_at_10"),
        precision_at_10=means.get("precision@10"),
        ndcg_at_10=means.get("ndcg@10"),
    )


def _means(version: IndexVersion, ids: Sequence[str]) -> dict[str, float]:
    codes = _category(version)
    k = min(_NEIGHBOURS, max(1, len(version) - 1))
    hits, alike = np.zeros((len(ids), k), np.bool_), np.zeros(len(ids), np.int64)
    for number, item_id in enumerate(ids):
        row = version.items.row_of(item_id)
        rows = version.index.search(version.index.vector(row or 0)[None], k + 1)[0][0]
        others = rows[(rows >= 0) & (rows != row)][:k]
        hits[number, : len(others)] = codes[others] == codes[row]
        alike[number] = (codes == codes[row]).sum() - 1
    first = np.where(hits.any(axis=1), hits.argmax(axis=1) + 1.0, np.inf)
    metrics = study_metrics(Neighbours(first, hits, alike))
    return {name: float(values.mean()) for name, values in metrics.items()}
