"""How and where a run computes, apart from what it learns: never part of its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate.tracking import get_available_trackers

from training.config import TrainingConfig
from twinset.errors import ConfigError

PRECISIONS = {"float32": "no", "bfloat16": "bf16", "float16": "fp16"}
TRACKERS = ("tensorboard", "mlflow", "wandb")


@dataclass(frozen=True)
class RunOptions:
    """Options of one start of a run; a run that resumes may have others.

    `cache` is the folder of decoded images, by default in the run itself; `photos` are further
    photos of the products (`load_products`); `start` is a run or an exported dual encoder to begin
    with; `trackers` get every figure of the history by accelerate.
    """

    cache: Path | None = None
    photos: Path | None = None
    start: Path | None = None
    device: str = "auto"
    precision: str = "auto"
    trackers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ConfigError if the device, the precision or a tracker cannot be used here."""
        if self.device == "cuda" and not torch.cuda.is_available():
            raise ConfigError("--device cuda: torch sees no CUDA device; pass --device cpu")
        if self.precision == "float16" and not self.on_gpu:
            raise ConfigError("--precision float16 needs a GPU; pass bfloat16 or float32")
        for name in self.trackers:
            if name not in TRACKERS:
                raise ConfigError(f"--track {name!r} is not one of {', '.join(TRACKERS)}")
            if name not in map(str, get_available_trackers()):
                raise ConfigError(f"--track {name}: not installed; run: pip install {name}")

    @property
    def on_gpu(self) -> bool:
        """True if the run computes on a CUDA device."""
        return self.device != "cpu" and torch.cuda.is_available()

    @property
    def mixed_precision(self) -> str:
        """The name that accelerate has for the precision."""
        if self.precision != "auto":
            return PRECISIONS[self.precision]
        # oneDNN uses a CPU's matrix units for bfloat16; without them it is slower than float32.
        helps = self.on_gpu or torch.cpu._is_amx_tile_supported()
        return PRECISIONS["bfloat16" if helps else "float32"]


def tracked_values(config: TrainingConfig) -> dict[str, str | int | float | bool]:
    """A configuration as flat plain values, which every tracker takes as hyper-parameters."""
    return flat_values(config.to_dict())


def flat_values(values: Mapping[str, Any], prefix: str = "") -> dict[str, str | int | float | bool]:
    """Nested plain values with dotted names."""
    flat: dict[str, str | int | float | bool] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= flat_values(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value if isinstance(value, (str, int, float)) else str(value)
    return flat
