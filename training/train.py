"""The training loop of the dual encoder, readable from top to bottom.

Every random choice of a step comes from (seed, step) alone, so an interrupted run that resumes
from its checkpoint follows the curve of one that was never interrupted.
"""

from __future__ import annotations

import json
import math
import random
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import TextColumn
from tokenizers import Tokenizer
from torch import Tensor
from torch.optim import AdamW, Optimizer

from core.catalog import Catalogue
from core.errors import CatalogueError
from core.progress import progress_bar
from training.augment import augment
from training.checkpoint import load_checkpoint, save_checkpoint
from training.config import OptimisationConfig, TrainingConfig
from training.data import Products, load_products
from training.losses import contrastive_loss
from training.split import split_rows
from training.texts import make_text_batch
from training.towers import DualTowers, pretrained_towers, tokenizer_path
from training.validate import validate

HISTORY = "history.jsonl"


@dataclass(frozen=True)
class Batch:
    """Augmented images (n, 3, h, w) in 0..1, tokens (n, t), and which text fits which image."""

    images: Tensor
    input_ids: Tensor
    mask: Tensor
    matches: Tensor


def train(config: TrainingConfig, catalogue: Catalogue, run: Path, console: Console) -> DualTowers:
    """Train, or resume, in the folder `run`; leaves a checkpoint and `history.jsonl` there.

    Raises:
        CatalogueError: too few products with an image to fill a batch.
        ArtefactError: the folder holds a damaged checkpoint, or one of another configuration.
    """
    torch.manual_seed(config.seed)
    run.mkdir(parents=True, exist_ok=True)
    products = load_products(
        catalogue, config.data, config.augmentation.phrase_attributes, run / "cache"
    )
    sides = split_rows(products.titles, config.data.test_fraction, config.data.validation_fraction)
    rows = sides["train"][products.has_image[sides["train"]]]
    steps_per_epoch = len(rows) // config.optimisation.batch_size
    if steps_per_epoch == 0:
        raise CatalogueError(f"{catalogue.path}: too few products with an image to train on")

    accelerator = Accelerator(mixed_precision="bf16" if _bfloat16_helps() else "no")
    model = pretrained_towers(config)
    optimizer = make_optimizer(model, config.optimisation)
    step = load_checkpoint(run, config, model, optimizer)
    model, optimizer = accelerator.prepare(model, optimizer)
    tokenizer = load_tokenizer(config)
    total = steps_per_epoch * config.optimisation.epochs
    console.print(f"{len(rows):,} products, {total:,} steps, from step {step:,}")

    saved_at = time.monotonic()
    with progress_bar(TextColumn("loss {task.fields[loss]:.3f}")) as progress:
        task = progress.add_task("training", total=total, completed=step, loss=math.nan)
        while step < total:
            started = time.monotonic()
            batch = make_batch(products, rows, tokenizer, config, step, total)
            rates = set_rates(optimizer, config.optimisation, step, total)
            loss = train_step(model, optimizer, batch, accelerator, config.optimisation.clip_norm)
            step += 1
            speed = config.optimisation.batch_size / (time.monotonic() - started)
            progress.update(task, completed=step, loss=loss)
            _log(run, {"step": step, "loss": loss, "rate": rates, "images_per_second": speed})
            if step % steps_per_epoch == 0:
                scores = validate(model, products, sides["validation"], tokenizer)
                _log(run, {"step": step, "epoch": step // steps_per_epoch, **scores})
                console.print(f"epoch {step // steps_per_epoch}: {_line(scores)}")
            due = time.monotonic() - saved_at > config.optimisation.checkpoint_minutes * 60
            if due or step == total:
                save_checkpoint(run, config, accelerator.unwrap_model(model), optimizer, step)
                saved_at = time.monotonic()
    trained: DualTowers = accelerator.unwrap_model(model)
    return trained


def train_step(
    model: DualTowers, optimizer: Optimizer, batch: Batch, accelerator: Accelerator, clip: float
) -> float:
    """One optimiser step; returns the loss."""
    model.train()
    device = accelerator.device
    image, text = model(batch.images.to(device), batch.input_ids.to(device), batch.mask.to(device))
    scale = accelerator.unwrap_model(model).scale
    loss = contrastive_loss(image, text, scale, batch.matches.to(device))
    accelerator.backward(loss)
    accelerator.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    optimizer.zero_grad()
    return float(loss.detach())


def make_batch(
    products: Products,
    rows: NDArray[np.int64],
    tokenizer: Tokenizer,
    config: TrainingConfig,
    step: int,
    total: int,
) -> Batch:
    """The batch of a step: a slice of the epoch's shuffle, augmented."""
    size = config.optimisation.batch_size
    epoch, position = divmod(step, len(rows) // size)
    order = np.random.default_rng((config.seed, epoch)).permutation(rows)
    chosen = np.sort(order[position * size : (position + 1) * size])  # sorted: one sweep of the map
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
    torch.manual_seed(config.seed * 1_000_003 + step)  # dropout
    height, width = resolution(config, step, total)
    pixels = torch.from_numpy(products.pixels[chosen])
    images = augment(pixels, height, width, config.augmentation, generator)
    texts = make_text_batch(
        products, chosen, config.augmentation, random.Random(f"{config.seed}-{step}")
    )
    input_ids, mask = tokenise(tokenizer, texts.texts)
    return Batch(images, input_ids, mask, torch.from_numpy(texts.matches))


def resolution(config: TrainingConfig, step: int, total: int) -> tuple[int, int]:
    """(height, width) of a step: small first, full size for the last part of the run."""
    optimisation = config.optimisation
    small = step < optimisation.small_scale_fraction * total
    scale = optimisation.small_scale if small else 1.0
    return round(config.data.image_height * scale), round(config.data.image_width * scale)


def load_tokenizer(config: TrainingConfig) -> Tokenizer:
    """The text tower's tokenizer, padding to the longest text of a batch."""
    tokenizer = Tokenizer.from_file(str(tokenizer_path()))
    tokenizer.enable_truncation(config.data.max_tokens)
    tokenizer.enable_padding()
    return tokenizer


def tokenise(tokenizer: Tokenizer, texts: list[str]) -> tuple[Tensor, Tensor]:
    """Texts -> token ids (n, t) and attention mask (n, t)."""
    encodings = tokenizer.encode_batch(texts)
    return (
        torch.tensor([encoding.ids for encoding in encodings]),
        torch.tensor([encoding.attention_mask for encoding in encodings]),
    )


def make_optimizer(model: DualTowers, config: OptimisationConfig) -> AdamW:
    """AdamW over three groups of rates; norms, biases and the logit scale are not decayed."""
    groups: dict[tuple[str, bool], list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        kind = "head" if name.startswith(("image.head", "text.head", "log_scale")) else name[:5]
        groups.setdefault((kind, parameter.ndim > 1), []).append(parameter)
    peak = {"head": config.head_rate, "image": config.image_rate, "text.": config.text_rate}
    return AdamW(
        [
            {"params": params, "peak": peak[kind], "weight_decay": config.weight_decay * decayed}
            for (kind, decayed), params in groups.items()
        ],
        betas=(0.9, 0.98),
    )


def set_rates(optimizer: Optimizer, config: OptimisationConfig, step: int, total: int) -> float:
    """Set each group's rate for a step: linear warm-up, then a cosine to zero.

    Returns the factor of the peak, 0 to 1. A function of the step alone, so resuming needs no
    scheduler state.
    """
    warmup = max(1, round(config.warmup_fraction * total))
    progress = (step - warmup) / max(1, total - warmup)
    cosine = (1 + math.cos(math.pi * progress)) / 2
    factor = (step + 1) / warmup if step < warmup else cosine
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor
    return factor


def _bfloat16_helps() -> bool:
    """On a GPU, and on CPUs with matrix units, which oneDNN uses for bfloat16."""
    return torch.cuda.is_available() or torch.cpu._is_amx_tile_supported()


def _log(run: Path, record: dict[str, float]) -> None:
    with (run / HISTORY).open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def _line(scores: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
