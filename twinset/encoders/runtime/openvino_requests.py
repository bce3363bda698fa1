"""OpenVINO's requests: how a model runs on several threads, or several times at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Inputs = Mapping[str, NDArray[Any]]
MOST_PARTS = 4


def threads_of(given: int | None) -> int:
    """The threads that are given, else the cores that this process may use."""
    return given or len(os.sched_getaffinity(0))


def open_streams(model: Any, threads: int | None) -> list[Any]:
    """Requests that run an OpenVINO model at the same time, on the `threads` of all together."""
    count = threads_of(threads)
    parts = min(count, MOST_PARTS)
    # Not bound to cores: when many ask, threads that decode and answer are at work on those.
    settings = {"NUM_STREAMS": parts, "ENABLE_CPU_PINNING": False, "INFERENCE_NUM_THREADS": count}
    compiled = openvino_core().compile_model(model, "CPU", settings)
    return [compiled.create_infer_request() for _ in range(parts)]


def infer_at_once(requests: Sequence[Any], parts: Sequence[Inputs]) -> NDArray[np.float32]:
    """The rows of all parts, each computed by a request of its own, at the same time."""
    used = list(zip(requests, parts, strict=False))
    for request, part in used:
        request.start_async(dict(part), share_inputs=True)
    for request, _ in used:
        request.wait()
    # Copied: the request's own buffer is written to by the next call.
    return np.concatenate(
        [request.get_output_tensor().data for request, _ in used], dtype=np.float32
    )


@cache
def openvino_core() -> Any:
    """OpenVINO's core: one for the process, never freed.

    On processors with AMX the first one gives the thread that makes it a larger stack for signals
    and unmaps that stack when it goes, from whichever thread it does; the next SIGTERM would then
    end the process on the spot.
    """
    # Its converter of models is optional to it and not used here, and takes most of its import.
    with _absent("openvino.tools.ovc"):
        import openvino

    return openvino.Core()


@contextmanager
def _absent(module: str) -> Iterator[None]:
    """Let an import of `module` fail, as Python's import system offers it, unless it is done."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
