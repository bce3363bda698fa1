"""Command line of the index builder: `twinset build`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from index_builder.build import BuildReport


class IndexKind(StrEnum):
    AUTO = "auto"
    EXACT = "exact"
    HNSW = "hnsw"
    IVF = "ivf"
    IVF_SQ = "ivf-sq"
    IVF_PQ = "ivf-pq"
    MILVUS = "milvus"


def build(
    embeddings: Annotated[Path, typer.Option(help="Embeddings folder, from `twinset export`.")],
    catalog: Annotated[Path, typer.Option(help="Catalogue that was exported.")],
    out: Annotated[Path, typer.Option(help="Index folder; a version is added to it.")],
    kind: Annotated[
        IndexKind, typer.Option(help="auto goes by the number of items and --memory.")
    ] = IndexKind.AUTO,
    memory: Annotated[
        str | None, typer.Option(help="What the vectors may take when served, such as 2GB.")
    ] = None,
    min_recall: Annotated[
        float, typer.Option(min=0, max=1, help="Refuse an index that finds less, recall@10.")
    ] = 0.95,
    keep: Annotated[int, typer.Option(min=1, help="Versions to keep, the new one included.")] = 3,
) -> None:
    """Build an index version, check it against exact search, and make it the live one."""
    from index_builder.build import BuildOptions, build_index
    from index_builder.kinds import parse_memory

    limit = None if memory is None else parse_memory(memory)
    options = BuildOptions(kind.value, min_recall, keep, limit)
    _print_report(build_index(embeddings, catalog, out, options))


def _print_report(report: BuildReport) -> None:
    lines = {
        "version": f"{report.version}, now live",
        "items": f"{report.count:,} of {report.dimension} dimensions, {report.pictures:,} pictures",
        "kind": report.kind,
        "size": f"{report.size / 1e6:,.1f} MB on disk",
        "time": f"{report.seconds:,.1f} s for the vectors",
        "recall@10": f"{report.recall:.3f} against exact search",
    }
    for name, text in lines.items():
        typer.echo(f"{name:<10} {text}")
