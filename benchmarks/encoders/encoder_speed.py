"""Encoders against the limit of what computes them, and the runtimes beside each other.

    python -m benchmarks.encoders.encoder_speed [ENCODER ...] [--threads 2]

"raw" is the model alone on pixels or tokens that lie ready; "encoder" is what the service calls,
from a decoded image or a text to a unit vector. All open the same ONNX files with the same
threads; runs alternate, and each figure is the best of several rounds, since other programs on
the machine only ever make a round slower.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from PIL import Image

from benchmarks.markdown_report import MarkdownTable, ratio, show
from benchmarks.service.load_queries import words
from twinset.encoders.dual_encoder import IMAGE_MODEL, TEXT_MODEL, DualEncoder
from twinset.encoders.encoder_folder import load_encoder
from twinset.encoders.runtime.onnx_runtime import open_model
from twinset.encoders.runtime.openvino_requests import Inputs
from twinset.encoders.runtime.text_tower import open_text_tower

_ROUNDS = 7
_BATCHES = (1, 8, 32)


@dataclass(frozen=True)
class Case:
    """One model file and one batch: what encodes it, and the inputs of the raw model."""

    file: Path
    inputs: dict[str, Any]
    encode: Callable[[], Any]


def main(
    encoders: Annotated[list[Path] | None, typer.Argument()] = None,
    threads: Annotated[int, typer.Option(help="0: every core.")] = 0,
) -> None:
    """Print milliseconds per call, rates, and ratios."""
    count = threads or len(os.sched_getaffinity(0))
    table = MarkdownTable(
        *("encoder", "side", "batch", "raw ms", "raw /s", "encoder ms", "encoder /s"),
        *("of the raw rate", "ONNX Runtime ms", "OpenVINO is faster", "least cosine"),
    )
    for folder in encoders or [Path("models/compact")]:
        encoder = load_encoder(folder, "cpu", count)
        if not isinstance(encoder, DualEncoder):
            raise SystemExit(f"{folder} has no ONNX towers")
        for batch in _BATCHES:
            for case in _cases(folder, encoder, batch):
                table.add(encoder.name, case.file.stem, batch, *_measure(case, batch, count))
    show(table)


def _cases(folder: Path, encoder: DualEncoder, batch: int) -> list[Case]:
    generator = np.random.default_rng(0)
    width, height = encoder.image_size
    pixels = generator.integers(0, 256, (batch, height, width, 3), np.uint8)
    images = [Image.fromarray(one) for one in pixels]
    texts = [words(number) for number in range(batch)]
    prepared = encoder.spec.pixels.apply(pixels)
    return [
        Case(folder / IMAGE_MODEL, {"pixels": prepared}, lambda: encoder.encode_images(images)),
        Case(folder / TEXT_MODEL, encoder.tokenise(texts), lambda: encoder.encode_texts(texts)),
    ]


def _measure(case: Case, batch: int, threads: int) -> tuple[str, ...]:
    opened = open_text_tower if case.file.name == TEXT_MODEL else open_model
    served, other = opened(case.file, "cpu", threads), _open_onnxruntime(case.file, threads)
    calls: Mapping[str, Callable[[], Any]] = {
        "raw": lambda: served(case.inputs),
        "encoder": case.encode,
        "onnxruntime": lambda: other(case.inputs),
    }
    best = dict.fromkeys(calls, float("inf"))
    # ONNX Runtime comes last: its threads spin on after a call, and slow down whatever follows it.
    for names in (("raw", "encoder"), ("onnxruntime",)):
        for _ in range(_ROUNDS):
            for name in names:
                best[name] = min(best[name], _seconds(calls[name]))
    raw, encoder, onnxruntime = best.values()
    return (
        f"{raw * 1e3:.2f}",
        f"{batch / raw:.0f}",
        f"{encoder * 1e3:.2f}",
        f"{batch / encoder:.0f}",
        f"{raw / encoder:.0%}",
        f"{onnxruntime * 1e3:.2f}",
        ratio(onnxruntime, raw),
        f"{_least_cosine(calls['raw'](), calls['onnxruntime']()):.4f}",
    )


def _seconds(call: Callable[[], Any]) -> float:
    """Of one call, over as many as fill a tenth of a second."""
    started, calls = time.perf_counter(), 0
    while time.perf_counter() - started < 0.1:
        call()
        calls += 1
    return (time.perf_counter() - started) / calls


def _least_cosine(rows: Any, expected: Any) -> float:
    cosine = (rows * expected).sum(1)
    cosine /= np.linalg.norm(expected, axis=1) * np.linalg.norm(rows, axis=1)
    return float(cosine.min())


def _open_onnxruntime(path: Path, threads: int) -> Callable[[Inputs], Any]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run(None, dict(inputs))[0]


if __name__ == "__main__":
    typer.run(main)
