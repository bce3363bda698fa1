"""The published sizes of the large models, built from configurations of the true architectures."""

from dataclasses import replace

import pytest
import torch

from tests.support.model_sources import save_bert, save_clip, save_resnet50
from tests.support.paths import CONFIGS
from training.config_file import load_config
from training.run.optimiser import make_optimizer
from training.towers import build_towers

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.long
def test_resnet50_and_bert_base(tmp_path):
    config = load_config(CONFIGS / "hybrid.toml")
    model = replace(
        config.model,
        image_weights=str(save_resnet50(tmp_path / "resnet50.safetensors")),
        text_weights=str(save_bert(tmp_path / "bert", layers=12)),
    )
    towers = build_towers(replace(config, model=model)).eval()
    # 25,557,032 less the classifier's 2,049,000; 109,482,240 less the pooler's 590,592.
    assert parameters(towers.image.backbone) == 23_508_032
    assert parameters(towers.text.backbone) == 108_891_648
    tokens = torch.ones(1, 4, dtype=torch.int64)
    assert towers.embed_all(torch.rand(1, 3, 224, 224), tokens, tokens)[2].shape == (1, 128)


@pytest.mark.long
def test_clip_vit_b_32(tmp_path):
    config = load_config(CONFIGS / "clip-advanced.toml")
    source = str(save_clip(tmp_path / "clip", layers=12))
    model = replace(config.model, image_weights=source, text_weights=source)
    towers = build_towers(replace(config, model=model)).eval()
    assert parameters(towers) == 151_277_313  # as published
    moving = sum(
        p.numel()
        for group in make_optimizer(towers, config.optimisation).param_groups
        for p in group["params"]
    )
    layers = 4 * (12 * 768**2 + 13 * 768) + 4 * (12 * 512**2 + 13 * 512)
    assert moving == layers + 2 * 768 + 2 * 512 + 768 * 512 + 512 * 512 + 1
    tokens = torch.tensor([[49406, 5, 49407]])
    images = torch.rand(1, 3, 224, 224)
    assert towers.embed_all(images, tokens, torch.ones_like(tokens))[2].shape == (1, 512)
