"""The sample shop as what most shops can export: a CSV file and a folder of pictures."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path


def write_csv_shop(out: Path, rows: Iterable[Mapping[str, object]]) -> int:
    """Write `out` and the folder `images` beside it; returns the number of products.

    `image_path` names each picture from the folder of the CSV file.
    """
    folder = out.parent / "images"
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = None
        for row in rows:
            fields = {name: value for name, value in row.items() if name != "image"}
            picture, data = f"images/{row['id']}.jpg", row["image"]
            if not isinstance(data, bytes):
                raise TypeError("a sample product has a picture")
            (out.parent / picture).write_bytes(data)
            fields["image_path"] = picture
            writer = writer or _writer(file, fields)
            writer.writerow(fields)
            count += 1
    return count


def _writer(file: object, fields: Mapping[str, object]) -> csv.DictWriter[str]:
    writer: csv.DictWriter[str] = csv.DictWriter(file, list(fields))  # type: ignore[arg-type]
    writer.writeheader()
    return writer
