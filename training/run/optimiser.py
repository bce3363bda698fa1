"""One optimiser step: the groups of rates and the update."""

from __future__ import annotations

from collections.abc import Sequence

from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from training.config import OptimisationConfig, TrainingConfig
from training.data.batch import Batch
from training.objective.memory_bank import Bank
from training.objective.objective import objective
from training.run.schedule import rate_factor


def train_step(
    model: nn.Module,
    optimizer: Optimizer,
    batches: Sequence[Batch],
    accelerator: Accelerator,
    config: TrainingConfig,
    bank: Bank | None = None,
) -> float:
    """One optimiser step on the mean gradient of its batches; returns their mean loss.

    The rows of the batches go into the bank, if there is one.
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


def rates(config: OptimisationConfig, factor: float) -> dict[str, float]:
    """The rates of the three groups at a factor of their peaks, as the history names them."""
    peaks = {"image": config.image_rate, "text": config.text_rate, "head": config.head_rate}
    return {f"{name}_rate": peak * factor for name, peak in peaks.items()}


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
