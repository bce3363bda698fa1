"""What the import of a large table takes.

    python -m benchmarks.feeds.many_rows --rows 1000000

Writes a CSV file of products with price, stock, brand, colour, sizes and a description, and imports
it with the Twinset that Python finds; set PYTHONPATH to another checkout to compare.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import tempfile
from pathlib import Path

from benchmarks.feeds.commands import run

_WORDS = ("soft", "warm", "wide", "linen", "wool", "cotton", "dress", "shirt", "coat", "bag")
_COLOURS = ("red", "green", "blue", "black", "white")


def main() -> None:
    """Print what the import took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "products.csv")
        _write(table, options.rows)
        size = table.stat().st_size / 1e6
        cost = run("import", table, Path(folder, "catalog.parquet"))
    sys.stdout.write(f"{options.rows:,} rows of CSV ({size:,.0f} MB) to a catalogue: {cost}\n")


def _write(path: Path, rows: int) -> None:
    choose = random.Random(0)  # noqa: S311 - a table to measure with
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        header = "id,title,description,price,available,brand,category,colour,size,link,cost"
        table.writerow(header.split(","))
        for number in range(rows):
            words = choose.choices(_WORDS, k=14)
            table.writerow(
                [f"{number:07d}", " ".join(words[:4]), " ".join(words), f"{number % 300}.90",
                 "in stock" if number % 9 else "out of stock", f"Brand {number % 97}", words[-1],
                 _COLOURS[number % 5], "S,M,L", f"https://shop.example/p/{number}", "4.20"]
            )  # fmt: skip


if __name__ == "__main__":
    main()
