"""Two processes that share a batch learn what one learns from the whole of it."""

import os
import socket
import subprocess
import sys

import pytest
import torch
from accelerate import Accelerator

from tests.training.two_processes import gradients
from training.parallel import Shard


def test_shards_cover_a_batch():
    assert [Shard(i, 2).of(8) for i in range(2)] == [slice(0, 4), slice(4, 8)]
    assert Shard().of(8) == slice(0, 8)


@pytest.mark.parametrize("strategy", ["clip", "hybrid"])
def test_gradients_of_two_processes_are_those_of_one(strategy, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "tests.training.two_processes", str(tmp_path), strategy]
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    shared |= {"ACCELERATE_USE_CPU": "true", "LOCAL_WORLD_SIZE": "2"}
    running = [
        subprocess.Popen(command, env={**os.environ, **shared, "RANK": rank, "LOCAL_RANK": rank})
        for rank in ("0", "1")
    ]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    expected = gradients(strategy, Accelerator(cpu=True))
    for rank in ("0", "1"):
        found = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        for name, gradient in expected.items():
            assert torch.allclose(found[name], gradient, atol=1e-6), name
