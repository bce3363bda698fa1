"""Command line of the core room: `twinset sample` and `twinset import`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.importer.options import ImportOptions, ImportReport, SourceFormat

if TYPE_CHECKING:
    import pyarrow as pa

# Planned as a whole in memory; more would tell a shop nothing more.
MAX_SAMPLE = 100_000
OutArgument = Annotated[Path, typer.Argument(help="Catalogue file to write (Parquet).")]
SampleArgument = Annotated[
    Path, typer.Argument(help="Catalogue file to write; .csv brings a folder images beside it.")
]


def sample(
    out: SampleArgument,
    items: Annotated[int, typer.Option(min=1, max=MAX_SAMPLE, help="Number of products.")] = 600,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another shop.")] = 0,
) -> None:
    """Render a sample catalogue, the same bytes for the same seed."""
    from core.catalog import FIXED_COLUMNS, CatalogueWriter, require_writable
    from core.progress import track
    from core.sample import SAMPLE_CATEGORY, render_sample

    require_writable(out)
    rows = render_sample(items, seed)
    if out.suffix == ".csv":
        from core.sample.csv_shop import write_csv_shop

        count = write_csv_shop(out, track(rows, "Rendering products", total=items))
        typer.echo(f"{count:,} products in {out}, their pictures in {out.parent / 'images'}")
        return
    first = next(rows)
    attributes = {k: _arrow_type(v) for k, v in first.items() if k not in FIXED_COLUMNS}
    with CatalogueWriter(out, attributes, SAMPLE_CATEGORY) as writer:
        for row in track(chain([first], rows), "Rendering products", total=items):
            writer.write(row)
    typer.echo(f"{writer.count:,} products in {out}")


def _arrow_type(value: object) -> pa.DataType:
    import pyarrow as pa

    types: dict[type[Any], pa.DataType] = {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
    return types.get(type(value), pa.string())


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
    from core import importer

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
