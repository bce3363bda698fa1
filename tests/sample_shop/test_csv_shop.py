"""The sample shop as a CSV file: what comes in again is what was drawn."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from importer import import_catalogue
from sample_shop import render_sample
from sample_shop.csv_shop import write_csv_shop


def test_the_importer_reads_back_every_product(tmp_path: Path) -> None:
    rows = list(render_sample(4))
    assert write_csv_shop(tmp_path / "products.csv", rows) == 4
    report = import_catalogue(tmp_path / "products.csv", tmp_path / "catalog.parquet")
    assert (report.accepted, report.rejected_count, report.category) == (4, 0, "articleType")
    read = pq.read_table(tmp_path / "catalog.parquet").to_pylist()
    for row, again in zip(rows, read, strict=True):
        assert again["image"] == row["image"]
        assert {name: again[name] for name in row} == row
