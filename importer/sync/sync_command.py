"""`twinset sync`: keep an index or a running service up to date with a feed."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from importer.import_command import Names, SourceArgument, parse_share
from twinset.errors import ConfigError, TwinsetError

if TYPE_CHECKING:
    from importer.sync.sync_source import SyncOptions

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


ToOption = Annotated[
    str | None, typer.Option(help="Address of a running service, which gets live writes.")
]
IndexOption = Annotated[
    Path | None, typer.Option(help="Index folder, which gets a new version; made if missing.")
]
MaxDeletionsOption = Annotated[
    str, typer.Option(help="Hold deletions back if they are a larger share of the items.")
]
MaxLossOption = Annotated[
    str, typer.Option(help="Change nothing if a larger share of the rows is rejected.")
]
EveryOption = Annotated[
    str | None, typer.Option(help="Run again after so long, such as 30m or 1h.")
]
LikeOption = Annotated[
    Path | None,
    typer.Option(metavar="CATALOG", help="Import the feed as this catalogue was imported."),
]
AllowHostOption = Annotated[
    Names, typer.Option(help="Host in a private network to fetch pictures from; repeatable.")
]


def sync(
    source: SourceArgument,
    to: ToOption = None,
    index: IndexOption = None,
    encoder: Annotated[Path, typer.Option(help="Encoder folder, for --index.")] = Path(
        "models/compact"
    ),
    state: Annotated[Path | None, typer.Option(help="Folder for what the last run saw.")] = None,
    max_deletions: MaxDeletionsOption = "10%",
    max_loss: MaxLossOption = "5%",
    every: EveryOption = None,
    allow_host: AllowHostOption = None,
    like: LikeOption = None,
) -> None:
    """Bring an index or a running service up to date with a feed; only what changed is embedded.

    With --to and --index, changes go to the service as live writes, and attributes that are new
    into a version of its index. TWINSET_ADMIN_KEY is the key for --to. Exit codes: 0 done, 1
    nothing was changed, 3 deletions were held back, 4 attributes were left out that need a new
    version.
    """
    from importer.import_options import ImportOptions, options_of
    from importer.sync.sync_source import SyncOptions

    if to is None and index is None:
        raise ConfigError("give --to URL, --index FOLDER, or both")
    imports = ImportOptions() if like is None else options_of(like)
    hosts = (*imports.allow_hosts, *(allow_host or ()))
    folder = state or (index.with_name(index.name + "-feed") if index else Path(".twinset-sync"))
    options = SyncOptions(
        source,
        folder,
        parse_share(max_deletions, "--max-deletions"),
        parse_share(max_loss, "--max-loss"),
        replace(imports, allow_hosts=hosts),
    )
    pause = None if every is None else _seconds(every)
    while True:
        try:
            code = _run_once(options, to, index, encoder)
        except TwinsetError as error:
            if pause is None:
                raise
            typer.echo(f"nothing was changed: {error}", err=True)
            code = 1
        if pause is None:
            raise typer.Exit(code)
        time.sleep(pause)


def _run_once(options: SyncOptions, to: str | None, index: Path | None, encoder: Path) -> int:
    from importer.sync.sync_index import publish, sync_index

    if to is None and index is not None:
        return int(sync_index(options, index, encoder).value)
    from importer.sync.sync_service import sync_service

    def build(catalogue: Path) -> None:
        publish(options, catalogue, index or Path(), encoder)

    return int(sync_service(options, to or "", build if index is not None else None).value)


def _seconds(text: str) -> float:
    try:
        return max(1.0, float(text[:-1]) * _UNITS[text[-1:]])
    except (KeyError, ValueError):
        raise typer.BadParameter(
            "give a time such as 90s, 30m or 1h", param_hint="--every"
        ) from None
