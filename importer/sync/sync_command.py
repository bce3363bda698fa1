"""`twinset sync`: keep an index or a running service up to date with a feed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from importer.import_command import Names, SourceArgument, parse_share
from twinset.errors import ConfigError, TwinsetError

# Exit codes for monitoring: 0 all is as the feed says; 1 an error, nothing changed; 3 the feed
# would delete too much, so its deletions were held back.
EXIT_HELD_BACK = 3
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
) -> None:
    """Bring an index or a running service up to date with a feed; only what changed is embedded.

    TWINSET_ADMIN_KEY is the key for --to. Exit codes: 0 done, 1 nothing was changed, 3 deletions
    were held back.
    """
    from importer.sync.sync_index import sync_index
    from importer.sync.sync_service import sync_service
    from importer.sync.sync_source import SyncOptions

    if (to is None) == (index is None):
        raise ConfigError("give one of --to URL and --index FOLDER")
    folder = state or (index.with_name(index.name + "-feed") if index else Path(".twinset-sync"))
    options = SyncOptions(
        source,
        folder,
        parse_share(max_deletions, "--max-deletions"),
        parse_share(max_loss, "--max-loss"),
        tuple(allow_host or ()),
    )
    pause = None if every is None else _seconds(every)
    while True:
        try:
            if index is not None:
                held = sync_index(options, index, encoder)
            else:
                held = sync_service(options, to or "")
        except TwinsetError as error:
            if pause is None:
                raise
            typer.echo(f"nothing was changed: {error}", err=True)
            held = False
        if pause is None:
            raise typer.Exit(EXIT_HELD_BACK if held else 0)
        time.sleep(pause)


def _seconds(text: str) -> float:
    try:
        return max(1.0, float(text[:-1]) * _UNITS[text[-1:]])
    except (KeyError, ValueError):
        raise typer.BadParameter(
            "give a time such as 90s, 30m or 1h", param_hint="--every"
        ) from None
