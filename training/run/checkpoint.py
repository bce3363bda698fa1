"""Saving and resuming a run: weights as safetensors, optimiser state, and how far it got.

Each checkpoint is a folder of its own, named by its step, and older ones go once it is complete:
whenever a run is killed, the last complete checkpoint is there.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.optim import Optimizer

from training.config import TrainingConfig
from training.config_file import parse_config
from twinset.artefacts import new_folder, read_manifest, write_manifest
from twinset.errors import ArtefactError

CHECKPOINTS = "checkpoints"
BEST = "best"
BLENDED = "blended"
MODEL_FILE = "model.safetensors"
BANK_FILE = "bank.safetensors"
_EPOCHS = "optimisation.epochs"
# What two configurations have to say alike for the weights of one to fit the towers of the other.
SAME_TOWERS = ("strategy", "model.dimension", "model.image", "model.text")


@dataclass(frozen=True)
class Reached:
    """Optimiser steps behind a run, and the monitored validation score of each epoch behind it."""

    step: int = 0
    scores: tuple[float, ...] = ()


def save_checkpoint(
    run: Path,
    config: TrainingConfig,
    model: nn.Module,
    optimizer: Optimizer,
    reached: Reached,
    bank: nn.Module | None = None,
) -> None:
    """Add the checkpoint of a step, then remove the older ones."""
    older = _checkpoints(run)
    folder = run / CHECKPOINTS / f"{reached.step:08d}"
    with new_folder(folder, replace=True) as staging:
        _save_model(model, staging)
        if bank is not None:
            _save_model(bank, staging, BANK_FILE)
        torch.save(optimizer.state_dict(), staging / "optimizer.pt")
        (staging / "config.json").write_text(json.dumps(config.to_dict(), indent=2))
        fields = {"step": reached.step, "scores": list(reached.scores)}
        write_manifest(staging, "checkpoint", fields)
    for other in older:
        if other != folder:
            shutil.rmtree(other)


def load_checkpoint(
    run: Path,
    config: TrainingConfig,
    model: nn.Module,
    optimizer: Optimizer,
    bank: nn.Module | None = None,
) -> Reached:
    """Restore the last checkpoint of `run` in place; nothing is restored if there is none.

    Raises:
        ArtefactError: if the checkpoint is damaged, or of another configuration.
    """
    checkpoints = _checkpoints(run)
    if not checkpoints:
        return Reached()
    folder = checkpoints[-1]
    manifest = read_manifest(folder, "checkpoint")
    _require_same_config(folder / "config.json", checkpoint_config(run), config)
    model.load_state_dict(load_file(folder / MODEL_FILE))
    if bank is not None:
        bank.load_state_dict(load_file(folder / BANK_FILE))
    state: dict[str, Any] = torch.load(folder / "optimizer.pt", weights_only=True)
    optimizer.load_state_dict(state)
    return Reached(int(manifest["step"]), tuple(manifest["scores"]))


def _require_same_config(path: Path, stored: TrainingConfig, config: TrainingConfig) -> None:
    """Raise ArtefactError unless both say the same, but for epochs added to those of the run."""
    old, new = _flat(stored.to_dict()), _flat(config.to_dict())
    changed = [key for key in new if old.get(key) != new[key]]
    if changed == [_EPOCHS] and new[_EPOCHS] > old[_EPOCHS]:
        return
    if changed:
        key = changed[0]
        raise ArtefactError(
            path, f"belongs to another configuration: {key} was {old[key]!r}, not {new[key]!r}"
        )


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Sections as dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def load_start(run: Path, config: TrainingConfig, model: nn.Module) -> None:
    """Give `model` the weights that another run ended with: blended ones, else its best ones if it
    kept them.

    Raises:
        ArtefactError: if there is no checkpoint, it is damaged, or it is of other towers; if the
            run was to end in a blend that it does not hold.
    """
    checkpoints = _checkpoints(run)
    if not checkpoints:
        raise ArtefactError(run, "holds no checkpoint to start with")
    given = checkpoint_config(run)
    kept = [run / name for name in (BLENDED, BEST) if (run / name).exists()]
    folder = [*kept, checkpoints[-1]][0]
    if given.optimisation.start_share and folder.name != BLENDED:
        raise ArtefactError(
            run,
            "holds no weights of its end, blended by optimisation.start_share;"
            f" finish it with its own command, or pass --start {run / 'encoder'}",
        )
    read_manifest(folder, "checkpoint")
    for key in SAME_TOWERS:
        if attrgetter(key)(given) != attrgetter(key)(config):
            raise ArtefactError(folder, f"is of another {key.replace('.', ' ')}")
    model.load_state_dict(load_file(folder / MODEL_FILE))


def checkpoint_config(run: Path) -> TrainingConfig:
    """The configuration that a run with a checkpoint was started with."""
    return parse_config(json.loads((_checkpoints(run)[-1] / "config.json").read_text()))


def save_weights(run: Path, model: nn.Module, name: str) -> None:
    """Keep weights beside the checkpoints: `BEST`, those of the best epoch so far, for early
    stopping, or `BLENDED`, those that the run ends with."""
    with new_folder(run / name, replace=True) as staging:
        _save_model(model, staging)
        write_manifest(staging, "checkpoint", {})


def load_best(run: Path, model: nn.Module) -> None:
    """Restore the weights of the best epoch.

    Raises:
        ArtefactError: if there is nothing, or it is damaged.
    """
    read_manifest(run / BEST, "checkpoint")
    model.load_state_dict(load_file(run / BEST / MODEL_FILE))


def sweep(run: Path) -> None:
    """Remove what a killed process left of folders that it was writing; bring back the older one if
    it was killed between taking that away and putting the new one in its place."""
    for left in [*run.glob(".*.tmp"), *(run / CHECKPOINTS).glob(".*.tmp")]:
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    for older in [*run.glob(".*.old"), *(run / CHECKPOINTS).glob(".*.old")]:
        target = older.parent / older.name[1:].rsplit(".", 2)[0]
        if target.exists():
            shutil.rmtree(older)
        else:
            older.rename(target)


def _save_model(model: nn.Module, folder: Path, name: str = MODEL_FILE) -> None:
    # A copy, since safetensors refuses tensors that share memory or lie channels-last.
    weights = {k: v.detach().cpu().contiguous().clone() for k, v in model.state_dict().items()}
    save_file(weights, folder / name)


def _checkpoints(run: Path) -> list[Path]:
    """Complete checkpoints, oldest first; a folder that is being written has another name."""
    return sorted(path for path in (run / CHECKPOINTS).glob("*") if path.name.isdigit())
