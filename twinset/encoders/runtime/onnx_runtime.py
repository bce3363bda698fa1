"""Running an ONNX file: OpenVINO on the CPU, ONNX Runtime on a GPU.

On two CPU cores OpenVINO ran the text tower, whose weights are int8, four to seven times and a
batch of 32 pictures 1.9 times as fast as ONNX Runtime; a lone picture took the same time.
`python -m benchmarks.encoders.encoder_speed` compares them on yours.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinset.encoders.runtime.openvino_requests import (
    MOST_PARTS,
    Inputs,
    infer_at_once,
    open_streams,
    openvino_core,
    threads_of,
)
from twinset.errors import ArtefactError, ConfigError
from twinset.photo.tower_taps import NO_TAPS, Taps

Triple = tuple[float, float, float]
Model = Callable[[Inputs], NDArray[np.float32]]
Layers = Callable[[NDArray[np.float32]], NDArray[np.float32]]
DEVICES = ("auto", "cpu", "cuda")
# Up to this size of its file a model is held twice, see `_open_openvino`.
_LIGHT_BYTES = 16 * 2**20
# Rows that each of those takes at a time. More are no faster, and what layers put out for a row
# takes megabytes for as long as the service runs.
_MOST_ROWS = 2
# Rows that the model takes at a time if it is held once; more take more memory.
_MOST_ROWS_ALONE = 4
_MANY_ROWS = 32  # of a call: then further calls are to be expected


class Twice(Enum):
    """When a light model is opened a second time, for several rows at once: see `_open_openvino`.

    A service that reads one photo at a time never needs the second, which takes twice the memory.
    """

    WHEN_SEVERAL = "by the first call with several rows"
    WHEN_MANY = "by the first call with many rows"
    NEVER = "never"


@dataclass(frozen=True)
class PixelScale:
    """What an image model makes of 8-bit pixels first: (value / 255 - mean) / std, by channel."""

    mean: Triple
    std: Triple

    def apply(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(n, h, w, 3) -> (n, 3, h, w)."""
        # Planes first: arithmetic along a last axis of three is ten times as slow.
        planes = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
        std = np.array(self.std, np.float32)[:, None, None]
        scaled = planes * (np.float32(1 / 255) / std)
        scaled -= np.array(self.mean, np.float32)[:, None, None] / std
        return np.asarray(scaled, np.float32)


def open_model(
    path: Path,
    device: str = "auto",
    threads: int | None = None,
    pixels: PixelScale | None = None,
    taps: Taps = NO_TAPS,
    twice: Twice = Twice.WHEN_SEVERAL,
) -> Model:
    """Open an ONNX file with one output of shape (n, d); the result is safe across threads.

    `device` is "cpu", "cuda" or "auto" (a GPU when ONNX Runtime sees one). `threads` bounds the
    CPU threads of one inference and defaults to the cores that this process may use. With `pixels`
    the one input is given as 8-bit pixels (n, h, w, 3) and scaled by it. What `taps` names follows
    the output's own columns.

    Raises:
        ConfigError: if the device is not there.
        ArtefactError: if the file is not a model that the runtime can open.
    """
    if device == "cuda" and not _gpu_is_there():
        raise ConfigError("device is cuda, but onnxruntime-gpu is not installed or sees no GPU")
    try:
        if uses_gpu(device):
            return _open_onnxruntime(path, pixels, taps)
        return _open_openvino(path, threads_of(threads), pixels, taps, twice)
    except (RuntimeError, ValueError):
        raise ArtefactError(path, "cannot be opened as an ONNX model") from None


