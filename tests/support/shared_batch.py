"""One of the processes that share a batch; writes the gradients it ends with.

RANK=0 WORLD_SIZE=2 ... python -m tests.support.shared_batch OUT STRATEGY
"""

import sys
from typing import NamedTuple

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray

from training.config import LossConfig
from training.data.batch import Batch
from training.objective.memory_bank import Bank
from training.objective.objective import objective
from training.run.parallel import Shard
from training.towers import DualTowers, HybridTowers


def seeded(seed):
    return torch.Generator().manual_seed(seed)


class LinearDual(DualTowers):
    """A dual encoder of two matrices, in the place of one with weights."""

    def __init__(self):
        torch.nn.Module.__init__(self)
        torch.manual_seed(0)
        self.image, self.text = torch.nn.Linear(6, 4), torch.nn.Linear(6, 4)
        self.log_scale = torch.nn.Parameter(torch.tensor(1.5))

    def forward(self, images, input_ids, mask):
        rows = self.image(images), self.text(input_ids)
        return tuple(torch.nn.functional.normalize(side, dim=1) for side in rows)


class LinearHybrid(HybridTowers):
    def __init__(self):
        torch.nn.Module.__init__(self)
        torch.manual_seed(0)
        self.image, self.text = torch.nn.Linear(6, 4), torch.nn.Linear(6, 4)

    def forward(self, images, input_ids, mask, showings):
        image = self.image(images)[:, None] * showings[:, :, :1]
        text = self.text(input_ids)[:, None] * showings[:, :, 1:]
        return torch.nn.functional.normalize(image + text, dim=2)


class Known(NamedTuple):
    """What a bank asks of products."""

    names: NDArray[np.int64]
    categories: NDArray[np.int64]

    def __len__(self):
        return 8


def gradients(strategy, accelerator):
    """Of a batch of eight, of which this process has its part."""
    model = accelerator.prepare(LinearHybrid() if strategy == "hybrid" else LinearDual())
    shard = Shard(accelerator.process_index, accelerator.num_processes)
    own = shard.of(8)
    images, texts = torch.randn(2, 8, 6, generator=seeded(1))
    views, view_of = torch.randn(4, 6, generator=seeded(3)), torch.tensor([0, 2, 5, 7])
    categories = torch.tensor([0, 1, 0, 1, 2, 2, 3, 3])
    each_side = torch.tensor([[True, True], [True, False], [False, True]])
    batch = Batch(
        images=images[own],
        input_ids=texts[own],
        mask=texts[own],
        matches=torch.eye(8, dtype=torch.bool),
        rows=torch.arange(8),
        named=torch.tensor([True, True, False, True, True, False, True, True]),
        names=torch.tensor([0, 1, 2, 0, 4, 5, 6, 7]),
        categories=categories,
        showings=each_side.expand(8, 3, 2)[own],
        views=views[shard.of(4)],
        view_of=view_of,
    )
    loss = LossConfig(
        supervised_weight=0.15, view_weight=0.5, bank_weight=0.5, neighbour_weight=0.2
    )
    bank = Bank(Known(batch.names.numpy(), categories.numpy()), 4)
    bank.image, bank.text = torch.nn.functional.normalize(
        torch.randn(2, 8, 4, generator=seeded(5)), dim=2
    )
    accelerator.backward(objective(model, batch, accelerator, loss, bank))
    return {n: p.grad for n, p in accelerator.unwrap_model(model).named_parameters()}


if __name__ == "__main__":
    out, strategy = sys.argv[1:]
    accelerator = Accelerator(cpu=True)
    torch.save(gradients(strategy, accelerator), f"{out}/{accelerator.process_index}.pt")
