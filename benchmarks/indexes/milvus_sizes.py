"""What a catalogue takes in Milvus, up to a billion items: arithmetic from a real one's fields.

    python -m benchmarks.indexes.milvus_sizes --catalog var/real/catalog.parquet

Nothing is measured in a server. The bytes of an item's fields are counted in the catalogue, as
`twinset.index.milvus` writes them; the rest follows from how the indexes are laid out:

- HNSW, in hnswlib: for each vector its numbers, a label of 8 bytes, 2 M links of 4 bytes and their
  number on the lowest level, and M links and their number on each level above, which holds one in M
  of those below.
- IVF_SQ8: a byte for each number and an id of 8 bytes; the vectors stay on the node's disk.
- DISKANN: compressed vectors of `pq_code_budget_gb_ratio` (.125) and cached nodes of
  `search_cache_budget_gb_ratio` (.1) of the vectors' size, both the server's defaults. On disk each
  node, its numbers and up to `max_degree` (56) links and their number, in sectors of 4 KiB.
- Fields of loaded segments: 8 bytes a number or whole number, 1 a truth value, a text's bytes with
  12 of place and length; for each row also its key, its place by key, a timestamp and a row id.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.markdown_report import MarkdownTable, show
from twinset.catalogue import Catalogue
from twinset.columns import columns_from_table
from twinset.index.milvus.milvus_fields import FieldMap

LINKS, DEGREE = 32, 56
PQ_RATIO, CACHE_RATIO = 0.125, 0.1
_SECTOR = 4096
_PLACE_OF_TEXT = 12
# key, key and place in the order of keys, timestamp, row id; `part` and `copies`
_OF_A_ROW = 8 + 16 + 8 + 8 + 8 + 8
_UNFILTERED = ("title", "description", "link", "image", "image_path", "further_images")
_ITEMS = (10_000_000, 100_000_000, 1_000_000_000)
_NODE_GB = 64
_USED = 0.7
_SAMPLED = 5000
GB = 1e9


@dataclass(frozen=True)
class ItemSize:
    """Bytes of one item on a query node: in memory, and on its disk."""

    memory: float
    disk: float


def index_sizes(dimension: int, fields: float) -> dict[str, ItemSize]:
    """The bytes of an item by index, if its fields take `fields` bytes in memory.

    Example:
        >>> round(index_sizes(256, 0)["IVF_SQ8"].memory)
        264
    """
    vector = 4 * dimension
    upper = (4 * LINKS + 4) / (LINKS - 1)
    hnsw = vector + 8 + 4 * 2 * LINKS + 4 + upper
    node = vector + 4 * DEGREE + 4
    on_disk = (
        _SECTOR / (_SECTOR // node) if node <= _SECTOR else math.ceil(node / _SECTOR) * _SECTOR
    )
    return {
        "HNSW": ItemSize(hnsw + fields, 0),
        "IVF_SQ8": ItemSize(dimension + 8 + fields, vector),
        "DISKANN": ItemSize((PQ_RATIO + CACHE_RATIO) * vector + fields, on_disk),
    }


def bytes_of_fields(catalogue: Catalogue) -> float:
    """The mean bytes that the fields of an item take in a loaded segment."""
    table = catalogue.rows().slice(0, _SAMPLED)
    columns = columns_from_table(table, [n for n in table.column_names if n not in _UNFILTERED])
    fields = FieldMap.of(columns)
    total = 0
    for row in range(len(table)):
        cells = fields.cells({name: columns[name].held(row) for name in fields.kinds})
        for cell in cells.values():
            total += sum(map(_bytes, cell)) if isinstance(cell, list) else _bytes(cell)
    return total / max(len(table), 1) + _OF_A_ROW


def _bytes(cell: object) -> int:
    if isinstance(cell, str):
        return len(cell.encode()) + _PLACE_OF_TEXT
    return 8 if isinstance(cell, float) else 1


def main(
    catalogue: Annotated[Path, typer.Option("--catalog")] = Path("var/real/catalog.parquet"),
    dimension: Annotated[int, typer.Option(min=1)] = 256,
    memory_price: Annotated[float, typer.Option(min=0)] = 5.0,
    disk_price: Annotated[float, typer.Option(min=0)] = 0.1,
) -> None:
    """Print what an item takes, and memory, nodes, disk and price by the number of items."""
    fields = bytes_of_fields(Catalogue(catalogue))
    sizes = index_sizes(dimension, fields)
    items = MarkdownTable("index", "memory of an item", "of these fields", "disk")
    for name, size in sizes.items():
        items.add(name, f"{size.memory:,.0f} B", f"{fields:.0f} B", f"{size.disk:,.0f} B")
    table = MarkdownTable("items", "index", "memory", f"nodes of {_NODE_GB} GB", "disk", "a month")
    for count in _ITEMS:
        for name, size in sizes.items():
            memory, disk = count * size.memory / _USED / GB, count * size.disk / GB
            table.add(
                f"{count / 1e6:,.0f} M",
                f"`{name}`",
                f"{memory:,.0f} GB",
                math.ceil(memory / _NODE_GB),
                f"{disk:,.0f} GB" if disk else "",
                f"{memory * memory_price + disk * disk_price:,.0f} USD",
            )
    show(items, table)


if __name__ == "__main__":
    typer.run(main)
