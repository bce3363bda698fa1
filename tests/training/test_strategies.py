"""Every recipe trains, resumes, exports and embeds; the large ones on random weights.

Widths, embeddings and ResNet50 are those of the true models; BERT and CLIP are two layers deep.
`test_full_depth` builds them whole.
"""

import io
import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console

from tests.support.model_sources import save_bert, save_clip, save_resnet50
from tests.support.paths import CONFIGS
from training.config_file import load_config
from training.data.batch import load_tokenizer, tokenise
from training.export.onnx_export import export_encoder
from training.run import optimiser as optimise
from training.run.checkpoint import CHECKPOINTS
from training.run.history import HISTORY, read_history
from training.run.train import train
from training.towers import build_towers
from twinset.encoders import load_encoder
from twinset.errors import ArtefactError, ConfigError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
TEXTS = ["Women Red Heels", "Blue Watches"]
SMALL = {"clip": 224}  # its position embeddings fix the size


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Where `*_weights` of the large towers point."""
    folder = tmp_path_factory.mktemp("sources")
    clip = str(save_clip(folder / "clip", layers=2))
    return {
        "resnet50": str(save_resnet50(folder / "resnet50.safetensors")),
        "bert": str(save_bert(folder / "bert", layers=2)),
        "clip": clip,
        "efficientnet-lite0": "",
        "minilm-l6": "",
    }


def small(name, sources):
    """A recipe on tiny images and batches, for two steps of one epoch."""
    config = load_config(CONFIGS / f"{name}.toml")
    model = replace(
        config.model,
        image_weights=sources[config.model.image],
        text_weights=sources[config.model.text],
        frozen_image_blocks=min(1, config.model.frozen_image_blocks),
        frozen_text_blocks=min(1, config.model.frozen_text_blocks),
    )
    side = SMALL.get(config.model.image, 64)
    data = replace(config.data, image_width=side, image_height=side, rare_category=0)
    optimisation = replace(
        config.optimisation,
        epochs=2,
        batch_size=8,
        accumulation=min(2, config.optimisation.accumulation),
        items_per_category=min(2, config.optimisation.items_per_category),
        frozen_epochs=min(1, config.optimisation.frozen_epochs),
    )
    return replace(config, model=model, data=data, optimisation=optimisation)


LONG = {
    name: pytest.param(name, marks=pytest.mark.long)
    for name in ("hybrid", "clip", "clip-advanced", "clip-advanced-compact")
}
# To export the towers of a CLIP is what the tests of training do as well.
exports = pytest.mark.parametrize("finished", [*LONG.values(), "hybrid-compact"], indirect=True)


@pytest.fixture(
    scope="module",
    params=[*list(LONG.values())[:3], "hybrid-compact", "clip-advanced-compact"],
)
def finished(request, sources, catalogue, tmp_path_factory):
    config = small(request.param, sources)
    folder = tmp_path_factory.mktemp(request.param)
    return config, train(config, catalogue, folder, Console(file=io.StringIO())), folder


def test_a_finished_run_is_whole(finished, catalogue):
    config, towers, folder = finished
    history = read_history(folder)
    assert all(np.isfinite(line["loss"]) for line in history if "loss" in line)
    assert [line["epoch"] for line in history if "epoch" in line] == [1, 2]
    assert len(list((folder / CHECKPOINTS).iterdir())) == 1
    # Started again, it loads what is there and does nothing more.
    again = train(config, catalogue, folder, Console(file=io.StringIO()))
    assert read_history(folder) == history
    weights = towers.state_dict()
    assert all(torch.equal(weights[name], value) for name, value in again.state_dict().items())


@pytest.fixture(scope="module")
def exported(finished, tmp_path_factory):
    """Folder of the encoder that a finished run leaves."""
    config, towers, _ = finished
    folder = tmp_path_factory.mktemp("exported") / "encoder"
    export_encoder(towers, config, folder, "articleType")
    return folder


@exports
def test_the_export_embeds_as_the_towers_do(finished, exported):
    config, towers, _ = finished
    encoder = load_encoder(exported, "cpu")
    width, height = encoder.image_size
    images = [Image.effect_noise((width, height), 80).convert("RGB") for _ in TEXTS]
    pixels = torch.from_numpy(np.stack([np.asarray(image) for image in images]))
    pixels = pixels.permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        tokens = tokenise(load_tokenizer(config), TEXTS)
        expected = towers.cpu().eval().embed_all(pixels, *tokens)
    vectors = encoder.encode_items(images, TEXTS)
    for rows, wanted in zip((vectors.image, vectors.text, vectors.item), expected, strict=True):
        assert rows.shape == (2, config.model.dimension)
        assert ((rows * wanted.numpy()).sum(axis=1) > 0.99).all()
    assert np.allclose(encoder.encode_images(images), vectors.image, atol=1e-5)
    assert np.allclose(encoder.encode_texts(TEXTS), vectors.text, atol=1e-5)


@exports
def test_one_sided_items(exported):
    encoder = load_encoder(exported, "cpu")
    image = Image.new("RGB", encoder.image_size, (200, 20, 20))
    vectors = encoder.encode_items([image, None], [None, "red"])
    assert np.allclose(vectors.item[0], vectors.image[0], atol=1e-5)
    assert np.allclose(vectors.item[1], vectors.text[1], atol=1e-5)
    assert not vectors.image[1].any()
    assert not vectors.text[0].any()


@exports
def test_a_manifest_that_lacks_a_width_is_refused(exported, tmp_path):
    shutil.copytree(exported, tmp_path / "encoder")
    manifest = tmp_path / "encoder" / "encoder.json"
    names = r'"(projected|dimension|manifest_sha256)"'
    manifest.write_text(re.sub(names, '"other"', manifest.read_text()))
    with pytest.raises(ArtefactError, match=r"encoder\.json: lacks"):
        load_encoder(tmp_path / "encoder", "cpu")


@pytest.mark.long
def test_held_backbones_do_not_move(sources, catalogue, tmp_path):
    config = small("hybrid-compact", sources)
    held = replace(config, optimisation=replace(config.optimisation, frozen_epochs=2))
    trained = train(held, catalogue, tmp_path, Console(file=io.StringIO())).state_dict()
    torch.manual_seed(config.seed)
    for name, before in build_towers(held).state_dict().items():
        if ".backbone." in name:
            assert torch.equal(trained[name], before), name
    assert not torch.equal(trained["fusion.linear.weight"], build_towers(held).fusion.linear.weight)


def test_a_frozen_clip_layer_stays_and_the_norms_move(sources):
    towers = build_towers(small("clip-advanced", sources))
    moving = {name for name, p in towers.named_parameters() if p.requires_grad}
    assert {"log_scale", "image.head.weight", "text.head.weight"} <= moving
    assert "image.backbone.post_layernorm.weight" in moving
    assert "text.backbone.final_layer_norm.weight" in moving
    assert "image.backbone.encoder.layers.1.mlp.fc1.weight" in moving
    assert not any(".layers.0." in name or "embedding" in name for name in moving)
    assert towers.scale.item() == pytest.approx(100)


def test_early_stopping_keeps_the_best_epoch(sources, catalogue, tmp_path, monkeypatch):
    config = small("clip-advanced-compact", sources)
    config = replace(config, optimisation=replace(config.optimisation, epochs=9, early_stopping=2))
    scores = iter([0.4, 0.6, 0.5, 0.6, 0.9])
    monkeypatch.setattr(
        "training.run.train.validate", lambda *_: {"text_to_image_recall@10": next(scores)}
    )
    train(config, catalogue, tmp_path, Console(file=io.StringIO()))
    epochs = [json.loads(line) for line in (tmp_path / HISTORY).read_text().splitlines()]
    assert [line["epoch"] for line in epochs if "epoch" in line] == [1, 2, 3, 4]


def test_missing_weights_are_one_line(sources, tmp_path):
    config = small("hybrid", sources)
    for side in ("image_weights", "text_weights"):
        model = replace(config.model, **{side: str(tmp_path / "none")})
        with pytest.raises(ConfigError, match="cannot be loaded"):
            build_towers(replace(config, model=model))


def test_another_width_than_clips_is_refused(sources):
    config = small("clip", sources)
    with pytest.raises(ConfigError, match=r"model\.dimension must be 512"):
        build_towers(replace(config, model=replace(config.model, dimension=256)))


@pytest.mark.long
def test_a_killed_hybrid_resumes_on_the_same_curve(sources, catalogue, tmp_path, monkeypatch):
    # Across the epoch in which the backbones start to move, and with the plateau's rates.
    config = small("hybrid-compact", sources)
    each_step = replace(config.optimisation, checkpoint_minutes=1e-9)
    config = replace(config, optimisation=each_step)
    quiet = Console(file=io.StringIO())
    expected = train(config, catalogue, tmp_path / "whole", quiet).state_dict()
    step = optimise.train_step
    calls = iter(range(4))

    def killed(*arguments):
        if next(calls) == 3:
            raise KeyboardInterrupt
        return step(*arguments)

    monkeypatch.setattr("training.run.train.train_step", killed)
    with pytest.raises(KeyboardInterrupt):
        train(config, catalogue, tmp_path / "cut", quiet)
    monkeypatch.setattr("training.run.train.train_step", step)
    with (tmp_path / "cut" / HISTORY).open("a") as file:
        file.write('{"step": 4, "lo')  # as a kill may leave it
    resumed = train(config, catalogue, tmp_path / "cut", quiet).state_dict()
    curves = [
        [line["loss"] for line in read_history(tmp_path / name) if "loss" in line]
        for name in ("whole", "cut")
    ]
    assert curves[0] == pytest.approx(curves[1], rel=1e-4)
    name = "fusion.linear.weight"
    assert torch.allclose(expected[name], resumed[name], atol=1e-4)
