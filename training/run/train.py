"""The training loop of both strategies, readable from top to bottom.

Every random choice of a step comes from (seed, step) alone, so an interrupted run that resumes
from its checkpoint follows the curve of one that was never interrupted; float16 alone finds the
scale of its gradients anew.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

import torch
from rich.console import Console
from rich.progress import TextColumn

from training.config import TrainingConfig
from training.data.batch import Batch, make_batch, step_seed
from training.run.checkpoint import (
    BEST,
    BLENDED,
    Reached,
    load_best,
    save_checkpoint,
    save_weights,
)
from training.run.history import log_record
from training.run.open_run import Run, Weights, open_run
from training.run.optimiser import rates, set_rates, train_step
from training.run.options import RunOptions, tracked_values
from training.run.parallel import from_main_process
from training.run.schedule import epochs_since_best
from training.run.validation import monitored, validate
from training.towers import DualTowers, TowerPair
from twinset.catalogue import Catalogue
from twinset.progress import progress_bar

_DEFAULTS = RunOptions()
_LOSS = "loss {task.fields[loss]:.3f}"


class Loader:
    """Prepares the batches of the next step on a thread while the device computes this one."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._thread = ThreadPoolExecutor(1, "loader")
        self._next: tuple[int, Future[list[Batch]]] | None = None

    def batches(self, step: int) -> list[Batch]:
        """What an optimiser step computes on."""
        if self._next is None or self._next[0] != step:
            self._next = (step, self._thread.submit(self._make, step))
        ready = self._next[1].result()
        self._next = (step + 1, self._thread.submit(self._make, step + 1))
        return ready

    def _make(self, step: int) -> list[Batch]:
        run, of_each = self._run, self._run.config.optimisation.accumulation
        numbers = range(step * of_each, (step + 1) * of_each)
        given = (run.products, run.rows, run.tokenizer, run.config)
        total, device = run.total * of_each, run.accelerator.device
        return [make_batch(*given, number, total, run.shard, device) for number in numbers]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)


def train(
    config: TrainingConfig,
    catalogue: Catalogue,
    folder: Path,
    console: Console,
    options: RunOptions = _DEFAULTS,
) -> TowerPair:
    """Train, or resume, in `folder`; leaves a checkpoint and `history.jsonl` there.

    The first step starts with the weights in the folder `options.start`, a run or an exported dual
    encoder, else with pretrained ones.

    Raises:
        CatalogueError: if too few products have an image, there is no category and the
            configuration needs one, or the run was started on another catalogue.
        ArtefactError: if the folder holds a damaged checkpoint, or one of another configuration, or
            `start` holds none, or of other towers.
        ConfigError: if pretrained weights cannot be found or do not fit, or the configuration wants
            a share of weights to start with and none are given.
    """
    run, reached = open_run(config, catalogue, folder, options)
    if run.accelerator.is_main_process:
        console.print(_first_line(run, reached, config))
    run.accelerator.init_trackers("twinset", config=tracked_values(run.config))
    saved_at = time.monotonic()
    columns = TextColumn("{task.fields[speed]:,.0f} images/s"), TextColumn(_LOSS)
    with progress_bar(*columns) as progress, Loader(run) as loader:
        task = progress.add_task("training", total=run.total, loss=math.nan, speed=math.nan)
        progress.update(task, completed=reached.step)
        while not run.is_over(reached):
            reached, record = advance(run, reached, loader)
            speed = record["images_per_second"]
            progress.update(task, completed=reached.step, loss=record["loss"], speed=speed)
            if reached.step % run.steps_per_epoch == 0:
                reached = close_epoch(run, reached, console)
            due = time.monotonic() - saved_at > run.config.optimisation.checkpoint_minutes * 60
            if run.accelerator.is_main_process and (due or run.is_over(reached)):
                save_checkpoint(folder, run.config, run.towers, run.optimizer, reached, run.bank)
                saved_at = time.monotonic()
    run.accelerator.wait_for_everyone()
    run.accelerator.end_training()
    end_weights(run, reached)
    return run.towers