def open_layers(layers: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]) -> Layers:
    """Linear layers (weights (i, o), bias (o,)) with ReLU between them, on one thread.

    NumPy would share a row's product out to threads that wait for each other, which takes ten
    times as long where others want the processor.
    """
    from openvino import Model as Graph
    from openvino import op, opset13

    rows = opset13.parameter([-1, len(layers[0][0])], np.float32)
    states = rows
    for place, (weights, bias) in enumerate(layers):
        states = states if place == 0 else opset13.relu(states)
        # The array itself, which the caller holds anyway, instead of a copy.
        constant = op.Constant(np.ascontiguousarray(weights), shared_memory=True)
        product = opset13.matmul(states, constant, False, False)
        states = opset13.add(product, opset13.constant(bias))
    settings = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino_core().compile_model(Graph([states], [rows]), "CPU", settings)
    request, lock = compiled.create_infer_request(), threading.Lock()

    def run(inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        with lock:
            request.infer([inputs], share_inputs=True)
            return np.array(request.get_output_tensor().data, np.float32)

    return run


def uses_gpu(device: str) -> bool:
    """True if a model of this `device` is opened on a GPU."""
    return device == "cuda" or (device == "auto" and _gpu_is_there())


def _gpu_is_there() -> bool:
    try:
        version("onnxruntime-gpu")  # the import alone costs 20 MB and a fifth of a second
        import onnxruntime
    except (PackageNotFoundError, ImportError):
        return False
    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


def _open_openvino(
    path: Path, threads: int, pixels: PixelScale | None, taps: Taps, twice: Twice
) -> Model:
    """A row takes all threads, which is soonest done. Many are shared out, each part to threads of
    its own: those that wait for each other at every layer take a tenth more of the processor, and
    more where others want it too. The model is held twice for that, so only a light one.
    """
    latency = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    model = _read_openvino(path, pixels, taps)
    whole = openvino_core().compile_model(model, "CPU", latency).create_infer_request()
    if threads == 1 or path.stat().st_size > _LIGHT_BYTES:
        return _in_turn([whole], lambda _: [])
    if twice is Twice.NEVER:
        return _in_turn([whole], lambda _: [whole])

    known = _identity(path)

    @cache
    def apart() -> list[Any]:
        # Read again: kept until then, the model would take its weights' memory once more. Its
        # checksum was verified at the start, so another file by that name is not for this service.
        try:
            streams = open_streams(_read_openvino(path, pixels, taps), threads)
            return streams if _identity(path) == known else [whole]
        except (OSError, RuntimeError, ValueError):
            return [whole]

    least = min(threads, MOST_PARTS) if twice is Twice.WHEN_SEVERAL else _MANY_ROWS
    return _in_turn([whole], lambda rows: apart() if rows >= least else [whole])


def _identity(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _read_openvino(path: Path, pixels: PixelScale | None, taps: Taps) -> Any:
    model = openvino_core().read_model(path)
    if taps.names:
        model = _with_taps(model, taps)
    return model if pixels is None else _scaled_inside(model, pixels)


def _in_turn(whole: Sequence[Any], apart: Callable[[int], Sequence[Any]]) -> Model:
    """A model that shares rows out to the requests that `apart` gives for their number.

    Without any, or for fewer rows than these, all go to `whole` together.
    """
    lock = threading.Lock()

    def run(inputs: Inputs) -> NDArray[np.float32]:
        rows = min(map(len, inputs.values()))
        # The requests hold the buffers, so one call at a time.
        with lock:
            requests = apart(rows)
            if not requests or rows < len(requests):
                return infer_at_once(whole, [inputs])
            most = _MOST_ROWS if len(requests) > 1 else _MOST_ROWS_ALONE
            turns = -(-rows // (len(requests) * most))
            size = -(-rows // (len(requests) * turns))
            starts = range(0, rows, size)
            shares = [{k: v[start : start + size] for k, v in inputs.items()} for start in starts]
            firsts = range(0, len(shares), len(requests))
            return np.concatenate(
                [infer_at_once(requests, shares[first : first + len(requests)]) for first in firsts]
            )

    return run


def _scaled_inside(model: Any, pixels: PixelScale) -> Any:
    """Let the graph itself lay out and scale its pixels, which costs it next to nothing."""
    from openvino import Layout, Type
    from openvino.preprocess import PrePostProcessor

    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(Type.u8).set_layout(Layout("NHWC"))
    scaled = steps.input().preprocess().convert_element_type(Type.f32)
    scaled.mean([255 * value for value in pixels.mean]).scale([255 * value for value in pixels.std])
    steps.input().model().set_layout(Layout("NCHW"))
    return steps.build()


def _with_taps(model: Any, taps: Taps) -> Any:
    """The model whose one output also holds its taps; ValueError if it lacks one."""
    from openvino import Model as Graph
    from openvino import opset13

    ports = [port for node in model.get_ops() for port in node.outputs()]
    found = {name: port for port in ports for name in port.names}
    if missing := [name for name in taps.names if name not in found]:
        raise ValueError(f"the model has no tensor {missing[0]}")
    over, flat = (opset13.constant(np.array(axes, np.int64)) for axes in ([2, 3], [0, -1]))
    pools = (opset13.reduce_mean, opset13.reduce_max)
    parts = [pool(found[name], over, False).output(0) for pool in pools for name in taps.pooled]
    if taps.whole is not None:
        parts.append(opset13.reshape(found[taps.whole], flat, True).output(0))
    own = model.outputs[0].get_node().input_value(0)
    return Graph([opset13.concat([own, *parts], 1)], model.get_parameters(), model.get_name())


def _open_onnxruntime(path: Path, pixels: PixelScale | None, taps: Taps) -> Model:
    import onnxruntime

    source = path.read_bytes() + b"".join(map(_as_output, taps.names))
    session = onnxruntime.InferenceSession(source, providers=["CUDAExecutionProvider"])
    outputs = [session.get_outputs()[0].name, *taps.names]

    def run(inputs: Inputs) -> NDArray[np.float32]:
        if pixels is not None:
            inputs = {name: pixels.apply(value) for name, value in inputs.items()}
        own, *maps = session.run(outputs, dict(inputs))
        pooled, whole = maps[: len(taps.pooled)], maps[len(taps.pooled) :]
        parts = [pool(one, axis=(2, 3)) for pool in (np.mean, np.max) for one in pooled]
        parts += [one.reshape(len(one), -1) for one in whole]
        return np.concatenate([own, *parts], axis=1, dtype=np.float32)

    return run


def _as_output(tensor: str) -> bytes:
    """Bytes that make `tensor` an output when they follow an ONNX file.

    Messages of protocol buffers that follow each other are merged: this is a model (field 7, the
    graph) with no more than an output (field 12) of that name (field 1).
    """
    name = tensor.encode()
    value = _field(1, name)
    return _field(7, _field(12, value))


def _field(number: int, content: bytes) -> bytes:
    """A field of bytes as protocol buffers write it; `content` is shorter than 128 bytes."""
    if len(content) > 127:
        raise ValueError("the name of a tensor is too long")
    return bytes([number << 3 | 2, len(content)]) + content
