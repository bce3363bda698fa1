"""What both ways of a sync share: the feed as a catalogue, beside that of the last run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

import typer

from importer.import_options import ImportOptions, ImportReport
from importer.pipeline import import_catalogue
from twinset.catalogue import Catalogue
from twinset.item_content import content_hash
from twinset.store.feed_report import move_report

CATALOGUE = "catalog.parquet"
_NEW = "new.parquet"


@dataclass(frozen=True)
class SyncOptions:
    """The feed, the folder of its state, the limits of a run, and how the feed is imported."""

    source: str
    state: Path
    max_deletions: float
    max_loss: float
    imports: ImportOptions = field(default_factory=ImportOptions)


class Outcome(Enum):
    """How a run ended; the value is the exit code of the command."""

    DONE = 0
    HELD_BACK = 3
    NEEDS_VERSION = 4


@dataclass(frozen=True)
class Snapshot:
    """The items of a catalogue by id: their fields, and a hash of the pictures of each."""

    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    pictures: Mapping[str, str | None] = field(default_factory=dict)


def fetch(options: SyncOptions) -> tuple[Path, ImportReport]:
    """Import the feed beside the last run's catalogue, without replacing that.

    Raises:
        CatalogueError: if the feed cannot be read, or lost more rows than `max_loss`.
    """
    options.state.mkdir(parents=True, exist_ok=True)
    path = options.state / _NEW
    chosen = replace(options.imports, max_loss=options.max_loss)
    return path, import_catalogue(options.source, path, chosen)


def accept(options: SyncOptions, path: Path, report: ImportReport) -> Path:
    """Make a fetched catalogue the last run's, and say what its report says was left out."""
    target = options.state / CATALOGUE
    moved = replace(report, report=move_report(path, target))
    for line in moved.losses():
        typer.echo(line)
    return path.replace(target)


def snapshot(path: Path) -> Snapshot:
    """The items of a catalogue; none if there is no file."""
    if not path.exists():
        return Snapshot()
    catalogue = Catalogue(path)
    rows = catalogue.rows().to_pylist()
    fields = {row["id"]: {k: v for k, v in row.items() if k != "id"} for row in rows}
    each = zip(catalogue.images(), catalogue.further_images(), strict=True)
    pictures = {
        row["id"]: _pictures_hash(main, further)
        for row, (main, further) in zip(rows, each, strict=True)
    }
    return Snapshot(fields, pictures)


def _pictures_hash(main: bytes | None, further: Sequence[bytes]) -> str | None:
    """One hash over an item's pictures; None if it has none."""
    hashes = [content_hash(None, one) for one in (main, *further)]
    if len(hashes) == 1:
        return None if main is None else hashes[0]
    return content_hash(" ".join(hashes), None)
