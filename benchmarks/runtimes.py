"""Which runtime encodes fastest here: OpenVINO, the one that serves, beside ONNX Runtime.

    python -m benchmarks.runtimes [--encoder models/compact]

Both open the same ONNX files with the same threads; runs alternate, and each figure is the best
of several rounds, since other programs on the machine only ever make a round slower.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from core.encoders import load_encoder
from core.encoders.runtime import Inputs, Model, open_model

_ROUNDS = 7


def main(encoder: Annotated[Path, typer.Option()] = Path("models/compact")) -> None:
    """Print milliseconds per call and the ratio of the two runtimes."""
    width, height = load_encoder(encoder, "cpu").image_size
    generator = np.random.default_rng(0)
    threads = len(os.sched_getaffinity(0))
    table = Table("model", "batch", "OpenVINO ms", "ONNX Runtime ms", "ratio", "least cosine")
    for batch in (1, 8, 32):
        pixels = generator.standard_normal((batch, 3, height, width)).astype(np.float32)
        _compare(table, encoder / "image.onnx", {"pixels": pixels}, threads)
    for batch in (1, 8, 32):
        ids = generator.integers(1000, 30_000, (batch, 12))
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        _compare(table, encoder / "text.onnx", inputs, threads)
    Console().print(table)


def _compare(table: Table, path: Path, inputs: dict[str, Any], threads: int) -> None:
    served, other = open_model(path, "cpu", threads), _open_onnxruntime(path, threads)
    rows, expected = served(inputs), other(inputs)
    cosine = (rows * expected).sum(1) / np.linalg.norm(rows, axis=1)
    cosine /= np.linalg.norm(expected, axis=1)
    best = {served: np.inf, other: np.inf}
    for _ in range(_ROUNDS):
        for model in best:
            best[model] = min(best[model], _seconds(model, inputs))
    batch = len(next(iter(inputs.values())))
    ratio = best[other] / best[served]
    figures = f"{best[served] * 1e3:.2f}", f"{best[other] * 1e3:.2f}", f"{ratio:.2f}"
    table.add_row(path.stem, str(batch), *figures, f"{cosine.min():.4f}")


def _seconds(model: Model, inputs: Inputs) -> float:
    started = time.perf_counter()
    for _ in range(5):
        model(inputs)
    return (time.perf_counter() - started) / 5


def _open_onnxruntime(path: Path, threads: int) -> Callable[[Inputs], Any]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run(None, dict(inputs))[0]


if __name__ == "__main__":
    typer.run(main)
