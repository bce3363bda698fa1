"""The training loop of both strategies, readable from top to bottom.

Every random choice of a step comes from (seed, step) alone, so an interrupted run that resumes
from its checkpoint follows the curve of one that was never interrupted.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import TextColumn
from tokenizers import Tokenizer
from torch import nn
from torch.optim import Optimizer

from training.config import TrainingConfig
from training.data.batch import Batch, load_tokenizer, make_batch, step_seed
from training.data.phrase_attributes import fit_attributes
from training.data.product_data import Products, load_products
from training.data.split import split_products, thin_out
from training.export.onnx_import import is_encoder, load_exported
from training.objective.memory_bank import Bank
from training.run.checkpoint import (
    Reached,
    load_best,
    load_checkpoint,
    load_start,
    save_best,
    save_checkpoint,
)
from training.run.history import log_record, rewind_history
from training.run.optimiser import make_optimizer, set_rates, train_step
from training.run.parallel import Shard, from_main_process, make_accelerator
from training.run.run_catalogue import require_same_catalogue, steps_per_epoch
from training.run.schedule import epochs_since_best
from training.run.validation import MONITORED, validate
from training.towers import TowerPair, build_towers
from twinset.catalogue import Catalogue
from twinset.errors import CatalogueError, ConfigError
from twinset.progress import progress_bar

Rows = NDArray[np.int64]
Weights = dict[str, torch.Tensor]
_SHOWN = 512  # products whose pictures tell the batch norms of an exported encoder their statistics


@dataclass(frozen=True)
class Run:
    """All that the steps of a run share. `model` is `towers` as accelerate wraps them; `rows` are
    trained on, `validation` scores each epoch; `begun_with` are the first weights, where the end
    needs them; `total` counts optimiser steps; `bank` is there where the loss needs one."""

    config: TrainingConfig
    folder: Path
    products: Products
    rows: Rows
    validation: Rows
    begun_with: Weights
    tokenizer: Tokenizer
    accelerator: Accelerator
    towers: TowerPair
    model: nn.Module
    optimizer: Optimizer
    bank: Bank | None
    steps_per_epoch: int

    @property
    def total(self) -> int:
        return self.steps_per_epoch * self.config.optimisation.epochs

    @property
    def shard(self) -> Shard:
        return Shard(self.accelerator.process_index, self.accelerator.num_processes)

    def is_over(self, reached: Reached) -> bool:
        """All steps are done, or the validation score has not risen for long enough."""
        patience = self.config.optimisation.early_stopping
        stopped = 0 < patience <= epochs_since_best(reached.scores)
        return stopped or reached.step >= self.total


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
        return [make_batch(*given, number, run.total * of_each, run.shard) for number in numbers]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)


def train(
    config: TrainingConfig,
    catalogue: Catalogue,
    folder: Path,
    console: Console,
    cache: Path | None = None,
    photos: Path | None = None,
    start: Path | None = None,
) -> TowerPair:
    """Train, or resume, in `folder`; leaves a checkpoint and `history.jsonl` there.

    Decoded images are kept in `cache`, by default in the folder itself; `photos` are further
    photos of the products (`load_products`). The first step starts with the weights in the folder
    `start`, a run or an exported dual encoder, else with pretrained ones.

    Raises:
        CatalogueError: if too few products with an image to fill a batch, or no category where the
            configuration needs one.
        ArtefactError: if the folder holds a damaged checkpoint, or one of another configuration, or
            `start` holds none, or of other towers.
        ConfigError: pretrained weights cannot be found or do not fit, or the configuration wants a
            share of weights to start with and none are given.
    """
    run, reached = open_run(config, catalogue, folder, cache or folder / "cache", photos, start)
    if run.accelerator.is_main_process:
        console.print(
            f"{len(run.rows):,} products, {run.total:,} steps, from step {reached.step:,}"
        )
    saved_at = time.monotonic()
    columns = TextColumn("loss {task.fields[loss]:.3f}")
    with progress_bar(columns) as progress, Loader(run) as loader:
        task = progress.add_task("training", total=run.total, completed=reached.step, loss=math.nan)
        while not run.is_over(reached):
            reached, loss = advance(run, reached, loader)
            progress.update(task, completed=reached.step, loss=loss)
            if reached.step % run.steps_per_epoch == 0:
                reached = close_epoch(run, reached, console)
            due = time.monotonic() - saved_at > config.optimisation.checkpoint_minutes * 60
            if run.accelerator.is_main_process and (due or run.is_over(reached)):
                save_checkpoint(folder, run.config, run.towers, run.optimizer, reached, run.bank)
                saved_at = time.monotonic()
    run.accelerator.wait_for_everyone()
    if config.optimisation.early_stopping and reached.scores:
        load_best(folder, run.towers)
    if config.optimisation.start_share:
        blend(run.towers, run.begun_with, config.optimisation.start_share)
    return run.towers


def blend(towers: TowerPair, other: Weights, share: float) -> None:
    """Move `towers` by `share` of the way to other weights.

    Between fine-tuned weights and what they were tuned from lie some that are better than both
    (WiSE-FT: Wortsman et al., 2022, "Robust fine-tuning of zero-shot models").
    """
    for name, value in towers.state_dict().items():
        if value.is_floating_point():
            value.lerp_(other[name].to(value.device), share)


def untrained_towers(config: TrainingConfig) -> TowerPair:
    """What `train` starts from: pretrained backbones, and heads that are random by the seed."""
    torch.manual_seed(config.seed)
    return build_towers(config)


def open_run(
    config: TrainingConfig,
    catalogue: Catalogue,
    folder: Path,
    cache: Path,
    photos: Path | None = None,
    start: Path | None = None,
) -> tuple[Run, Reached]:
    """Read the products, build the towers, and restore the last checkpoint; errors as `train`."""
    if config.optimisation.start_share and start is None:
        raise ConfigError("optimisation.start_share needs weights to start with (--start)")
    folder.mkdir(parents=True, exist_ok=True)
    accelerator = make_accelerator(config)
    config = fit_attributes(config, catalogue)
    attributes = config.augmentation.phrase_attributes or ()
    with accelerator.main_process_first():  # which fills the cache for the others
        require_same_catalogue(folder, catalogue, accelerator.is_main_process)
        products = load_products(catalogue, config.data, attributes, cache, photos)
    rows, validation = choose_sides(products, config, catalogue)
    settings = config.optimisation
    epoch_steps = steps_per_epoch(config, catalogue, len(rows), accelerator.num_processes)
    towers = untrained_towers(config)
    if start is not None:
        _begin_with(start, config, towers, products.pixels[rows[:_SHOWN]])
    begun_with = {}
    if settings.start_share:
        begun_with = {name: value.clone() for name, value in towers.state_dict().items()}
    optimizer = make_optimizer(towers, settings)
    bank = None
    if config.loss.bank_weight:
        bank = Bank(products, config.model.dimension).to(accelerator.device)
    reached = load_checkpoint(folder, config, towers, optimizer, bank)
    with accelerator.main_process_first():
        if accelerator.is_main_process:
            rewind_history(folder, reached.step)
    model, optimizer = accelerator.prepare(towers, optimizer)
    run = Run(
        config=config,
        folder=folder,
        products=products,
        rows=rows,
        validation=validation,
        begun_with=begun_with,
        tokenizer=load_tokenizer(config),
        accelerator=accelerator,
        towers=towers,
        model=model,
        optimizer=optimizer,
        bank=bank,
        steps_per_epoch=epoch_steps,
    )
    return run, reached


def _begin_with(
    start: Path, config: TrainingConfig, towers: TowerPair, pixels: NDArray[np.uint8]
) -> None:
    """The weights of a run, or of an exported encoder; `pixels` (n, height, width, 3)."""
    if is_encoder(start):
        images = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255
        load_exported(start, config, towers, images)
    else:
        load_start(start, config, towers)


def choose_sides(
    products: Products, config: TrainingConfig, catalogue: Catalogue
) -> tuple[Rows, Rows]:
    """Rows to train on and to validate on, each with all that a batch needs of them."""
    if config.strategy == "hybrid" and catalogue.category is None:
        raise CatalogueError(f"{catalogue.path}: names no category, which the triplet loss needs")
    sides = split_products(products.titles, products.categories, config.data)
    rows = sides["train"][products.has_image[sides["train"]]]
    if config.data.train_share < 1:
        rows = thin_out(rows, products.titles, config.data.train_share)
    return rows, sides["validation"]


def advance(run: Run, reached: Reached, loader: Loader) -> tuple[Reached, float]:
    """One optimiser step, logged; returns what is reached with it, and its loss."""
    started = time.monotonic()
    settings, step = run.config.optimisation, reached.step
    run.towers.hold_backbones(step < settings.frozen_epochs * run.steps_per_epoch)
    batches = loader.batches(step)
    torch.manual_seed(step_seed(run.config, step * settings.accumulation, run.shard))  # dropout
    rate = set_rates(run.optimizer, settings, step, run.total, reached.scores)
    loss = train_step(run.model, run.optimizer, batches, run.accelerator, run.config, run.bank)
    speed = sum(len(batch.categories) for batch in batches) / (time.monotonic() - started)
    record: dict[str, float] = {
        "step": step + 1,
        "loss": loss,
        "rate": rate,
        "images_per_second": speed,
    }
    if run.accelerator.is_main_process:
        log_record(run.folder, record)
    return Reached(step + 1, reached.scores), loss


def close_epoch(run: Run, reached: Reached, console: Console) -> Reached:
    """Score the epoch that ends here, and keep its weights if no earlier one was better."""
    leads = run.accelerator.is_main_process
    epoch = reached.step // run.steps_per_epoch
    figures: dict[str, float] = {}
    if leads:
        figures = validate(run.towers, run.products, run.validation, run.tokenizer)
        log_record(run.folder, {"step": reached.step, "epoch": epoch, **figures})
        console.print(f"epoch {epoch}: {_line(figures)}")
    figures = from_main_process(figures, run.accelerator)
    score = figures.get(MONITORED[run.config.strategy], 0.0)
    reached = Reached(reached.step, (*reached.scores, score))
    patience = run.config.optimisation.early_stopping
    if leads and patience and epochs_since_best(reached.scores) == 0:
        save_best(run.folder, run.towers)
    return reached


def _line(scores: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
