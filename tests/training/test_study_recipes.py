"""The study's recipes train as they are written, on random weights of a small shape."""

import io
import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch
from rich.console import Console

import training.vision_ops  # noqa: F401 - before transformers imports torchvision
from tests.support.model_sources import TINY, save_resnet50, save_tiny_clip, tiny_tokenizer
from tests.training.conftest import COLOURS, TYPES, picture
from training.config_file import find_config, load_config
from training.data.product_data import item_template, load_products
from training.data.split import split_products
from training.evaluation.study import without_category
from training.export import onnx_export
from training.objective.losses import batch_hard_triplet_loss
from training.run.history import read_history
from training.run.train import train
from training.towers.hybrid_towers import DeepFusion
from twinset.catalogue import Catalogue, CatalogueWriter
from twinset.encoders.runtime.onnx_runtime import open_model

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
NAMES = ("study-hybrid", "study-clip", "study-clip-advanced")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Sixteen products with names, some of them twins, descriptions and a kind."""
    path = tmp_path_factory.mktemp("shop") / "catalog.parquet"
    with CatalogueWriter(path, {"kind": pa.string()}, "kind") as writer:
        for number in range(16):
            colour, kind = list(COLOURS)[number % 3], TYPES[number % 4]
            row = {"id": str(number), "title": f"Brand {number // 2}", "kind": kind}
            row["description"] = f"{colour} {kind} with a long text " * 20
            writer.write(row | {"image": picture(colour, 10 + number)})
    return Catalogue(path)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Where `*_weights` of the large towers point: their layouts, a few numbers wide."""
    import transformers

    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    transformers.BertModel(transformers.BertConfig(vocab_size=20, **TINY)).save_pretrained(
        folder / "bert"
    )
    tiny_tokenizer().save(str(folder / "bert" / "tokenizer.json"))
    save_tiny_clip(folder / "clip")
    save_resnet50(folder / "resnet50.safetensors")
    yield {"resnet50": str(folder / "resnet50.safetensors")} | {
        name: str(folder / name) for name in ("bert", "clip")
    }
    shutil.rmtree(folder)


def tiny(name, weights):
    """A recipe for one epoch of three steps; all but sizes and weights stays as it is written."""
    config = load_config(find_config(name))
    large = {"image_weights": config.model.image, "text_weights": config.model.text}
    given = {key: weights.get(tower, "") for key, tower in large.items()}
    for side in ("frozen_image_blocks", "frozen_text_blocks"):
        given[side] = min(1, getattr(config.model, side))
    model = replace(config.model, dimension=16, **given)
    side = 32 if config.model.image == "clip" else 64  # Lite0 needs that much
    data = replace(config.data, image_width=side, image_height=side, rare_category=0)
    sizes = {"epochs": 1, "batch_size": 4, "accumulation": 1, "frozen_epochs": 0, "least_steps": 1}
    if config.optimisation.items_per_category:
        sizes["items_per_category"] = 2
    optimisation = replace(config.optimisation, **sizes)
    return replace(config, model=model, data=data, optimisation=optimisation)


@pytest.mark.parametrize("suffix", ["", pytest.param("-compact", marks=pytest.mark.long)])
@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_of_the_study_trains(name, suffix, shop, weights, tmp_path):
    config = tiny(name + suffix, weights)
    towers = train(config, shop, tmp_path, Console(file=io.StringIO()))
    steps = read_history(tmp_path)
    assert len(steps) == 4  # three steps of the twelve products, and the epoch
    assert all(np.isfinite(value) for line in steps for value in line.values())
    assert config.optimisation.monitor == "loss"
    assert config.augmentation.attribute_phrases == 0
    assert not config.augmentation.sides_alone
    if name == "study-hybrid":
        assert isinstance(towers.fusion, DeepFusion)
        assert [type(part).__name__ for part in towers.image.head][-1] == "Linear"
        assert [
            layer.weight.shape for layer in (towers.fusion.layers[0], towers.fusion.layers[4])
        ] == [
            (512, 1024),
            (16, 512),
        ]
    else:
        assert {"logit_scale", "image_rate", "text_rate", "head_rate"} <= steps[0].keys()


def test_the_fusion_of_the_study_is_exported_as_it_is(tmp_path):
    torch.manual_seed(0)
    fusion = DeepFusion(16).train()
    sides = torch.randn(2, 8, 512)
    fusion(*sides)  # so that the norm has statistics
    fusion.eval()
    onnx_export._export_fusion(fusion, tmp_path / "fusion.onnx")
    found = open_model(tmp_path / "fusion.onnx", "cpu")(
        {"image": sides[0].numpy(), "text": sides[1].numpy()}
    )
    assert np.allclose(found, fusion(*sides).detach().numpy(), atol=5e-3)


def test_texts_are_those_of_the_study(shop, weights, tmp_path):
    data = load_config(find_config("study-clip-advanced")).data
    template = item_template(data, "kind")
    assert template == "Category: {kind}. Name: {title}. Description: {description:.240}"
    products = load_products(shop, replace(data, image_width=8, image_height=8), (), tmp_path)
    start, description = products.texts[0].split(" Description: ")
    assert start == "Category: Tshirts. Name: Brand 0."
    assert len(description) <= 240
    assert without_category(template, "kind") == "Name: {title}. Description: {description:.240}"


def test_rows_are_split_without_regard_to_names(shop):
    data = load_config(find_config("study-clip")).data
    titles = shop.rows(["title"])["title"].to_pylist()
    kinds = np.arange(16, dtype=np.int32) % 4

    def twins_apart(split):
        sides = split_products(titles, kinds, replace(data, split=split))
        assert sorted(np.concatenate(list(sides.values()))) == list(range(16))
        kept = {titles[row] for row in sides["test"]}
        return bool(kept & {titles[row] for row in sides["train"]})

    assert twins_apart("row")
    assert not twins_apart("stratified")


def test_the_mean_over_all_anchors_counts_those_that_lose_nothing():
    rows = torch.nn.functional.normalize(torch.tensor([[1, 0], [1, 0.1], [-1, 0.3], [0.2, 1.0]]))
    kinds, margin = torch.tensor([0, 0, 1, 1]), 0.3
    distances = torch.cdist(rows, rows)
    losses = []
    for anchor in range(4):
        same = (kinds == kinds[anchor]) & (torch.arange(4) != anchor)
        farthest = distances[anchor][same].max()
        losses.append(
            max(0.0, float(farthest - distances[anchor][kinds != kinds[anchor]].min() + margin))
        )
    assert 0 in losses
    assert float(batch_hard_triplet_loss(rows, kinds, margin, over_all=True)) == pytest.approx(
        sum(losses) / 4, abs=1e-5
    )
    losing = [loss for loss in losses if loss > 0]
    assert float(batch_hard_triplet_loss(rows, kinds, margin)) == pytest.approx(
        sum(losing) / len(losing), abs=1e-5
    )
