"""`twinset import`: a shop's products as a catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from importer.column_mapping import Choices
from importer.import_options import (
    MOST_FURTHER_BY_DEFAULT,
    ImportOptions,
    ImportReport,
    SourceFormat,
    reasons,
)
from twinset.catalogue import MOST_FURTHER
from twinset.errors import ConfigError

Names = list[str] | None
SourceArgument = Annotated[
    str,
    typer.Argument(
        help="Feed: a file (also .gz, .zip), a folder, a pattern of several files in quotes, an "
        "http(s) address, or - for standard input."
    ),
]
OutArgument = Annotated[
    Path | None, typer.Argument(help="Catalogue file to write (Parquet); a dry run needs none.")
]
_MOST_COLUMNS = 60


LayoutOption = Annotated[SourceFormat, typer.Option("--format", help="Layout of the source.")]
MappingOption = Annotated[
    Names,
    typer.Option("--map", metavar="NAME=COLUMN", help="Fill NAME from COLUMN; repeatable."),
]
CategoryOption = Annotated[str | None, typer.Option(help="Source column that is the category.")]
DecimalOption = Annotated[
    str | None, typer.Option(help="What comes before the decimals of prices: , or .")
]
ListsOption = Annotated[
    Names, typer.Option("--list", help="Column with several values a product; repeatable.")
]
FoldOption = Annotated[
    bool | None,
    typer.Option(
        "--fold/--no-fold",
        help="Fold rows of one group into one item, sizes as a list; by default for systems whose "
        "rows are variants.",
        show_default=False,
    ),
]
GroupByNameOption = Annotated[
    bool, typer.Option("--group-by-name", help="Tell variants of a style from the names.")
]
AllowHostOption = Annotated[
    Names, typer.Option(help="Host in a private network to fetch pictures from; repeatable.")
]
PicturesOption = Annotated[
    bool, typer.Option(help="Fetch the pictures that the feed names by address.")
]
FurtherOption = Annotated[
    int,
    typer.Option(min=0, max=MOST_FURTHER, help="Further pictures of an item to take, at most."),
]
MaxLossOption = Annotated[
    str, typer.Option(help="Change nothing if a larger share of the rows is rejected.")
]
WordsOption = Annotated[
    str | None,
    typer.Option(
        metavar="TEMPLATE",
        help="Words that are embedded, such as '{title}, {colour}, {kind}'; by default those that "
        "the encoder was trained on.",
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would become of each column; write nothing.")
]


def import_catalogue(
    source: SourceArgument,
    out: OutArgument = None,
    layout: LayoutOption = SourceFormat.AUTO,
    mapping: MappingOption = None,
    category: CategoryOption = None,
    images: Annotated[Path | None, typer.Option(help="Folder that image paths start from.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of a text file, as cp1252.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Between the columns of a text.")] = None,
    decimal: DecimalOption = None,
    lists: ListsOption = None,
    keep: Annotated[Names, typer.Option(help="Private column to publish; repeatable.")] = None,
    drop: Annotated[Names, typer.Option(help="Column to leave out; repeatable.")] = None,
    only: Annotated[Names, typer.Option(help="Take these attributes alone; repeatable.")] = None,
    fold: FoldOption = None,
    group_by_name: GroupByNameOption = False,
    allow_host: AllowHostOption = None,
    pictures: PicturesOption = True,
    further_pictures: FurtherOption = MOST_FURTHER_BY_DEFAULT,
    max_loss: MaxLossOption = "100%",
    words: WordsOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Import products from any shop's feed; bad rows are reported and left out."""
    import importer

    options = ImportOptions(
        format=layout,
        columns=Choices(
            _parse_mapping(mapping or []), category, keep or (), drop or (), only or ()
        ),
        images=images,
        encoding=encoding,
        delimiter=_delimiter(delimiter),
        decimal=_decimal(decimal),
        lists=lists or (),
        fold=fold,
        group_by_name=group_by_name,
        allow_hosts=allow_host or (),
        fetch_pictures=pictures,
        further_pictures=further_pictures,
        max_loss=parse_share(max_loss, "--max-loss"),
        words=words,
    )
    if dry_run:
        _print_columns(importer.inspect_source(source, options))
    elif out is None:
        raise ConfigError("name the catalogue to write after the feed, or pass --dry-run")
    else:
        _print_report(importer.import_catalogue(source, out, options), out)


def parse_share(text: str, option: str) -> float:
    """A share written as `5%` or `0.05`.

    Raises:
        BadParameter: if it is neither, or outside of 0 to 100 %.
    """
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise typer.BadParameter("give a share such as 5% or 0.05", param_hint=option)
    return value


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


def _delimiter(text: str | None) -> str | None:
    text = {"tab": "\t", "\\t": "\t"}.get(text or "", text)
    if text is not None and len(text) != 1:
        raise typer.BadParameter("give one character, or tab", param_hint="--delimiter")
    return text


def _decimal(text: str | None) -> str | None:
    if text not in (None, ",", "."):
        raise typer.BadParameter("give , or .", param_hint="--decimal")
    return text


def _print_columns(report: ImportReport) -> None:
    typer.echo(f"system: {report.system}; {report.accepted:,} products")
    typer.echo(f"  words that are embedded: {report.words or 'those the encoder was trained on'}")
    for one in report.columns[:_MOST_COLUMNS]:
        sample = "" if one.sample is None else f", such as {one.sample!r}"
        typer.echo(f"  {one.column}: {one.role}, {one.filled:.0%} filled{sample}")
    _print_lacking(report)
    typer.echo(
        f"{report.accepted:,} products: {_counts(report)}, {report.rejected_count:,} rejected"
    )
    for line in reasons(report.rejected):
        typer.echo(line)


def _counts(report: ImportReport) -> str:
    currency = f" ({', '.join(report.currency)})" if report.currency else ""
    further = f" and {report.further_pictures:,} further ones" if report.further_pictures else ""
    return (
        f"{report.pictures:,} with picture{further}, {report.priced:,} with price{currency}, "
        f"{report.sold_out:,} sold out, {report.groups:,} groups"
    )


def _print_report(report: ImportReport, out: Path) -> None:
    typer.echo(f"{report.accepted:,} products in {out}, category: {report.category or 'none'}")
    typer.echo(f"from {report.system}: {_counts(report)}")
    if report.hidden:
        typer.echo(f"{report.hidden:,} that the shop does not show were left out")
    if report.skipped:
        typer.echo(f"left out, no id and title: {', '.join(report.skipped)}")
    private = [one.column for one in report.columns if one.role == "kept private"]
    if private:
        typer.echo(f"kept private: {', '.join(private[:_MOST_COLUMNS])}; --keep publishes one")
    _print_lacking(report)
    for line in report.losses():
        typer.echo(line)


def _print_lacking(report: ImportReport) -> None:
    if report.dollar is not None:
        typer.echo(report.dollar)
    fills = {"picture": "image_path", "price": "price"}
    for what, columns in report.look_alikes.items():
        hint = f"; these may be it: {', '.join(columns)}" if columns else ""
        typer.echo(f"no column was taken as the {what}{hint}; name it with --map {fills[what]}=...")
