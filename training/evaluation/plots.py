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

_BARS = 15
_POINTS = 1500  # of the t-SNE: more takes minutes and shows no more


def to_svg(figure: Figure) -> str:
    """The `<svg>` element of a figure, without the XML preamble; the same bytes every time."""
    buffer = io.StringIO()
    with rc_context({"svg.hashsalt": "twinset"}):
        figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def loss_curves(histories: Mapping[str, History], objectives: Mapping[str, str]) -> Figure:
    """Training loss by step and, dashed, validation loss by epoch: one line per run, one pair of
    axes per objective, since losses of different objectives do not compare. `objectives` maps each
    run to that of its loss."""
    kinds = sorted({objectives[label] for label in histories})
    figure = Figure(figsize=(7 * max(1, len(kinds)), 4))
    for place, kind in enumerate(kinds):
        axes = figure.add_subplot(1, len(kinds), place + 1)
        axes.set_title(f"{kind} loss")
        axes.set_xlabel("step")
        own = {label: lines for label, lines in histories.items() if objectives[label] == kind}
        for number, (label, history) in enumerate(own.items()):
            steps = [line for line in history if "loss" in line]
            losses = _smooth([s["loss"] for s in steps])
            axes.plot([s["step"] for s in steps], losses, f"C{number}", label=label)
            epochs = [line for line in history if "validation_loss" in line]
            if epochs:
                style = {"color": f"C{number}", "linestyle": "--", "marker": "o"}
                losses = [e["validation_loss"] for e in epochs]
                axes.plot(
                    [e["step"] for e in epochs], losses, label=f"{label}, validation", **style
                )
        axes.legend()
    return figure


def step_curves(histories: Mapping[str, History], values: Mapping[str, str]) -> Figure | None:
    """Values of every step, one line per run and value: `values` maps the name in a history to the
    style of its line. None if no run has any."""
    figure, axes = _axes("step", "")
    for number, (label, history) in enumerate(histories.items()):
        for value, style in values.items():
            steps = [line for line in history if value in line]
            if steps:
                line = axes.plot([s["step"] for s in steps], [s[value] for s in steps], style)[0]
                line.set_color(f"C{number}")
                line.set_label(f"{label}, {value.replace('_', ' ')}")
    if not axes.lines:
        return None
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


def category_bars(categories: Sequence[tuple[str, int]]) -> Figure:
    """How many products the largest categories have."""
    names, counts = zip(*reversed(categories[:_BARS]), strict=True)
    figure = Figure(figsize=(7, 0.5 + 0.25 * len(names)))
    axes = figure.subplots()
    axes.barh(names, counts)
    axes.bar_label(axes.containers[0], fmt="{:,.0f}", padding=3)
    axes.set_xlabel("products")
    axes.margins(x=0.12)
    return figure


def length_bars(lengths: Sequence[tuple[int, int]], limit: int) -> Figure:
    """How many texts have each number of tokens, with the encoder's limit."""
    figure, axes = _axes("tokens of a text", "texts")
    axes.bar([length for length, _ in lengths], [count for _, count in lengths], width=1)
    axes.axvline(limit + 0.5, color="C3", linestyle="--", label=f"cut after {limit}")
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
