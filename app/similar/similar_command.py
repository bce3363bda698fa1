"""Command line of the lists of similar items: `twinset similar`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer


def similar(
    index: Annotated[Path, typer.Option(help="Index folder.")],
    out: Annotated[Path, typer.Option(help="Folder for the files; what is there is updated.")],
    encoder: Annotated[
        Path | None,
        typer.Option(help="Encoder folder, if live writes have to be embedded."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Similar items of each item.")] = 24,
    filter: Annotated[  # noqa: A002 - the name of the option
        str | None, typer.Option(help="Which items lists hold, such as 'available = true'.")
    ] = None,
    group_by: Annotated[
        str | None, typer.Option(help="Field of which a list holds each value once.")
    ] = None,
    diversity: Annotated[
        float, typer.Option(min=0, max=1, help="Variety, at relevance's cost.")
    ] = 0,
    min_score: Annotated[
        float | None, typer.Option(min=-1, max=1, help="Lowest similarity that is listed.")
    ] = None,
    repeats: Annotated[
        bool, typer.Option(help="Give items with the same picture places of their own.")
    ] = False,
    field: Annotated[
        list[str] | None, typer.Option(help="Field that cards hold; repeat it. All by default.")
    ] = None,
    pictures: Annotated[bool, typer.Option(help="Write the items' pictures too.")] = True,
) -> None:
    """Write the similar items of every item as files: JSON for a CDN, Parquet for a warehouse.

    Only files whose content changed are written. The widget reads them by its attribute `source`.
    """
    from app.recommend.query import SearchQuery
    from app.similar.similar_files import SimilarFiles
    from app.similar.similar_lists import open_live_version, similar_lists

    version = open_live_version(index, encoder)
    query = SearchQuery(limit, 0, filter, group_by=group_by, diversity=diversity)
    query = replace(query, min_score=min_score, repeats=repeats)
    files = SimilarFiles(out, version, tuple(field or ()), pictures)
    report = files.write(similar_lists(version, query))
    typer.echo(f"{'version':<10} {version.revision}")
    typer.echo(f"{'items':<10} {version.count:,}")
    typer.echo(
        f"{'files':<10} {report.written:,} written, {report.unchanged:,} unchanged, "
        f"{report.removed:,} removed"
    )
