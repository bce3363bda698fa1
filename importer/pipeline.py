"""The import itself: open the source, survey it, write the rows."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from importer.catalogue_rows import RowBuilder, text_or_none, variant_key
from importer.column_mapping import ColumnMap, map_columns
from importer.import_options import ImportOptions, ImportReport, SourceFormat
from importer.sources.csv_source import KAGGLE_IMAGES, KAGGLE_TABLE, CsvSource, KaggleSource
from importer.sources.source_rows import JsonlSource, ParquetSource, Record, Source
from importer.values import Kind, RowRejected, clean, kind_of
from importer.variants import VariantGroups
from twinset.catalogue import CatalogueWriter, require_writable
from twinset.errors import CatalogueError
from twinset.progress import track

REPORT_SUFFIX = ".rejected.jsonl"
_CHUNK_ROWS = 256
_SHOWN_ID_LENGTH = 80
_SUFFIXES = {
    ".csv": SourceFormat.CSV,
    ".tsv": SourceFormat.CSV,
    ".jsonl": SourceFormat.JSONL,
    ".ndjson": SourceFormat.JSONL,
    ".parquet": SourceFormat.PARQUET,
    ".pq": SourceFormat.PARQUET,
}


def import_catalogue(source: Path, out: Path, options: ImportOptions | None = None) -> ImportReport:
    """Read products from `source` and write those that are sound to the catalogue `out`.

    Rows left out are listed in `out` + ".rejected.jsonl", one JSON object a line with `file`,
    `line`, `id` and `reason`; without any the file is absent. A row with a title and no image is
    sound; one that names an image which is missing or damaged is not. Nothing is written to
    `out` unless the import ends well.

    Raises:
        CatalogueError: the source cannot be read or has no sound row.
        OSError: `out` cannot be written.
    """
    options = options or ImportOptions()
    rows = open_source(source, options)
    if any(out.resolve() == file.resolve() for file in rows.files):
        raise CatalogueError(f"{out}: is the source itself")
    columns = map_columns(rows.columns, options.mapping, options.category)
    images = _images_folder(source, options)
    require_writable(out)
    survey = survey_rows(rows, columns)
    builder = RowBuilder(columns, survey.kinds, images, survey.variants)
    with Rejections(out.with_name(out.name + REPORT_SUFFIX)) as rejections:
        accepted = _write_rows(rows, builder, survey.count, out, rejections)
    return ImportReport(
        accepted=accepted,
        rejected=rejections.reasons,
        report=rejections.path if rejections.reasons else None,
        skipped=tuple(rows.skipped),
        category=columns.category,
        groups=len(survey.variants or ()),
    )


def open_source(source: Path, options: ImportOptions) -> Source:
    """The source in the format that the options say, or that it looks like.

    Raises:
        CatalogueError: it is missing, of no known format, or cannot be read.
    """
    if not source.exists():
        raise CatalogueError(f"{source}: not found")
    kind = options.format
    if kind is SourceFormat.AUTO:
        kind = _format_of(source)
    if kind is SourceFormat.PARQUET:
        return ParquetSource(_parquet_files(source), options.mapping)
    wanted = source / KAGGLE_TABLE if kind is SourceFormat.KAGGLE else source
    if not wanted.is_file():
        raise CatalogueError(f"{wanted}: is not a file")
    if kind is SourceFormat.KAGGLE:
        return KaggleSource(source)
    if kind is SourceFormat.CSV:
        return CsvSource(source)
    return JsonlSource(source)


def _format_of(source: Path) -> SourceFormat:
    if source.is_dir():
        is_kaggle = (source / KAGGLE_TABLE).is_file()
        return SourceFormat.KAGGLE if is_kaggle else SourceFormat.PARQUET
    if source.suffix.lower() not in _SUFFIXES:
        raise CatalogueError(f"{source}: format not known from its name; choose one with --format")
    return _SUFFIXES[source.suffix.lower()]


def _parquet_files(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    files = sorted(source.glob("*.parquet"))
    if not files:
        raise CatalogueError(f"{source}: holds neither {KAGGLE_TABLE} nor Parquet files")
    return files


def _images_folder(source: Path, options: ImportOptions) -> Path:
    if options.images is not None:
        if not options.images.is_dir():
            raise CatalogueError(f"{options.images}: is not a folder")
        return options.images
    if source.is_file():
        return source.parent
    return source / KAGGLE_IMAGES if (source / KAGGLE_TABLE).is_file() else source


@dataclass(frozen=True)
class Survey:
    """What the first pass learns: number of rows, kinds of the attributes, variants or None."""

    count: int
    kinds: dict[str, Kind]
    variants: VariantGroups | None


def survey_rows(rows: Source, columns: ColumnMap) -> Survey:
    """Read every row without its image; unreadable rows only count."""
    kinds = dict.fromkeys(columns.attributes, Kind.EMPTY)
    derives = "group_id" not in columns.fixed and "title" in columns.fixed
    variants = VariantGroups() if derives and columns.colour is not None else None
    count = 0
    for record in track(rows.records(without=columns.image_sources), "Reading columns"):
        count += 1
        if record.fault is not None:
            continue
        try:
            found = _kinds_of(record, columns, parse_text=not rows.typed)
            if variants is not None:
                variants.add(*variant_key(record.fields, columns))
        except RowRejected:
            continue
        for name, kind in found.items():
            kinds[name] = kinds[name].join(kind)
    return Survey(count, kinds, variants)


def _kinds_of(record: Record, columns: ColumnMap, parse_text: bool) -> dict[str, Kind]:
    return {
        name: kind_of(clean(record.fields.get(source)), parse_text)
        for name, source in columns.attributes.items()
    }


def _write_rows(
    rows: Source, builder: RowBuilder, total: int, out: Path, rejections: Rejections
) -> int:
    types = {name: kind.arrow_type for name, kind in builder.kinds.items()}
    seen: set[str] = set()
    with CatalogueWriter(out, types, builder.columns.category) as writer:
        for record, built in track(_build_all(rows, builder), "Importing products", total):
            if isinstance(built, RowRejected):
                rejections.add(record, builder.columns, str(built))
            elif built["id"] in seen:
                rejections.add(record, builder.columns, "id is a duplicate")
            else:
                seen.add(built["id"])
                writer.write(built)
        if not writer.count:
            raise CatalogueError(f"no product could be imported; {rejections.describe()}")
    return writer.count


def _build_all(
    rows: Source, builder: RowBuilder
) -> Iterator[tuple[Record, dict[str, Any] | RowRejected]]:
    """Each record with its row or its refusal, in order; images are decoded on every core."""

    def build(record: Record) -> dict[str, Any] | RowRejected:
        if record.fault is not None:
            return RowRejected(record.fault)
        try:
            return builder.build(record.fields)
        except RowRejected as rejected:
            return rejected

    with ThreadPoolExecutor() as pool:
        for chunk in _chunks(rows.records()):
            yield from zip(chunk, pool.map(build, chunk), strict=True)


def _chunks(records: Iterable[Record]) -> Iterator[list[Record]]:
    iterator = iter(records)
    while chunk := list(itertools.islice(iterator, _CHUNK_ROWS)):
        yield chunk


class Rejections:
    """The report of rows left out, written as they come, and how many there are by reason."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reasons: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._file = self.path.open("w", encoding="utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if not self.reasons:
            self.path.unlink()

    def add(self, record: Record, columns: ColumnMap, reason: str) -> None:
        self.reasons[reason] += 1
        entry = {
            "file": record.file,
            "line": record.line,
            "id": _shown_id(record.fields.get(columns.fixed["id"])),
            "reason": reason,
        }
        self._file.write(json.dumps(entry) + "\n")

    def describe(self) -> str:
        """The commonest reason and where the others are; for an import without a sound row."""
        if not self.reasons:
            return "the source has no rows"
        reason, count = self.reasons.most_common(1)[0]
        return f"{count} rows: {reason}; see {self.path}"


def _shown_id(value: Any) -> str | None:
    try:
        text = text_or_none(value)
    except RowRejected:
        return None
    return None if text is None else text[:_SHOWN_ID_LENGTH]
