"""How a run came about: hyper-parameters, seed, versions, data, device and time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.evaluation.panel import training_record
from training.run.environment import read_environment
from training.run.history import read_history
from training.run.options import flat_values

Plain = dict[str, str | int | float | bool]


@dataclass(frozen=True)
class RunDetails:
    """`strategy` is "clip", "hybrid", or blank if the encoder does not say; `settings` are its
    hyper-parameters by dotted name, `circumstances` are versions, data, device and time."""

    strategy: str
    settings: Plain
    circumstances: Plain


def read_details(encoder: Path) -> RunDetails:
    """What an encoder folder and the run that it stands in say of it."""
    record = training_record(encoder) or {}
    settings = flat_values(dict(record))
    circumstances = flat_values(read_environment(encoder.parent))
    history = [line for line in read_history(encoder.parent) if "loss" in line]
    if history:
        circumstances["steps"] = int(history[-1]["step"])
        seconds = sum(line.get("seconds", 0.0) for line in history)
        if seconds:
            circumstances["minutes of steps"] = round(seconds / 60, 1)
    if "seed" in settings:
        circumstances["seed"] = settings["seed"]
    return RunDetails(str(record.get("strategy", "")), settings, circumstances)
