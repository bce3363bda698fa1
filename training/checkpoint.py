"""Saving and resuming a run: weights as safetensors, optimiser state, and the step reached."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.optim import Optimizer

from core.artefacts import new_folder, read_manifest, write_manifest
from core.errors import ArtefactError
from training.config import TrainingConfig, parse_config

CHECKPOINT = "checkpoint"


def save_checkpoint(
    run: Path, config: TrainingConfig, model: nn.Module, optimizer: Optimizer, step: int
) -> None:
    """Replace the checkpoint of a run; `step` optimiser steps are behind it."""
    with new_folder(run / CHECKPOINT, replace=True) as staging:
        # A copy, since safetensors refuses tensors that share memory or lie channels-last.
        weights = {k: v.detach().cpu().contiguous().clone() for k, v in model.state_dict().items()}
        save_file(weights, staging / "model.safetensors")
        torch.save(optimizer.state_dict(), staging / "optimizer.pt")
        (staging / "config.json").write_text(json.dumps(config.to_dict(), indent=2))
        write_manifest(staging, "checkpoint", {"step": step})


def load_checkpoint(
    run: Path, config: TrainingConfig, model: nn.Module, optimizer: Optimizer
) -> int:
    """Restore the last checkpoint of `run` in place and return its step; 0 where there is none.

    Raises:
        ArtefactError: the checkpoint is damaged, or of another configuration.
    """
    folder = run / CHECKPOINT
    if not folder.exists():
        return 0
    step = int(read_manifest(folder, "checkpoint")["step"])
    if checkpoint_config(run).to_dict() != config.to_dict():
        raise ArtefactError(folder / "config.json", "belongs to another configuration")
    model.load_state_dict(load_file(folder / "model.safetensors"))
    state: dict[str, Any] = torch.load(folder / "optimizer.pt", weights_only=True)
    optimizer.load_state_dict(state)
    return step


def checkpoint_config(run: Path) -> TrainingConfig:
    """The configuration that a run was started with."""
    return parse_config(json.loads((run / CHECKPOINT / "config.json").read_text()))


def load_weights(run: Path, model: nn.Module) -> None:
    """Restore only the weights of a run's checkpoint, verified.

    Raises:
        ArtefactError: there is no checkpoint, or it is damaged.
    """
    read_manifest(run / CHECKPOINT, "checkpoint")
    model.load_state_dict(load_file(run / CHECKPOINT / "model.safetensors"))
