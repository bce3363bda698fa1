"""Training, interruption, resumption and export, on real towers and a tiny catalogue."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from PIL import Image
from rich.console import Console

from training.data.augment import resize
from training.data.batch import load_tokenizer, make_batch, tokenise
from training.data.product_data import load_products
from training.export.onnx_export import export_encoder
from training.run import train as loop
from training.run.checkpoint import load_start
from training.run.history import HISTORY
from training.run.optimiser import make_optimizer, set_rates
from training.run.options import RunOptions
from training.towers import build_towers
from twinset.encoders import load_encoder
from twinset.errors import ArtefactError, ConfigError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def run(config, catalogue, folder):
    return loop.train(config, catalogue, folder, Console(file=io.StringIO()))


def losses(folder):
    lines = [json.loads(line) for line in (folder / HISTORY).read_text().splitlines()]
    return {line["step"]: line["loss"] for line in lines if "loss" in line}


class Killed(BaseException):
    pass


def test_a_killed_run_resumes_on_the_same_curve(config, catalogue, finished, tmp_path, monkeypatch):
    step = loop.train_step

    def fail_at_five(*arguments):
        if len(losses(tmp_path)) == 5:
            raise Killed
        return step(*arguments)

    (tmp_path / HISTORY).touch()
    monkeypatch.setattr(loop, "train_step", fail_at_five)
    with pytest.raises(Killed):
        run(config, catalogue, tmp_path)
    monkeypatch.setattr(loop, "train_step", step)
    run(config, catalogue, tmp_path)
    assert losses(tmp_path) == pytest.approx(losses(finished[1]), rel=1e-4)


@pytest.mark.long
def test_a_run_ends_between_what_it_learnt_and_what_it_started_with(
    config, catalogue, finished, tmp_path
):
    first = finished[0].state_dict()

    def weights(share):
        optimisation = replace(config.optimisation, epochs=1, start_share=share)
        console = Console(file=io.StringIO())
        given, folder = replace(config, optimisation=optimisation), tmp_path / str(share)
        return loop.train(
            given, catalogue, folder, console, RunOptions(start=finished[1])
        ).state_dict()

    learnt, blended = weights(0.0), weights(0.25)
    name = "text.head.weight"
    assert not torch.equal(learnt[name], first[name])
    expected = 0.75 * learnt[name] + 0.25 * first[name]
    assert torch.allclose(blended[name], expected, atol=1e-6)


def test_a_share_of_nothing_is_refused(config, catalogue, tmp_path):
    config = replace(config, optimisation=replace(config.optimisation, start_share=0.5))
    with pytest.raises(ConfigError, match="--start"):
        run(config, catalogue, tmp_path)


def test_one_batch_can_be_learnt(config, catalogue, tmp_path):
    products = load_products(catalogue, config.data, ("articleType",), tmp_path)
    calm = replace(config, optimisation=replace(config.optimisation, image_rate=2e-4))
    model, rows = build_towers(calm), np.arange(8)
    optimizer = make_optimizer(model, calm.optimisation)
    set_rates(optimizer, calm.optimisation, step=10, total=200)
    batch = make_batch(products, rows, load_tokenizer(calm), calm, 0, 10)
    curve = [loop.train_step(model, optimizer, [batch], Accelerator(), calm) for _ in range(12)]
    assert min(curve[-3:]) < 0.5 * curve[0]


def test_frozen_blocks_stay_as_pretrained(config, finished):
    pretrained = build_towers(config).image.frozen.state_dict()
    trained = finished[0].image.frozen.state_dict()
    assert all(torch.equal(pretrained[name], trained[name]) for name in pretrained)


def test_the_export_embeds_as_the_towers_do(config, finished, exported):
    encoder = load_encoder(exported, "cpu")
    image = Image.effect_noise((48, 64), 80).convert("RGB")
    towers = finished[0].eval()
    with torch.no_grad():
        pixels = torch.from_numpy(np.asarray(image)[None].copy())
        expected = towers.embed_images(resize(pixels, 64, 48)).numpy()
        ids, mask = tokenise(load_tokenizer(config), ["red dress", "a long blue shirt"])
        words = towers.embed_texts(ids, mask).numpy()
    assert (encoder.encode_images([image]) * expected).sum() > 0.99
    rows = encoder.encode_texts(["red dress", "a long blue shirt"])
    assert ((rows * words).sum(axis=1) > 0.99).all()
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_the_export_holds_no_path(exported):
    for file in ("image.onnx", "text.onnx"):
        data = (exported / file).read_bytes()
        assert b"site-packages" not in data
        assert b"stack_trace" not in data


@pytest.mark.long
def test_the_export_depends_on_no_path(config, finished, exported, tmp_path):
    export_encoder(finished[0], config, tmp_path / "elsewhere")
    for file in ("image.onnx", "text.onnx"):
        assert (exported / file).read_bytes() == (tmp_path / "elsewhere" / file).read_bytes()


def test_a_checkpoint_of_another_configuration_is_refused(config, catalogue, finished):
    with pytest.raises(ArtefactError, match="another configuration"):
        run(replace(config, seed=1), catalogue, finished[1])


def test_a_run_starts_with_what_another_ended_with(config, catalogue, finished, tmp_path):
    larger = replace(config, data=replace(config.data, image_width=60, image_height=80))
    opened, reached = loop.open_run(larger, catalogue, tmp_path, RunOptions(start=finished[1]))
    ended, started = finished[0].state_dict(), opened.towers.state_dict()
    assert reached.step == 0
    assert all(torch.equal(ended[name], started[name]) for name in ended)


def test_a_run_does_not_start_with_other_towers(config, finished, tmp_path):
    narrow = replace(config, model=replace(config.model, dimension=128))
    with pytest.raises(ArtefactError, match="is of another model dimension"):
        load_start(finished[1], narrow, build_towers(narrow))
    with pytest.raises(ArtefactError, match="holds no checkpoint"):
        load_start(tmp_path, config, finished[0])
