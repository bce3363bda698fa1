"""The loss that each strategy minimises on a batch."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from accelerate import Accelerator
from torch import Tensor, nn

from training.config import LossConfig
from training.data.batch import Batch
from training.objective.losses import (
    batch_hard_triplet_loss,
    contrastive_loss,
    supervised_contrastive_loss,
    view_loss,
)
from training.objective.memory_bank import Bank
from training.run.parallel import gather_rows
from training.towers import DualTowers


def objective(
    model: nn.Module,
    batch: Batch,
    accelerator: Accelerator,
    config: LossConfig,
    bank: Bank | None = None,
) -> Tensor:
    """The loss of a batch; which one, the model decides. Its rows go into the bank."""
    towers = accelerator.unwrap_model(model)
    if not isinstance(towers, DualTowers):
        rows = model(batch.images, batch.input_ids, batch.mask, batch.showings)
        rows = gather_rows(rows, accelerator)
        whole, sides = rows[:, 0], rows[:, 1:]
        over_all = config.triplet_mean == "all"
        return batch_hard_triplet_loss(whole, batch.categories, config.margin, over_all, sides)
    rows, text = model(torch.cat([batch.images, batch.views]), batch.input_ids, batch.mask)
    own = len(batch.images)
    image, text = gather_rows(rows[:own], accelerator), gather_rows(text, accelerator)
    loss = contrastive_loss(image, text, towers.scale, batch.matches)
    views = gather_rows(rows[own:], accelerator)
    if len(views):  # none in a batch too small for its share
        same = batch.names[batch.view_of][:, None] == batch.names[None, :]
        found = view_loss(views, batch.view_of, image, same, config.view_temperature)
        loss = loss + config.view_weight * found
    if config.supervised_weight:
        mean = F.normalize(image + text, dim=1)
        temperature = config.supervised_temperature
        supervised = supervised_contrastive_loss(mean, batch.categories, temperature)
        loss = loss + config.supervised_weight * supervised
    if bank is not None:
        loss = loss + bank.loss(batch, image, text, views, config)
        bank.store(batch, image, text)
    return loss
