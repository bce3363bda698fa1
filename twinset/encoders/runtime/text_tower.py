"""A text tower whose numbers for a text are the same whatever texts come with it.

The order in which a processor sums up a product depends on how many rows the product has, so the
vector of a text among others would differ from that of the text alone in its last bits, and with it
the order of items that score alike. OpenVINO sums up in one order up to a number of tokens, but for
the last product, which has a row for each text: one row is another case than several.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twinset.encoders.runtime.onnx_runtime import Model, open_model, uses_gpu
from twinset.encoders.runtime.openvino_requests import (
    Inputs,
    infer_at_once,
    open_streams,
    openvino_core,
)
from twinset.errors import ArtefactError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Tokens of a part, those that fill texts up among them. From 96 on another order was seen.
_MOST_TOKENS = 64
_MANY_TEXTS = 32  # which nobody compares with one text alone
_STEPS = ("Add", "Multiply", "Divide", "Convert")
_TOKENS, _MASK = "input_ids", "attention_mask"


def open_text_tower(path: Path, device: str = "auto", threads: int | None = None) -> Model:
    """As `open_model`, for a tower that takes `input_ids` and `attention_mask`, (n, t) each.

    On a CPU the numbers of a text are those of the text alone, to the last bit, if it comes with
    fewer than 32. Each part of the texts runs on threads of its own, a lone text on few: so it
    takes less of the processor than on all of them, and as long.

    Raises:
        ConfigError, ArtefactError: as `open_model`.
    """
    if uses_gpu(device):
        return open_model(path, device, threads)
    try:
        model = openvino_core().read_model(path)
        requests = open_streams(_with_last_product_doubled(model), threads)
    except (RuntimeError, ValueError):
        raise ArtefactError(path, "cannot be opened as an ONNX model") from None
    return _TextTower(requests)


class _TextTower:
    """Shares texts out to requests, in parts that leave their numbers alone."""

    def __init__(self, requests: Sequence[Any]) -> None:
        self._requests, self._lock = requests, threading.Lock()
        self._may_share = _sums_alike(requests[0])

    def __call__(self, inputs: Inputs) -> NDArray[np.float32]:
        texts, length = inputs[_TOKENS].shape
        most = _MOST_TOKENS // length if self._may_share else 1
        if texts >= _MANY_TEXTS and not self._may_share:
            most = texts
        turns = -(-texts // (len(self._requests) * max(most, 1)))
        size = -(-texts // (len(self._requests) * turns))
        starts = range(0, texts, size)
        parts = [{k: v[start : start + size] for k, v in inputs.items()} for start in starts]
        count = len(self._requests)
        with self._lock:  # the requests hold the buffers, so one call at a time
            found = [
                infer_at_once(self._requests, parts[first : first + count])
                for first in range(0, len(parts), count)
            ]
        return np.concatenate(found)


def _sums_alike(request: Any) -> bool:
    """True if this processor gives texts together the numbers that it gives each alone."""
    ids = np.arange(_MOST_TOKENS).reshape(8, -1) % 3
    texts = {_TOKENS: ids, _MASK: np.ones_like(ids)}
    try:
        together = infer_at_once([request], [texts])
        alone = [{name: rows[[place]] for name, rows in texts.items()} for place in range(8)]
        found = np.concatenate([infer_at_once([request], [one]) for one in alone])
    except (RuntimeError, ValueError):  # weights of something else, which the encoder refuses
        return False
    return np.array_equal(together, found)


def _with_last_product_doubled(model: Any) -> Any:
    """The model whose last product is given every row twice, so that it never has one alone."""
    from openvino import opset13

    node = model.outputs[0].get_node().input_value(0).get_node()
    while node.get_type_name() in _STEPS:
        node = node.input_value(0).get_node()
    if node.get_type_name() != "MatMul" or len(node.input_value(0).get_partial_shape()) != 2:
        return model
    users, rows = node.output(0).get_target_inputs(), node.input_value(0)
    node.input(0).replace_source_output(opset13.concat([rows, rows], 0).output(0))
    half = opset13.split(node, opset13.constant(0), 2).output(0)
    for user in users:
        user.replace_source_output(half)
    model.validate_nodes_and_infer_types()
    return model


def is_one_token(tokenizer: Tokenizer, word: str) -> bool:
    """True if a tokenizer reads a word as one token, which is not that of what it cannot read."""
    found = tokenizer.encode(word, add_special_tokens=False).tokens
    return len(found) == 1 and found[0] != getattr(tokenizer.model, "unk_token", None)
