"""Command line of the index builder: `twinset build`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twinset.index.engines import AUTO, KINDS

if TYPE_CHECKING:
    from index_builder.build import BuildReport


Keep = Annotated[int, typer.Option(min=1, help="Versions to keep, the new one included.")]


IndexKind = StrEnum("IndexKind", {kind: kind for kind in (AUTO, *KINDS)})  # type: ignore[misc]
_AUTO = IndexKind(AUTO)


def build(
    embeddings: Annotated[Path, typer.Option(help="Embeddings folder, from `twinset export`.")],
    catalog: Annotated[Path, typer.Option(help="Catalogue that was exported.")],
    out: Annotated[Path, typer.Option(help="Index folder; a version is added to it.")],
    kind: Annotated[
        IndexKind, typer.Option(help="auto goes by the number of items and --memory.")
    ] = _AUTO,
    memory: Annotated[
        str | None, typer.Option(help="What the vectors may take when served, such as 2GB.")
    ] = None,
    min_recall: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Refuse an index whose recall@10 is lower, filtered or not.",
        ),
    ] = 0.95,
    keep: Keep = 3,
    activate: Annotated[
        bool, typer.Option(help="Go live at once; if not, the service can compare it first.")
    ] = True,
    encoder: Annotated[
        Path | None, typer.Option(help="Encoder folder to keep beside the index.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Report folder, from `twinset evaluate`, to show to operators."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Go live even with less than half of the items.")
    ] = False,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"],
            help="When the catalogue was taken, with a time zone (Z is UTC): later live writes "
            "win over it. By default the date of its feed.",
        ),
    ] = None,
) -> None:
    """Build an index version, check it against exact search, and make it the live one."""
    from index_builder.build import BuildOptions, build_index
    from index_builder.kind_choice import parse_memory

    limit = None if memory is None else parse_memory(memory)
    options = BuildOptions(
        kind.value, min_recall, keep, limit, activate, encoder, as_of, report, force
    )
    _print_report(build_index(embeddings, catalog, out, options), activate)


def compact(
    encoder: Annotated[Path, typer.Option(help="Encoder folder of the live version.")],
    index: Annotated[Path, typer.Option(help="Index folder.")],
    keep: Keep = 3,
) -> None:
    """Fold live writes into a new index version and make it the live one.

    A running service does this by itself when many items have changed.
    """
    from index_builder.fold_writes import compact_index

    report = compact_index(encoder, index, keep)
    if report is None:
        typer.echo("no live writes to fold")
    else:
        _print_report(report, live=True)


def _print_report(report: BuildReport, live: bool) -> None:
    lines = {
        "version": f"{report.version}, {'now live' if live else 'not live yet'}",
        "items": f"{report.count:,} of {report.dimension} dimensions, {report.pictures:,} pictures "
        f"and {report.further_pictures:,} further ones ({report.new_pictures:,} new)",
        "kind": report.kind,
        "size": f"{report.size / 1e6:,.1f} MB on disk",
        "time": f"{report.seconds:,.1f} s for the vectors",
        "recall@10": f"{report.recall:.3f} against exact search, "
        f"{report.filtered_recall:.3f} under filters",
    }
    for name, text in lines.items():
        typer.echo(f"{name:<10} {text}")
