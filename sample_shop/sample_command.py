"""`twinset sample`: the rendered shop as a catalogue, or as a CSV file with pictures."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pyarrow as pa

# Planned as a whole in memory; more would tell a shop nothing more.
MAX_SAMPLE = 100_000
SampleArgument = Annotated[
    Path, typer.Argument(help="Catalogue file to write; .csv brings a folder images beside it.")
]


def sample(
    out: SampleArgument,
    items: Annotated[int, typer.Option(min=1, max=MAX_SAMPLE, help="Number of products.")] = 600,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another shop.")] = 0,
) -> None:
    """Render a sample catalogue, the same bytes for the same seed."""
    from sample_shop import SAMPLE_CATEGORY, render_sample
    from twinset.catalogue import FIXED_COLUMNS, CatalogueWriter, require_writable
    from twinset.progress import track

    require_writable(out)
    rows = render_sample(items, seed)
    if out.suffix == ".csv":
        from sample_shop.csv_shop import write_csv_shop

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
