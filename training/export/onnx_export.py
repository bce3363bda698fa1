"""From trained towers to the folder that serves: ONNX, the tokenizer, `encoder.json`."""

from __future__ import annotations

import logging
import shutil
import warnings
from pathlib import Path
from typing import Any

import nncf
import numpy as np
import onnx
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from training.config import TrainingConfig
from training.data.product_data import item_template
from training.data.seen_products import SeenProducts
from training.export.fingerprint import MIN_COSINE, fingerprint_of
from training.export.onnx_import import LOGIT_SCALE
from training.quiet_libraries import quiet_nncf
from training.towers import DualTowers, HybridTowers, TowerPair, tokenizer_path
from training.towers.backbones import pixel_statistics
from training.towers.hybrid_towers import PROJECTED
from twinset.artefacts import new_folder, write_manifest
from twinset.encoders import hybrid_encoder as hybrid
from twinset.encoders.dual_encoder import IMAGE_MODEL, TEXT_MODEL, TOKENIZER
from twinset.encoders.dual_spec import DualSpec
from twinset.encoders.encoder import Vectors, normalise
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.encoders.hybrid_encoder import FUSION_MODEL
from twinset.encoders.runtime.onnx_runtime import PixelScale, open_model

_OPSET = 18
# Queries that a compressed text tower has to answer as before.
_PHRASES = (
    "red dress",
    "women navy blue striped casual shirt",
    "leather wallet for men",
    "running shoes with white soles",
    "a light summer scarf with a floral print",
    "analogue watch, steel, black dial",
    "kids tshirt with a cartoon",
    "formal grey trousers, slim fit",
)


def export_encoder(
    towers: TowerPair,
    config: TrainingConfig,
    out: Path,
    category: str | None = None,
    seen: SeenProducts | None = None,
) -> None:
    """Write the encoder folder `out`, replacing an older one.

    `category` is the catalogue's category attribute, for texts that name it; `seen` are the
    products that were trained on, for `twinset evaluate`.
    The image tower stays in float32 (`export.quantise` makes an int8 one); the text tower's
    matrices are stored as int8 with a scale per row or column and multiplied in float32, unless
    that turns its rows by more than a cosine of `MIN_COSINE`.
    """
    towers = towers.cpu().eval()
    with new_folder(out, replace=True) as staging:
        _export_image(towers.image, config, staging / IMAGE_MODEL)
        tokenizer = Path(shutil.copyfile(tokenizer_path(config.model), staging / TOKENIZER))
        _export_text(towers.text, tokenizer, staging / TEXT_MODEL)
        if isinstance(towers, HybridTowers):
            _export_fusion(towers.fusion, staging / FUSION_MODEL)
        fields = _manifest(towers, config, item_template(config.data, category), staging)
        if seen is not None:
            seen.save(staging)
        write_manifest(staging, "encoder", fields, ENCODER_MANIFEST)


def _export_image(tower: nn.Module, config: TrainingConfig, path: Path) -> None:
    pixels = torch.zeros(2, 3, config.data.image_height, config.data.image_width)
    tower.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    onnx.save(to_onnx(tower, {"pixels": pixels}, {"pixels": {0: "n"}}), path)


def _export_text(tower: nn.Module, tokenizer: Path, path: Path) -> None:
    example = torch.ones(2, 8, dtype=torch.int64)
    shape = {0: "n", 1: "t"}
    model = to_onnx(
        tower,
        {"input_ids": example, "attention_mask": example.clone()},
        {"input_ids": shape, "attention_mask": dict(shape)},
    )
    onnx.save(model, path)
    rows = _run_text(path, tokenizer)
    with quiet_nncf():
        onnx.save(nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_SYM), path)
    cosine = np.vecdot(rows, _run_text(path, tokenizer)).min()
    if cosine < MIN_COSINE:
        logging.getLogger(__name__).warning("text stays in float32: int8 gives %.4f", cosine)
        onnx.save(model, path)


def _run_text(path: Path, tokenizer: Path) -> Vectors:
    """Unit rows of `_PHRASES`, one at a time, so that none is padded."""
    model, words = open_model(path, "cpu"), Tokenizer.from_file(str(tokenizer))
    words.no_padding()
    encoded = [np.array([words.encode(phrase).ids], np.int64) for phrase in _PHRASES]
    rows = [model({"input_ids": ids, "attention_mask": np.ones_like(ids)}) for ids in encoded]
    return normalise(np.concatenate(rows))


def _export_fusion(fusion: nn.Module, path: Path) -> None:
    side = torch.zeros(2, PROJECTED)
    inputs = {"image": side, "text": side.clone()}
    onnx.save(to_onnx(fusion, inputs, {"image": {0: "n"}, "text": {0: "n"}}), path)


def to_onnx(
    module: nn.Module, inputs: dict[str, Tensor], dynamic: dict[str, dict[int, str]]
) -> onnx.ModelProto:
    """Trace a module of one output, `vectors`, into an ONNX model with dynamic axes."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's notes on its own internals
        program = torch.onnx.export(
            module,
            kwargs=inputs,
            input_names=list(inputs),
            output_names=["vectors"],
            dynamic_shapes=dynamic,
            opset_version=_OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("the ONNX exporter returned nothing")
    return _without_notes(program.model_proto)


def _without_notes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drop what the exporter notes beside each node and value: stack traces, with this machine's
    paths, which would also make the fingerprint depend on where a model was exported."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    for tensor in graph.initializer:
        del tensor.metadata_props[:]
    return model


def _manifest(
    towers: TowerPair, config: TrainingConfig, template: str, folder: Path
) -> dict[str, Any]:
    """What `encoder.json` says of the models in `folder`."""
    mean, std = pixel_statistics(config.model.image)
    spec = DualSpec(
        name=config.name,
        dimension=config.model.dimension,
        image_width=config.data.image_width,
        image_height=config.data.image_height,
        pixels=PixelScale(mean, std),
        max_tokens=config.data.max_tokens,
        text_template=template,
        item_image_weight=config.model.item_image_weight,
        item_views=config.model.item_views,
    ).to_manifest()
    if config.strategy == "hybrid":
        spec |= {"architecture": hybrid.ARCHITECTURE, "projected": PROJECTED}
    fields: dict[str, Any] = {**spec, "fingerprint": fingerprint_of(spec, folder)}
    fields["training"] = config.to_dict()
    if isinstance(towers, DualTowers):  # for training that goes on from here
        fields[LOGIT_SCALE] = float(towers.scale.detach())
    return fields
