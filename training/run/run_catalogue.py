"""Binding a run to the catalogue it trains on, so that it never goes on with another one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from training.config import OptimisationConfig, TrainingConfig
from training.data.seen_products import SeenProducts, seen_products
from training.export.onnx_import import is_encoder
from training.run.checkpoint import checkpoint_config
from twinset.artefacts import sha256_of
from twinset.catalogue import Catalogue
from twinset.errors import CatalogueError

_DIGEST_FILE = "catalogue.sha256"
_SMALL_BATCH = 16  # smaller ones hold too few rivals to learn from


def require_same_catalogue(folder: Path, catalogue: Catalogue, writes: bool) -> None:
    """Refuse to resume the run in `folder` if the catalogue's content has changed.

    If the run has no digest yet, it is new, or older than this check; then the digest is stored
    when `writes` is true (one process of several writes).

    Raises:
        CatalogueError: if the run was started on another catalogue.
    """
    path, digest = folder / _DIGEST_FILE, sha256_of(catalogue.path)
    if path.is_file():
        if path.read_text(encoding="utf-8").strip() != digest:
            raise CatalogueError(
                f"{catalogue.path}: is not the catalogue that {folder} was started on;"
                " pass another --out, or --start with this run"
            )
    elif writes:
        path.write_text(f"{digest}\n", encoding="utf-8")


def seen_by_run(config: TrainingConfig, catalogue: Catalogue, start: Path | None) -> SeenProducts:
    """What a run with this configuration sees of a catalogue, and what the run or the encoder
    `start` that it began with has seen.

    A run that did not reach its export has no list; then its configuration says what it saw.
    """
    seen = seen_products(catalogue, config)
    if start is None:
        return seen
    earlier = SeenProducts.load(start) or SeenProducts.load(start / "encoder")
    if earlier is None and not is_encoder(start):
        earlier = seen_products(catalogue, checkpoint_config(start))
    return seen if earlier is None else seen.with_those_of(earlier, catalogue)


def fit_batches(config: TrainingConfig, rows: int, processes: int) -> TrainingConfig:
    """The configuration with batches that suit a catalogue of `rows` products to train on.

    A catalogue that gives fewer than `least_steps` steps an epoch trains with smaller batches,
    down to `_SMALL_BATCH`; a catalogue that does not fill even one, with what it has.

    Raises:
        CatalogueError: if there are too few products for any step.
    """
    given = config.optimisation
    batch, accumulation = given.batch_size, given.accumulation
    while accumulation > 1 and rows // (batch * accumulation) < given.least_steps:
        accumulation //= 2
    least = min(_SMALL_BATCH, batch)
    while batch > least and rows // (batch * accumulation) < given.least_steps:
        if not (smaller := _smaller(given, batch)):
            break
        batch = smaller
    while batch > rows:
        batch = _smaller(given, batch)
    if batch < 2 * processes:
        needed = max(2 * (given.items_per_category or 1), 2 * processes)
        raise CatalogueError(
            f"has {rows} products with an image to train on and needs {needed};"
            " add products, or pass --set test_fraction=0 --set validation_fraction=0"
        )
    fitted = replace(given, batch_size=batch, accumulation=accumulation)
    return replace(config, optimisation=fitted)


def _smaller(given: OptimisationConfig, batch: int) -> int:
    """The next smaller batch that groups of like products divide as the configuration asks; 0 if
    there is none."""
    of_each = max(given.items_per_category, 1)
    size: int
    for size in (batch // 2, *range(batch - 1, 1, -1)):
        whole = size % of_each == 0 and size % min(size, given.group_size) == 0
        if whole and size >= 2 * of_each:
            return size
    return 0
