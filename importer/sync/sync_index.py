"""From a feed to the live version of an index folder: import, export what changed, build."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import typer

from importer.sync.sync_source import CATALOGUE, Outcome, SyncOptions, accept, fetch
from twinset import cli
from twinset.catalogue import Catalogue
from twinset.errors import ConfigError


def sync_index(options: SyncOptions, index: Path, encoder: Path) -> Outcome:
    """Build and publish a version of what the feed holds now, unless it lost too many items.

    The commands `export` and `build` do the work, as a user would run them, so that no room has to
    import another.

    Raises:
        CatalogueError: if the feed cannot be used.
        ConfigError: if a command failed; it said why.
    """
    path, report = fetch(options)
    last = options.state / CATALOGUE
    if last.exists():
        before = set(Catalogue(last).rows(["id"])["id"].to_pylist())
        lost = before - set(Catalogue(path).rows(["id"])["id"].to_pylist())
        if len(lost) > options.max_deletions * len(before):
            typer.echo(
                f"held back: the feed lacks {len(lost):,} of {len(before):,} items, more than "
                f"--max-deletions {options.max_deletions:.0%}; the index stays as it is",
                err=True,
            )
            return Outcome.HELD_BACK
    typer.echo(f"{report.accepted:,} products from {report.system}, {report.pictures:,} pictures")
    publish(options, accept(options, path, report), index, encoder)
    return Outcome.DONE


def publish(options: SyncOptions, catalogue: Path, index: Path, encoder: Path) -> None:
    """Embed what changed in a catalogue, and make a version of it the live one.

    Raises:
        ConfigError: if a command failed; it said why.
    """
    embeddings = options.state / "embeddings"
    _run("export", encoder=encoder, catalog=catalogue, out=embeddings, force=True)
    _run("build", embeddings=embeddings, catalog=catalogue, out=index)


def _run(command: str, **arguments: Any) -> None:
    """Run a command by the function that it is registered as, which spares reading a line of words.

    Raises:
        ConfigError: if it failed; it says why.
    """
    try:
        entry_points(group=cli.COMMAND_GROUP)[command].load()(**arguments)
    except Exception as error:
        reason, _ = cli.describe_error(error)
        raise ConfigError(f"`twinset {command}`: {reason}; the live version stays") from error
