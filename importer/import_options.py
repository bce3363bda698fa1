"""What an import is asked to do, and what it reports."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from importer.column_mapping import Choices
from twinset.errors import CatalogueError
from twinset.store.feed_report import SUMMARY_SUFFIX

# The front, the back and a detail, say; each costs as much to fetch and embed as the main picture.
MOST_FURTHER_BY_DEFAULT = 3


class SourceFormat(StrEnum):
    """How a source is laid out. `kaggle` is a folder with `styles.csv` and `images/<id>.jpg`."""

    AUTO = "auto"
    KAGGLE = "kaggle"
    CSV = "csv"
    JSONL = "jsonl"
    JSON = "json"
    XML = "xml"
    PARQUET = "parquet"
    PICTURES = "pictures"


@dataclass(frozen=True)
class ImportOptions:
    """Choices of an import; the defaults find everything out.

    Attributes:
        format: layout of the source; AUTO judges by its content.
        columns: which column fills what, see `Choices`.
        images: folder that image paths start from; None is the source's own folder.
        encoding, delimiter, decimal: of a text file; None finds out.
        lists: source columns that hold several values of a product.
        fold: fold rows of one group into one item; None does if the system's rows are variants.
        group_by_name: tell variants from the names, if the source names no groups.
        allow_hosts: hosts in private networks that pictures may be fetched from.
        fetch_pictures: fetch pictures that the source names by address.
        further_pictures: how many further pictures of a product to take, at most.
        max_loss: the largest share of rows that may be rejected.
        words: template of the words that are embedded, see `importer.embedded_words`; None leaves
            them to the encoder.
    """

    format: SourceFormat = SourceFormat.AUTO
    columns: Choices = field(default_factory=Choices)
    images: Path | None = None
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    lists: Collection[str] = ()
    fold: bool | None = None
    group_by_name: bool = False
    allow_hosts: Collection[str] = ()
    fetch_pictures: bool = True
    further_pictures: int = MOST_FURTHER_BY_DEFAULT
    max_loss: float = 1.0
    words: str | None = None


def options_of(catalogue: Path) -> ImportOptions:
    """The options that a catalogue was imported with, by the report beside it.

    Raises:
        CatalogueError: if there is no such report.
    """
    path = catalogue.with_name(catalogue.name + SUMMARY_SUFFIX)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))["options"]
        images = None if kept["images"] is None else Path(kept["images"])
        chosen = {**kept, "columns": Choices(**kept["columns"]), "images": images}
        return ImportOptions(**{**chosen, "format": SourceFormat(kept["format"])})
    except (OSError, ValueError, KeyError, TypeError):
        raise CatalogueError(
            f"{path}: does not say how the catalogue was imported; import it again"
        ) from None


@dataclass(frozen=True)
class ColumnReport:
    """What became of one source column: `role` says it in words, `filled` is a share."""

    column: str
    role: str
    sample: str | None
    filled: float


@dataclass(frozen=True)
class ImportReport:
    """Outcome of an import.

    Attributes:
        system: the source system that the file was recognised as, or its layout.
        accepted: products in the catalogue.
        pictures, priced, sold_out: products with a picture, with a price, that are sold out.
        further_pictures: pictures beside the main ones.
        currency: the currencies of the prices.
        hidden: products that their shop does not show, such as drafts.
        rejected: rows left out, by reason.
        warnings: values left out of products that came in, by reason.
        report: file that lists each row left out; None if there is none.
        skipped: files of the source that hold no products.
        category: the attribute taken as the category, or None.
        groups: number of groups of variants.
        columns: what became of each source column.
        look_alikes: columns that may be the picture or the price, if none was taken.
        words: template of the words that are embedded; None leaves them to the encoder.
        as_of: when the shop wrote the feed, in ISO 8601.
        options: what the import was asked to do.
        dollar: what `$` alone was taken for and why, if prices have it.
    """

    system: str
    accepted: int
    pictures: int
    further_pictures: int
    priced: int
    sold_out: int
    currency: tuple[str, ...]
    hidden: int
    rejected: Mapping[str, int]
    warnings: Mapping[str, int]
    report: Path | None
    skipped: tuple[str, ...]
    category: str | None
    groups: int
    columns: Sequence[ColumnReport]
    look_alikes: Mapping[str, Sequence[str]]
    words: str | None = None
    as_of: str | None = None
    options: ImportOptions | None = None
    dollar: str | None = None

    @property
    def rejected_count(self) -> int:
        """Rows left out."""
        return sum(self.rejected.values())

    def losses(self) -> Iterator[str]:
        """Lines that say which values and rows were left out, and why; none if nothing was."""
        if self.warnings:
            count = sum(self.warnings.values())
            yield f"{count:,} values left out of products that came in:"
            yield from reasons(self.warnings)
        if self.report is not None:
            yield f"{self.rejected_count:,} rows rejected, listed in {self.report}:"
            yield from reasons(self.rejected)


def reasons(counts: Mapping[str, int]) -> Iterator[str]:
    """A line for each reason and how often it counted, the commonest first."""
    for reason, count in sorted(counts.items(), key=lambda item: -item[1]):
        yield f"  {count:>7,}  {reason}"
