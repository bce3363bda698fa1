"""One optimiser step: the objective of each strategy, the groups of rates, the update."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from training.config import LossConfig, OptimisationConfig, TrainingConfig
from training.data.batch import Batch
from training.objective.losses import (
    batch_hard_triplet_loss,
    contrastive_loss,
    supervised_contrastive_loss,
    view_loss,
)
from training.objective.memory_bank import Bank
from training.run.parallel import gather_rows
from training.run.schedule import rate_factor
from training.towers import DualTowers


def train_step(
    model: nn.Module,
    optimizer: Optimizer,
    batches: Sequence[Batch],
    accelerator: Accelerator,
    config: TrainingConfig,
    bank: Bank | None = None,
) -> float:
    """One optimiser step on the mean gradient of its batches; returns their mean loss.

    The rows of the batches go into the bank, where there is one.
    """
    model.train()
    total = 0.0
    for batch in batches:
        loss = objective(model, batch.to(accelerator.device), accelerator, config.loss, bank)
        accelerator.backward(loss / len(batches))
        total += float(loss.detach()) / len(batches)
    accelerator.clip_grad_norm_(model.parameters(), config.optimisation.clip_norm)
    optimizer.step()
    optimizer.zero_grad()
    return total


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
        rows = model(batch.images, batch.input_ids, batch.mask, batch.present)
        rows = gather_rows(rows, accelerator)
        return batch_hard_triplet_loss(rows, batch.categories, config.margin)
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


def make_optimizer(model: nn.Module, config: OptimisationConfig) -> AdamW:
    """AdamW over three groups of rates; norms, biases and the logit scale are not decayed."""
    groups: dict[tuple[str, bool], list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        kind = name.split(".")[0] if ".backbone." in name else "head"
        groups.setdefault((kind, parameter.ndim > 1), []).append(parameter)
    peak = {"head": config.head_rate, "image": config.image_rate, "text": config.text_rate}
    return AdamW(
        [
            {"params": params, "peak": peak[kind], "weight_decay": config.weight_decay * decayed}
            for (kind, decayed), params in groups.items()
        ],
        betas=(0.9, 0.98),
        fused=True,
    )


def set_rates(
    optimizer: Optimizer,
    config: OptimisationConfig,
    step: int,
    total: int,
    scores: Sequence[float] = (),
) -> float:
    """Set each group's rate for a step; returns the factor of the peak, 0 to 1."""
    factor = rate_factor(config, step, total, scores)
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor
    return factor
