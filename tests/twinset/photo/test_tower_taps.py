"""Taps of a model hold what its inner tensors hold, in both runtimes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from twinset.encoders.runtime.onnx_runtime import _as_output, open_layers, open_model
from twinset.errors import ArtefactError
from twinset.photo.tower_taps import Taps


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Pixels (n, 2, 4, 3) -> `doubled`, of their shape, -> the sum of its rows, (n, 2)."""
    nodes = [
        helper.make_node("Add", ["pixels", "pixels"], ["doubled"]),
        helper.make_node("ReduceSum", ["doubled", "over"], ["vectors"], keepdims=0),
    ]
    over = helper.make_tensor("over", TensorProto.INT64, [2], [2, 3])
    inputs = [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 2, 4, 3])]
    outputs = [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", 2])]
    graph = helper.make_graph(nodes, "small", inputs, outputs, [over])
    path = tmp_path / "small.onnx"
    opsets = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    return path


def test_means_maxima_and_the_whole_follow_the_output(model: Path) -> None:
    pixels = np.random.default_rng(0).integers(-8, 8, (3, 2, 4, 3)).astype(np.float32)
    rows = open_model(model, "cpu", taps=Taps(("doubled",), "doubled"))({"pixels": pixels})
    doubled = 2 * pixels
    parts = (
        doubled.sum(axis=(2, 3)),
        doubled.mean(axis=(2, 3)),
        doubled.max(axis=(2, 3)),
        doubled.reshape(3, -1),
    )
    np.testing.assert_allclose(rows, np.concatenate(parts, axis=1), atol=0.2)


def test_a_file_followed_by_an_output_has_that_output(model: Path) -> None:
    source = model.read_bytes() + _as_output("doubled")
    session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    pixels = np.ones((1, 2, 4, 3), np.float32)
    own, doubled = session.run(["vectors", "doubled"], {"pixels": pixels})
    np.testing.assert_array_equal(doubled, 2 * pixels)
    np.testing.assert_array_equal(own, [[24, 24]])


def test_a_tap_that_is_not_there_refuses_the_file(model: Path) -> None:
    with pytest.raises(ArtefactError):
        open_model(model, "cpu", taps=Taps(("tripled",)))


def test_layers_compute_what_numpy_does() -> None:
    draw = np.random.default_rng(0)
    first, bias, second, last = (
        draw.normal(size=size).astype(np.float32) for size in ((7, 5), (5,), (5, 3), (3,))
    )
    run = open_layers([(first, bias), (second, last)])
    for count in (1, 4):
        inputs = draw.normal(size=(count, 7)).astype(np.float32)
        expected = np.maximum(inputs @ first + bias, 0) @ second + last
        np.testing.assert_allclose(run(inputs), expected, rtol=1e-4, atol=1e-5)
