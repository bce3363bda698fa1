"""Figures of the report as SVG text, drawn without a display."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from sklearn.manifold import TSNE

from training.run.history import History

_POINTS = 1500  # of the t-SNE: more takes minutes and shows no more


def to_svg(figure: Figure) -> str:
    """The `<svg>` element of a figure, without the XML preamble; the same bytes every time."""
    buffer = io.StringIO()
    with rc_context({"svg.hashsalt": "twinset"}):
        figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def loss_curve(histories: Mapping[str, History]) -> Figure:
    """Training loss by step, one line per run."""
    figure, axes = _axes("step", "loss")
    for label, history in histories.items():
        steps = [line for line in history if "loss" in line]
        axes.plot([s["step"] for s in steps], _smooth([s["loss"] for s in steps]), label=label)
    axes.legend()
    return figure


def score_curve(histories: Mapping[str, History], score: str) -> Figure:
    """A validation score by epoch, one line per run."""
    figure, axes = _axes("epoch", score)
    for label, history in histories.items():
        epochs = [line for line in history if score in line]
        axes.plot([e["epoch"] for e in epochs], [e[score] for e in epochs], "o-", label=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend()
    return figure


def share_curve(points: Mapping[str, Sequence[tuple[float, float]]], score: str) -> Figure:
    """A score against the share of the training set, one line per name of runs."""
    figure, axes = _axes("share of the training set", score)
    for label, pairs in points.items():
        shares, values = zip(*sorted(pairs), strict=True)
        axes.plot(shares, values, "o-", label=label)
    axes.legend()
    return figure


def category_map(vectors: NDArray[np.float32], names: Sequence[str]) -> Figure:
    """t-SNE (van der Maaten and Hinton, 2008) of the ten largest categories; (n, d), n names."""
    largest = [name for name, _ in Counter(names).most_common(10)]
    labels = np.array(names)
    rows = np.flatnonzero(np.isin(labels, largest))
    if len(rows) > _POINTS:
        rows = np.sort(np.random.default_rng(0).choice(rows, _POINTS, replace=False))
    perplexity = min(30.0, (len(rows) - 1) / 3)
    places = TSNE(perplexity=perplexity, metric="cosine", random_state=0).fit_transform(
        vectors[rows]
    )
    figure, axes = _axes("", "")
    for number, name in enumerate(largest):
        own = labels[rows] == name
        axes.scatter(*places[own].T, s=5, color=f"C{number}", label=name)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), markerscale=3)
    return figure


def _axes(x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7, 4))
    axes = figure.subplots()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


def _smooth(values: Sequence[float], share: float = 0.95) -> list[float]:
    """Exponential mean, corrected for its start, since single batches jump."""
    smooth, current = [], 0.0
    for count, value in enumerate(values, 1):
        current = share * current + (1 - share) * value
        smooth.append(current / (1 - share**count))
    return smooth
