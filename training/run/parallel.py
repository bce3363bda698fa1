"""Several processes, one per GPU or node, as `accelerate launch` starts them.

Each embeds its part of every batch, and each computes the loss of the whole batch, so that the
negatives, and the result, are those of one process with the whole batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator, DistributedDataParallelKwargs, PartialState
from accelerate.utils import broadcast_object_list
from numpy.typing import NDArray
from torch import Tensor, nn

from training.config import TrainingConfig
from training.run.options import RunOptions
from training.towers.pair import TowerPair


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


def make_accelerator(config: TrainingConfig, options: RunOptions, folder: Path) -> Accelerator:
    """The processes, device, precision and trackers of a run in `folder`."""
    # While backbones are held, their parameters get no gradient, which DDP has to be told.
    held = config.optimisation.frozen_epochs > 0
    return Accelerator(
        cpu=options.device == "cpu",
        mixed_precision=options.mixed_precision,
        log_with=list(options.trackers) or None,
        project_dir=folder,
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=held)],
    )


def synchronise_norms(towers: TowerPair) -> None:
    """Let the batch norms that are trained take their statistics from the batches of all
    processes, as one process would.

    Norms of frozen blocks keep the statistics that they were pretrained with. Torch synchronises
    norms on GPUs alone; several CPU processes keep each its own part's statistics.
    """
    for tower in (towers.image, towers.text):
        frozen = {id(module) for module in tower.frozen.modules()}
        for parent in tower.modules():
            for name, child in parent.named_children():
                if isinstance(child, nn.modules.batchnorm._BatchNorm) and id(child) not in frozen:
                    converted = nn.SyncBatchNorm.convert_sync_batchnorm(child)  # type: ignore[no-untyped-call]
                    setattr(parent, name, converted)


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