def end_weights(run: Run, reached: Reached) -> None:
    """Give the towers the weights that the run ends with: the best epoch's, and a blend of those
    with the first ones, which is kept for runs that start with this one."""
    settings = run.config.optimisation
    if settings.early_stopping and reached.scores:
        load_best(run.folder, run.towers)
    if settings.start_share:
        blend(run.towers, run.begun_with, settings.start_share)
        if run.accelerator.is_main_process:
            save_weights(run.folder, run.towers, BLENDED)


def blend(towers: TowerPair, other: Weights, share: float) -> None:
    """Move `towers` by `share` of the way to other weights.

    Between fine-tuned weights and what they were tuned from lie some that are better than both
    (WiSE-FT: Wortsman et al., 2022, "Robust fine-tuning of zero-shot models").
    """
    for name, value in towers.state_dict().items():
        if value.is_floating_point():
            value.lerp_(other[name].to(value.device), share)


def advance(run: Run, reached: Reached, loader: Loader) -> tuple[Reached, dict[str, float]]:
    """One optimiser step; returns what is reached with it, and its record in the history."""
    started = time.monotonic()
    settings, step = run.config.optimisation, reached.step
    run.towers.hold_backbones(step < settings.frozen_epochs * run.steps_per_epoch)
    batches = loader.batches(step)
    torch.manual_seed(step_seed(run.config, step * settings.accumulation, run.shard))  # dropout
    factor = set_rates(run.optimizer, settings, step, run.total, reached.scores)
    loss = train_step(run.model, run.optimizer, batches, run.accelerator, run.config, run.bank)
    seconds = time.monotonic() - started
    speed = sum(len(batch.categories) for batch in batches) / seconds
    record = {"step": step + 1, "loss": loss, "rate": factor, "seconds": seconds}
    record["images_per_second"] = speed
    record |= rates(settings, factor)
    if isinstance(run.towers, DualTowers):
        record["logit_scale"] = float(run.towers.scale.detach())
    _log(run, record)
    return Reached(step + 1, reached.scores), record


def close_epoch(run: Run, reached: Reached, console: Console) -> Reached:
    """Score the epoch that ends here, if there are products to do it on, and keep its weights if no
    earlier one was better."""
    leads = run.accelerator.is_main_process
    epoch = reached.step // run.steps_per_epoch
    figures: dict[str, float] = {}
    if leads:
        figures = validate(run.towers, run.products, run.validation, run.tokenizer, run.config)
        _log(run, {"step": reached.step, "epoch": epoch, **figures})
        console.print(f"epoch {epoch}: {_line(figures) or 'no products to validate on'}")
    figures = from_main_process(figures, run.accelerator)
    score = monitored(figures, run.config)
    if score is None:  # without products to validate on, the run keeps its last weights
        return reached
    reached = Reached(reached.step, (*reached.scores, score))
    patience = run.config.optimisation.early_stopping
    if leads and patience and epochs_since_best(reached.scores) == 0:
        save_weights(run.folder, run.towers, BEST)
    return reached


def _log(run: Run, record: dict[str, float]) -> None:
    """Into the history, and to the trackers."""
    if run.accelerator.is_main_process:
        log_record(run.folder, record)
    values = {name: value for name, value in record.items() if name != "step"}
    run.accelerator.log(values, step=int(record["step"]))


def _first_line(run: Run, reached: Reached, asked: TrainingConfig) -> str:
    size = run.config.optimisation.batch_size * run.config.optimisation.accumulation
    wanted = asked.optimisation.batch_size * asked.optimisation.accumulation
    smaller = f" instead of {wanted:,}, since the catalogue is small" if size < wanted else ""
    return (
        f"{len(run.rows):,} products on {run.accelerator.device.type}, {run.total:,} steps of"
        f" {size:,}{smaller}, from step {reached.step:,}"
    )


def _line(scores: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
