"""What an import is told and what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class SourceFormat(StrEnum):
    """How a source is laid out. `kaggle` is a folder with `styles.csv` and `images/<id>.jpg`."""

    AUTO = "auto"
    KAGGLE = "kaggle"
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True)
class ImportOptions:
    """Choices of an import.

    Attributes:
        format: layout of the source; AUTO judges by what the source is.
        mapping: catalogue column -> source column, before the automatic synonyms.
        category: the source column that is the category; None looks for a usual name.
        images: folder that image paths start from; None is the source's own folder.
    """

    format: SourceFormat = SourceFormat.AUTO
    mapping: Mapping[str, str] = field(default_factory=dict)
    category: str | None = None
    images: Path | None = None


@dataclass(frozen=True)
class ImportReport:
    """Outcome of an import.

    Attributes:
        accepted: rows in the catalogue.
        rejected: rows left out, by reason.
        report: file that lists each row left out; None where there is none.
        skipped: files of the source that hold no products.
        category: the attribute taken as the category, or None.
        groups: number of variant groups that were derived from the names.
    """

    accepted: int
    rejected: Mapping[str, int]
    report: Path | None
    skipped: tuple[str, ...]
    category: str | None
    groups: int

    @property
    def rejected_count(self) -> int:
        return sum(self.rejected.values())
