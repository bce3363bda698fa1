"""`twinset import`: a shop's products as a catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from importer.import_options import ImportOptions, ImportReport, SourceFormat

OutArgument = Annotated[Path, typer.Argument(help="Catalogue file to write (Parquet).")]


def import_catalogue(
    source: Annotated[
        Path, typer.Argument(help="CSV, JSONL or Parquet file, or a folder (Kaggle, Parquet).")
    ],
    out: OutArgument,
    layout: Annotated[
        SourceFormat, typer.Option("--format", help="Layout of the source.")
    ] = SourceFormat.AUTO,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="NAME=COLUMN", help="Fill NAME from COLUMN; repeatable."),
    ] = None,
    category: Annotated[
        str | None, typer.Option(help="Source column that is the category.")
    ] = None,
    images: Annotated[Path | None, typer.Option(help="Folder that image paths start from.")] = None,
) -> None:
    """Import products; bad rows are reported and left out."""
    import importer

    options = ImportOptions(layout, _parse_mapping(mapping or []), category, images)
    _print_report(importer.import_catalogue(source, out, options), out)


def _parse_mapping(pairs: list[str]) -> Mapping[str, str]:
    mapping: dict[str, str] = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not (name and equals and column):
            raise typer.BadParameter("give it as NAME=COLUMN", param_hint="--map")
        if name in mapping:
            raise typer.BadParameter(f"{name!r} is given twice", param_hint="--map")
        mapping[name] = column
    return mapping


def _print_report(report: ImportReport, out: Path) -> None:
    typer.echo(f"{report.accepted:,} products in {out}, category: {report.category or 'none'}")
    if report.groups:
        typer.echo(f"{report.groups:,} groups of variants, told from the names")
    if report.skipped:
        typer.echo(f"left out, no id and title: {', '.join(report.skipped)}")
    if report.report is not None:
        typer.echo(f"{report.rejected_count:,} rows rejected, listed in {report.report}:")
        for reason, count in sorted(report.rejected.items(), key=lambda item: -item[1]):
            typer.echo(f"  {count:>7,}  {reason}")
