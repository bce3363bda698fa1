"""Several catalogues as one to train on.

    python -m training.data.join_catalogues OUT CATALOGUE CATALOGUE...

The attributes are those that all of them have; the category is the first one's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pyarrow.parquet as pq
import typer

from twinset.catalogue import Catalogue, CatalogueWriter
from twinset.errors import CatalogueError


def join_catalogues(out: Path, sources: list[Path]) -> int:
    """Write the products of `sources`, in order, to `out`; returns how many.

    Raises:
        CatalogueError: if a source is no catalogue, or two of them hold the same id.
    """
    catalogues = [Catalogue(path) for path in sources]
    shared = [
        name
        for name in catalogues[0].attributes
        if all(name in other.attributes for other in catalogues)
    ]
    schema = pq.read_schema(catalogues[0].path)
    seen: set[str] = set()
    with CatalogueWriter(
        out, {name: schema.field(name).type for name in shared}, catalogues[0].category
    ) as writer:
        for catalogue in catalogues:
            rows = catalogue.rows().to_pylist()
            for row, image in zip(rows, catalogue.images(), strict=True):
                if row["id"] in seen:
                    raise CatalogueError(f"{catalogue.path}: id {row['id']!r} is there already")
                seen.add(row["id"])
                writer.write({**row, "image": image, "image_path": None})
        return writer.count


def main(
    out: Annotated[Path, typer.Argument()], sources: Annotated[list[Path], typer.Argument()]
) -> None:
    """Join catalogues."""
    typer.echo(f"{join_catalogues(out, sources):,} products in {out}")


if __name__ == "__main__":
    typer.run(main)
