"""Binding a run to the catalogue it trains on, so that it never goes on with another one."""

from __future__ import annotations

from pathlib import Path

from training.config import TrainingConfig
from twinset.artefacts import sha256_of
from twinset.catalogue import Catalogue
from twinset.errors import CatalogueError

_DIGEST_FILE = "catalogue.sha256"


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


def too_few_products(catalogue: Catalogue, count: int, batch_size: int, accumulation: int) -> str:
    """Say how many products a step needs and which setting lets this catalogue train."""
    fits = 1 << max(count // max(accumulation, 1), 1).bit_length() - 1
    if accumulation > 1:
        change = f"--set accumulation=1 --set batch_size={1 << max(count, 1).bit_length() - 1}"
    else:
        change = f"--set batch_size={fits}"
    return (
        f"{catalogue.path}: has {count} products with an image to train on and one step needs"
        f" {batch_size * accumulation}; pass {change}"
    )


def steps_per_epoch(config: TrainingConfig, catalogue: Catalogue, rows: int, processes: int) -> int:
    """How many steps see every product once.

    Raises:
        CatalogueError: if there are fewer products than a batch holds.
    """
    settings = config.optimisation
    steps = rows // (settings.batch_size * settings.accumulation)
    if steps == 0 or settings.batch_size < 2 * processes:
        size = (settings.batch_size, settings.accumulation)
        raise CatalogueError(too_few_products(catalogue, rows, *size))
    return steps
