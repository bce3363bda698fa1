"""Training that goes on from an exported encoder."""

import io
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console

from training.data.batch import load_tokenizer, tokenise
from training.export.onnx_import import load_exported
from training.run import train as loop
from training.run.options import RunOptions
from training.towers import build_towers
from twinset.encoders import load_encoder
from twinset.errors import ArtefactError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
WORDS = ["red dress", "a long blue shirt", "watch"]


@pytest.fixture(scope="module")
def images():
    generator = np.random.default_rng(0)
    coarse = torch.from_numpy(generator.random((80, 3, 8, 6), np.float32))
    fine = torch.nn.functional.interpolate(coarse, (64, 48), mode="bicubic").clamp(0, 1)
    return (fine * 255).round() / 255


def embed(towers, config, images):
    with torch.no_grad():
        words = towers.embed_texts(*tokenise(load_tokenizer(config), WORDS))
        return towers.embed_images(images), words


@pytest.mark.parametrize("frozen", [0, 4], ids=["none frozen", "four frozen"])
def test_the_towers_give_what_the_encoder_gives(config, finished, exported, images, frozen):
    config = replace(config, model=replace(config.model, frozen_image_blocks=frozen))
    towers = build_towers(config)
    load_exported(exported, config, towers, images)
    pictures, words = embed(towers.eval(), config, images)
    encoder = load_encoder(exported, "cpu")
    pixels = (images * 255).round().byte().permute(0, 2, 3, 1).numpy()
    expected = encoder.encode_images([Image.fromarray(one) for one in pixels])
    # Not 1: some processors encode in bfloat16.
    assert (np.vecdot(pictures.numpy(), expected) > 0.999).all()
    assert (np.vecdot(words.numpy(), encoder.encode_texts(WORDS)) > 0.998).all()
    assert towers.scale.item() == pytest.approx(finished[0].scale.item())


def test_the_norms_know_what_reaches_them(config, exported, images):
    """Else the first steps of training would see other pictures than evaluation does."""
    towers = build_towers(config)
    load_exported(exported, config, towers, images)
    norm = towers.image.backbone._bn1
    seen = []
    norm.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    embed(towers.eval(), config, images)
    assert torch.allclose(norm.running_mean, seen[0].mean((0, 2, 3)), atol=1e-4)
    assert torch.allclose(norm.running_var, seen[0].var((0, 2, 3), correction=0), rtol=1e-3)


@pytest.mark.long
def test_training_goes_on_from_it(config, catalogue, exported, tmp_path):
    console = Console(file=io.StringIO())
    towers = loop.train(config, catalogue, tmp_path / "run", console, RunOptions(start=exported))
    start = build_towers(config)
    load_exported(exported, config, start, torch.rand(8, 3, 64, 48))
    moved, fresh = (t.text.head.weight for t in (towers, start))
    assert not torch.equal(moved, fresh)
    assert torch.nn.functional.cosine_similarity(moved, fresh).min() > 0.9


@pytest.mark.parametrize("change", [{"dimension": 128}, {"image": "resnet50"}])
def test_other_towers_are_refused(config, exported, images, change):
    other = replace(config, model=replace(config.model, **change))
    with pytest.raises(ArtefactError, match=f"is of another model {next(iter(change))}"):
        load_exported(exported, other, build_towers(config), images)


def test_other_architectures_are_refused(config, exported, images):
    with pytest.raises(ArtefactError, match="only dual encoders"):
        load_exported(exported, config, torch.nn.Module(), images)


def test_a_damaged_encoder_is_refused(config, exported, images, tmp_path):
    folder = shutil.copytree(exported, tmp_path / "damaged")
    data = bytearray((folder / "text.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "text.onnx").write_bytes(data)
    with pytest.raises(ArtefactError, match=r"text\.onnx"):
        load_exported(folder, config, build_towers(config), images)
