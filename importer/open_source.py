"""From what the user names to rows: the layout by content, then the system by its columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from importer.column_mapping import has_products
from importer.import_options import ImportOptions, SourceFormat
from importer.reading.delimited import CsvSource
from importer.reading.json_rows import JsonlSource, JsonSource
from importer.reading.local_copy import SEVERAL
from importer.reading.parquet_files import ParquetSource
from importer.reading.picture_folder import PictureFolder, pictures_below
from importer.reading.records import NO_COLUMNS, ReadOnce, Record, Source
from importer.reading.text_encoding import as_utf8
from importer.reading.xml_items import XmlSource
from importer.sources import SYSTEMS, System
from importer.sources.fashion_sets import KAGGLE_IMAGES, KAGGLE_TABLE
from importer.sources.system import SystemSource, plain_names
from twinset.errors import CatalogueError

_TABLES = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".json", ".xml", ".rss", ".atom")
# Rows of a file this small are kept between passes; as objects they take ten times as much.
_KEPT_BYTES = 8 * 1024 * 1024
_NAMES = {
    SourceFormat.CSV: "delimited text",
    SourceFormat.JSONL: "JSON lines",
    SourceFormat.JSON: "JSON",
    SourceFormat.XML: "XML",
    SourceFormat.PARQUET: "Parquet",
    SourceFormat.PICTURES: "a folder of pictures",
    SourceFormat.KAGGLE: "Kaggle Fashion Product Images",
}


class SeveralFiles:
    """Files of one layout and one system, read one after the other."""

    def __init__(self, sources: Sequence[Source], skipped: Sequence[str] = ()) -> None:
        self._sources = sources
        self.columns: Sequence[str] = list(
            dict.fromkeys(name for source in sources for name in source.columns)
        )
        self.files: Sequence[Path] = [file for source in sources for file in source.files]
        self.typed = all(source.typed for source in sources)
        inside = [name for source in sources for name in source.skipped]
        self.skipped: Sequence[str] = [*skipped, *inside]

    def records(self, without: AbstractSet[str] = NO_COLUMNS) -> Iterator[Record]:
        """Every row of every file, in order."""
        for source in self._sources:
            yield from source.records(without)


def open_source(path: Path, options: ImportOptions, work: Path) -> tuple[Source, str]:
    """The products of a file or folder, and the system that they come from, in words.

    Copies in another encoding go into the folder `work`.

    Raises:
        CatalogueError: if the source is missing, of no known layout, or cannot be read.
    """
    kind, named = options.format, options.columns.named
    if kind is SourceFormat.AUTO:
        kind = layout_of(path)
    if kind is SourceFormat.PICTURES:
        return PictureFolder(path), _NAMES[kind]
    if kind is SourceFormat.PARQUET:
        rows: Source = ParquetSource(_parquet_files(path), options.columns.mapping)
        return rows, _NAMES[kind]
    if kind is SourceFormat.KAGGLE:
        table = path / KAGGLE_TABLE if path.is_dir() else path
        return _of_system(
            _open_text(table, SourceFormat.CSV, options, work, overflow=True), kind, named
        )
    if path.is_dir():
        files = _tables(path)
        opened = [_open_text(one, layout_of(one), options, work) for one in files]
        return _of_system(_with_products(opened, options), kind, named)
    return _of_system(_open_text(path, kind, options, work), kind, named)


def images_folder(path: Path, options: ImportOptions, work: Path) -> Path:
    """The folder that image paths start from: of what was unpacked into `work`, the whole.

    Raises:
        CatalogueError: if the options name one that is not there.
    """
    if options.images is not None:
        if not options.images.is_dir():
            raise CatalogueError(f"{options.images}: is not a folder")
        return options.images
    folder = path.parent if path.is_file() else path
    linked = next((one for one in folder.iterdir() if one.is_symlink()), None)
    if linked is not None and path.name == SEVERAL:
        folder = linked.resolve().parent  # of the first of several files
    is_kaggle = (folder / KAGGLE_TABLE).is_file() and (folder / KAGGLE_IMAGES).is_dir()
    if is_kaggle:
        return folder / KAGGLE_IMAGES
    inside = folder.relative_to(work).parts if folder.is_relative_to(work) else ()
    return work / inside[0] if inside else folder


def layout_of(path: Path) -> SourceFormat:
    """The layout that a file or folder has, by its content.

    Raises:
        CatalogueError: if a folder holds nothing that is read.
    """
    if path.is_dir():
        return _layout_of_folder(path)
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(b"PAR1"):
        return SourceFormat.PARQUET
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise CatalogueError(
            f"{path}: is an Excel workbook or a packed file; save it as CSV (UTF-8)"
        )
    text = start.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lstrip(b"\xff\xfe \t\r\n")
    if text.startswith(b"<"):
        return SourceFormat.XML
    if text.startswith((b"{", b"[")):
        first, _, second = text.partition(b"\n")
        lines = first.rstrip().endswith(b"}") and (not second or second.lstrip()[:1] == b"{")
        named = path.suffix.lower() in (".jsonl", ".ndjson")
        is_lines = text.startswith(b"{") and (named or (lines and bool(second.strip())))
        return SourceFormat.JSONL if is_lines else SourceFormat.JSON
    return SourceFormat.CSV


def _layout_of_folder(folder: Path) -> SourceFormat:
    if (folder / KAGGLE_TABLE).is_file():
        return SourceFormat.KAGGLE
    if any(folder.glob("*.parquet")):
        return SourceFormat.PARQUET
    tables = _tables(folder)
    if tables:
        return layout_of(tables[0])
    if any(pictures_below(folder)):
        return SourceFormat.PICTURES
    raise CatalogueError(f"{folder}: holds no feed, no Parquet files and no pictures")


def _tables(folder: Path) -> list[Path]:
    """Files of a folder that may hold products; hidden ones are of its system."""
    named = (one for one in folder.iterdir() if one.suffix.lower() in _TABLES)
    return sorted(one for one in named if not one.name.startswith("."))


def _open_text(
    path: Path, kind: SourceFormat, options: ImportOptions, work: Path, overflow: bool = False
) -> Source:
    if not path.is_file():
        raise CatalogueError(f"{path}: is not a file")
    small = path.stat().st_size <= _KEPT_BYTES
    if kind is SourceFormat.XML:
        rows: Source = XmlSource(path)  # names its encoding itself
        return ReadOnce(rows) if small else rows
    # JSON is UTF-8 by its standard; other bytes in it are damage.
    plain = as_utf8(path, options.encoding, work, guess=kind is SourceFormat.CSV)
    if kind is SourceFormat.CSV:
        return CsvSource(plain, options.delimiter, overflow)
    rows = JsonlSource(plain) if kind is SourceFormat.JSONL else JsonSource(plain)
    return ReadOnce(rows) if small else rows


def _of_system(rows: Source, kind: SourceFormat, named: Sequence[str]) -> tuple[Source, str]:
    system = _system_of(rows)
    if system is None:
        return rows, _NAMES[kind]
    products = SystemSource(rows, system)
    # Who names columns of the file itself has to get these, and not what the system makes of them.
    if any(name in rows.columns and name not in products.columns for name in named):
        return rows, system.name
    return products, system.name


def _system_of(rows: Source) -> System | None:
    """The first system that recognises the columns, else the first that recognises the rows."""
    names = plain_names(rows.columns)
    by_names = next((one for one in SYSTEMS if one.recognises and one.recognises(names)), None)
    if by_names is not None:
        return by_names
    first = next(iter(rows.records()), None)
    if first is None:
        return None
    judges = [(one, one.recognises_row) for one in SYSTEMS]
    return next((one for one, judge in judges if judge and judge(rows.columns, first.fields)), None)


def _with_products(sources: list[Source], options: ImportOptions) -> Source:
    """The files of a folder as one source; files that hold no products are skipped.

    A system whose products are spread over several files needs them all.
    """
    together = SeveralFiles(sources)
    mapping = options.columns.mapping
    fitting = [one for one in sources if has_products(one.columns, mapping) or _system_of(one)]
    system = _system_of(together)
    if (system is not None and system.spread) or not fitting:
        return together
    left = [file.name for one in sources if one not in fitting for file in one.files]
    return SeveralFiles(fitting, left)


def _parquet_files(source: Path) -> list[Path]:
    return [source] if source.is_file() else sorted(source.glob("*.parquet"))
