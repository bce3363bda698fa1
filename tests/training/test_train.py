"""Training, interruption, resumption and export, on real towers and a tiny catalogue."""

import io
import json
from dataclasses import replace
from types import SimpleNamespace

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
from training.run.checkpoint import Reached, load_start, save_checkpoint
from training.run.history import HISTORY
from training.run.optimiser import make_optimizer, set_rates
from training.run.options import RunOptions
from training.run.run_catalogue import seen_by_run
from training.run.validation import category_figures
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


def test_epochs_without_products_to_validate_on_have_no_score(config, tmp_path):
    settings = replace(config.optimisation, early_stopping=1)
    nobody = SimpleNamespace(has_image=np.empty(0, np.bool_))
    unscored = SimpleNamespace(
        config=replace(config, optimisation=settings),
        folder=tmp_path,
        products=nobody,
        validation=np.empty(0, np.int64),
        towers=None,
        tokenizer=None,
        accelerator=Accelerator(),
        steps_per_epoch=4,
    )
    shown = io.StringIO()
    assert loop.close_epoch(unscored, Reached(4), Console(file=shown)) == Reached(4)
    assert "no products to validate on" in shown.getvalue()
    assert not (tmp_path / "best").exists()


def test_products_of_unknown_category_agree_with_none():
    rows = np.eye(4, dtype=np.float32)[[0, 0, 1, 1]]
    known = category_figures(rows, rows, np.array([3, 3, -1, -1]))
    assert known["item_recall@1"] == 1.0
    assert known["item_precision@10"] == 1 / 4  # the two known ones alone ask, among four
    assert category_figures(rows, rows, np.full(4, -1)) == {}


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


def test_a_run_starts_with_the_blend_that_another_ended_in(config, tmp_path):
    share = replace(config, optimisation=replace(config.optimisation, start_share=0.5))
    towers, begun = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)  # as good as any
    learnt, first = towers.weight.detach().clone(), begun.state_dict()
    save_checkpoint(tmp_path, share, towers, torch.optim.SGD(towers.parameters()), Reached(9))
    with pytest.raises(ArtefactError, match=r"blended by .*, or pass --start .*encoder"):
        load_start(tmp_path, config, begun)  # it was interrupted
    ended = SimpleNamespace(
        config=share,
        folder=tmp_path,
        towers=towers,
        begun_with=first,
        accelerator=Accelerator(),
    )
    loop.end_weights(ended, Reached(9))
    expected = (learnt + first["weight"]) / 2
    load_start(tmp_path, config, begun)
    assert torch.allclose(begun.weight, expected)


def test_what_an_interrupted_run_saw_is_told_by_its_configuration(config, catalogue, finished):
    other = replace(config, data=replace(config.data, test_fraction=0.5))
    both = seen_by_run(other, catalogue, finished[1])  # without an encoder
    before = seen_by_run(config, catalogue, None)
    assert set(seen_by_run(other, catalogue, None).trained) < set(before.trained)
    assert set(both.trained) == set(before.trained)


def test_a_run_does_not_start_with_other_towers(config, finished, tmp_path):
    narrow = replace(config, model=replace(config.model, dimension=128))
    with pytest.raises(ArtefactError, match="is of another model dimension"):
        load_start(finished[1], narrow, build_towers(narrow))
    with pytest.raises(ArtefactError, match="holds no checkpoint"):
        load_start(tmp_path, config, finished[0])
