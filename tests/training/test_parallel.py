"""Two processes that share a batch learn what one learns from the whole of it."""

import os
import socket
import subprocess
import sys

import pytest
import torch

from tests.support.paths import CONFIGS
from training.config_file import load_config
from training.run.parallel import Shard, synchronise_norms
from training.towers import build_towers


def test_shards_cover_a_batch():
    assert [Shard(i, 2).of(8) for i in range(2)] == [slice(0, 4), slice(4, 8)]
    assert Shard().of(8) == slice(0, 8)


def gradients(folder, strategy, count):
    """What each of `count` processes ends with. In processes of their own also where it is one,
    since accelerate keeps one state per process and other tests have set this one's."""
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "tests.support.shared_batch", str(folder), strategy]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "ACCELERATE_USE_CPU": "true"}
    shared |= {"WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count)}
    running = [
        subprocess.Popen(command, env={**os.environ, **shared, "RANK": rank, "LOCAL_RANK": rank})
        for rank in map(str, range(count))
    ]
    assert [process.wait(timeout=120) for process in running] == [0] * count
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(count)]


@pytest.mark.long
@pytest.mark.parametrize("strategy", ["clip", "hybrid"])
def test_gradients_of_two_processes_are_those_of_one(strategy, tmp_path):
    (expected,) = gradients(tmp_path / "one", strategy, 1)
    for found in gradients(tmp_path / "two", strategy, 2):
        for name, gradient in expected.items():
            assert torch.allclose(found[name], gradient, atol=1e-6), name


def test_trained_norms_are_synchronised_and_frozen_ones_are_not():
    config = load_config(CONFIGS / "hybrid-compact.toml")
    towers = build_towers(config).eval()
    pixels = torch.rand(2, 3, 64, 48, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before, names = towers.embed_images(pixels), list(towers.state_dict())
        synchronise_norms(towers)
        after = towers.embed_images(pixels)
    assert torch.allclose(before, after, atol=1e-6)
    assert list(towers.state_dict()) == names
    kinds = {name: type(module) for name, module in towers.named_modules()}
    assert kinds["image.head.1"] is torch.nn.SyncBatchNorm
    assert kinds["image.backbone._bn1"] is torch.nn.SyncBatchNorm
    assert kinds["image.backbone._bn0"] is torch.nn.BatchNorm2d  # of the frozen stem
    towers.train()
    assert not towers.get_submodule("image.backbone._bn0").training
