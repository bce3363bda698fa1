"""Opening a run: its products, towers and device, and how far it got."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import nn
from torch.optim import Optimizer

from training.config import TrainingConfig
from training.data.batch import load_tokenizer
from training.data.phrase_attributes import fit_attributes
from training.data.product_data import Products, load_products
from training.data.split import split_products
from training.export.onnx_import import is_encoder, load_exported
from training.objective.memory_bank import Bank
from training.run.checkpoint import Reached, load_checkpoint, load_start, sweep
from training.run.environment import write_environment
from training.run.history import rewind_history
from training.run.optimiser import make_optimizer
from training.run.options import RunOptions
from training.run.parallel import Shard, make_accelerator, synchronise_norms
from training.run.run_catalogue import fit_batches, require_same_catalogue
from training.run.schedule import epochs_since_best
from training.towers import TowerPair, build_towers
from twinset.catalogue import Catalogue
from twinset.errors import CatalogueError, ConfigError

Rows = NDArray[np.int64]
Weights = dict[str, torch.Tensor]
_SHOWN = 512  # products whose pictures tell the batch norms of an exported encoder their statistics


@dataclass(frozen=True)
class Run:
    """All that the steps of a run share. `model` is `towers` as accelerate wraps them; `rows` are
    trained on, `validation` scores each epoch; `begun_with` are the first weights, where the end
    needs them; `total` counts optimiser steps; `bank` is there if the loss needs one."""

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


def untrained_towers(config: TrainingConfig) -> TowerPair:
    """What `train` starts from: pretrained backbones, and heads that are random by the seed."""
    torch.manual_seed(config.seed)
    return build_towers(config)


def open_run(
    config: TrainingConfig, catalogue: Catalogue, folder: Path, options: RunOptions
) -> tuple[Run, Reached]:
    """Read the products, build the towers, and restore the last checkpoint.

    Raises: as `training.run.train.train`.
    """
    if config.optimisation.start_share and options.start is None:
        raise ConfigError("optimisation.start_share needs weights to start with (--start)")
    folder.mkdir(parents=True, exist_ok=True)
    accelerator = make_accelerator(config, options, folder)
    config = fit_attributes(config, catalogue)
    attributes = config.augmentation.phrase_attributes or ()
    cache = options.cache or folder / "cache"
    with accelerator.main_process_first():  # which fills the cache for the others
        if accelerator.is_main_process:
            sweep(folder)
        require_same_catalogue(folder, catalogue, accelerator.is_main_process)
        products = load_products(catalogue, config.data, attributes, cache, options.photos)
    rows, validation = choose_sides(products, config, catalogue)
    config = fit_batches(config, len(rows), accelerator.num_processes)
    towers, begun_with = _first_towers(config, options, products.pixels[rows[:_SHOWN]])
    bank = None
    if config.loss.bank_weight:
        bank = Bank(products, config.model.dimension).to(accelerator.device)
    if accelerator.num_processes > 1 and accelerator.device.type == "cuda":
        synchronise_norms(towers)
    optimizer = make_optimizer(towers, config.optimisation)
    reached = load_checkpoint(folder, config, towers, optimizer, bank)
    with accelerator.main_process_first():
        if accelerator.is_main_process:
            rewind_history(folder, reached.step)
            write_environment(folder, accelerator, catalogue)
    model, optimizer = accelerator.prepare(towers, optimizer)
    step_size = config.optimisation.batch_size * config.optimisation.accumulation
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
        steps_per_epoch=len(rows) // step_size,
    )
    return run, reached


def _first_towers(
    config: TrainingConfig, options: RunOptions, pixels: NDArray[np.uint8]
) -> tuple[TowerPair, Weights]:
    """The towers before the first step, and a copy of their weights if the end needs them."""
    towers = untrained_towers(config)
    if options.start is not None:
        _begin_with(options.start, config, towers, pixels)
    if not config.optimisation.start_share:
        return towers, {}
    return towers, {name: value.clone() for name, value in towers.state_dict().items()}


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
    return rows, sides["validation"]
