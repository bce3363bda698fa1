"""Several processes, one per GPU or node, as `accelerate launch` starts them.

Each embeds its part of every batch, and each computes the loss of the whole batch, so that the
negatives, and the result, are those of one process with the whole batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from accelerate import Accelerator, DistributedDataParallelKwargs, PartialState
from accelerate.utils import broadcast_object_list
from numpy.typing import NDArray
from torch import Tensor

from training.config import TrainingConfig


@dataclass(frozen=True)
class Shard:
    """Part `index` of `count` equal ones."""

    index: int = 0
    count: int = 1

    def of(self, size: int) -> slice:
        """This part's places in a batch of `size`, a multiple of `count`."""
        step = size // self.count
        return slice(self.index * step, (self.index + 1) * step)

    def own(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """This part of values that lie in the order of the parts."""
        return values[self.of(len(values))]


def make_accelerator(config: TrainingConfig) -> Accelerator:
    """The device and precision of a run: bfloat16 if it helps."""
    # While backbones are held, their parameters get no gradient, which DDP has to be told.
    held = config.optimisation.frozen_epochs > 0
    return Accelerator(
        mixed_precision="bf16" if _bfloat16_helps() else "no",
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=held)],
    )


def is_main_process() -> bool:
    """True if this process writes what all of them share."""
    return bool(PartialState().is_main_process)


def gather_rows(rows: Tensor, accelerator: Accelerator) -> Tensor:
    """Every process's rows in order, (n, d) each -> (n * processes, d); gradients reach the own.

    DDP averages gradients over the processes, each of which sees those of its own rows alone;
    scaling them by the number of processes makes the average their sum, as for one process.
    Parameters that enter the loss by another way, as the logit scale does, are not scaled.
    """
    count = accelerator.num_processes
    if count == 1:
        return rows
    parts = list(accelerator.gather(rows.detach()).chunk(count))
    parts[accelerator.process_index] = count * rows - (count - 1) * rows.detach()
    return torch.cat(parts)


def from_main_process(values: dict[str, float], accelerator: Accelerator) -> dict[str, float]:
    """The main process's values, in every process."""
    if accelerator.num_processes == 1:
        return values
    shared: dict[str, float] = broadcast_object_list([values])[0]
    return shared


def _bfloat16_helps() -> bool:
    """On a GPU, and on CPUs with matrix units, which oneDNN uses for bfloat16."""
    return torch.cuda.is_available() or torch.cpu._is_amx_tile_supported()
