"""The import itself: fetch and open the source, survey it, write the rows, report."""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from importer.catalogue_rows import RowBuilder
from importer.column_mapping import map_columns
from importer.embedded_words import words_template
from importer.import_options import ImportOptions, ImportReport
from importer.open_source import images_folder, open_source
from importer.pictures.product_pictures import NamedPictures, ProductPictures
from importer.pictures.web_client import Downloads
from importer.reading.feed_date import feed_date
from importer.reading.local_copy import is_address, local_copy
from importer.reading.records import NO_COLUMNS, Record, Source, empty_columns
from importer.rejections import Rejections
from importer.sources.folded_rows import FoldedSource
from importer.sources.system import SystemSource
from importer.survey import Survey, survey_rows
from importer.values.kinds import Kind, RowRejected
from twinset.catalogue import CatalogueNotes, CatalogueWriter, require_writable
from twinset.errors import CatalogueError
from twinset.progress import track
from twinset.store.feed_report import REJECTED_SUFFIX, SUMMARY_SUFFIX

PICTURES_SUFFIX = ".pictures"
_CHUNK_ROWS = 256
_FETCHERS = 16
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass
class Tally:
    """Counts over the products that came in."""

    pictures: int = 0
    further: int = 0
    priced: int = 0
    sold_out: int = 0
    groups: set[str] = field(default_factory=set)
    warnings: Counter[str] = field(default_factory=Counter)

    def add(self, row: dict[str, Any], notes: Iterable[str]) -> None:
        """Count one product and what was left out of it."""
        self.pictures += row["image"] is not None
        self.further += len(row["further_images"] or ())
        self.priced += row["price"] is not None
        self.sold_out += row["available"] is False
        if row["group_id"] is not None:
            self.groups.add(row["group_id"])
        self.warnings.update(notes)


def import_catalogue(
    source: str | Path, out: Path, options: ImportOptions | None = None
) -> ImportReport:
    """Read products from `source` and write those that are sound to the catalogue `out`.

    `source` is a file, a folder, an http(s) address, or `-` for standard input. Rows left out are
    listed in `out` + ".rejected.jsonl", one JSON object a line with `file`, `line`, `id` and
    `reason`; without any the file is absent. A bad optional value costs the value and is counted
    in the report, which is written to `out` + ".report.json". Nothing is written to `out` unless
    the import ends well.

    Raises:
        CatalogueError: the source cannot be read, has no sound row, or lost more of its rows than
            `options.max_loss`.
        OSError: if `out` cannot be written.
    """
    options = options or ImportOptions()
    _leave_out_pandas()
    with _opened(str(source), out, options) as opened:
        return opened.run()


def inspect_source(source: str | Path, options: ImportOptions | None = None) -> ImportReport:
    """What an import would make of a source; writes nothing and reads no picture.

    Raises:
        CatalogueError: if the source cannot be read.
    """
    options = options or ImportOptions()
    with _opened(str(source), None, options) as opened:
        return opened.inspect()


@contextmanager
def _opened(source: str, out: Path | None, options: ImportOptions) -> Iterator[_Import]:
    """An import in a folder of its own for what it unpacks; None writes nothing."""
    allowed = {host.lower() for host in options.allow_hosts}
    if is_address(source):
        allowed.add((urlsplit(source).hostname or "").lower())
    else:
        # A file on this machine may name this machine; a fetched feed may not.
        allowed |= set(_LOOPBACK)
    with (
        tempfile.TemporaryDirectory(prefix="twinset-import-") as folder,
        closing(Downloads(allowed)) as downloads,
    ):
        work = Path(folder)
        yield _Import(source, out or work / "none", options, work, downloads)


def _leave_out_pandas() -> None:
    """Keep Arrow from importing pandas for its first array: nothing here uses it, and where it is
    installed it takes as long as a feed of a thousand products."""

    class Without(MetaPathFinder):
        def find_spec(self, fullname: str, *_: Any) -> None:
            if fullname == "pandas":
                raise ModuleNotFoundError(name=fullname)

    if "pandas" not in sys.modules:
        sys.meta_path.insert(0, refusing := Without())
        pa.array([None])
        sys.meta_path.remove(refusing)


class _Import:
    """One import: its source, opened, and where its parts go."""

    def __init__(
        self, source: str, out: Path, options: ImportOptions, work: Path, downloads: Downloads
    ) -> None:
        self._out, self._options, self._downloads = out, options, downloads
        path = local_copy(source, work, downloads)
        self._rows, self._system = open_source(path, options, work)
        if any(out.resolve() == file.resolve() for file in (*self._rows.files, path)):
            raise CatalogueError(f"{out}: is the source itself")
        self._hidden = self._rows if isinstance(self._rows, SystemSource) else None
        if self._hidden is not None and self._hidden.hidden and not self._rows.columns:
            raise CatalogueError(f"{source}: the shop hides all {self._hidden.hidden:,} products")
        empty = empty_columns(self._rows) if self._hidden is None else NO_COLUMNS
        self._columns = map_columns(self._rows.columns, options.columns, empty)
        is_folded = self._hidden is not None and self._hidden.system.folds
        if (is_folded if options.fold is None else options.fold) and self._has_groups:
            self._rows = FoldedSource(self._rows, self._columns)
        self._images = images_folder(path, options, work)
        self._as_of = feed_date(self._rows.files)
        wanted, names = options.words, self._columns.attributes
        self._words = None if wanted is None else words_template(wanted, self._columns, names)

    @property
    def _has_groups(self) -> bool:
        return "group_id" in self._columns.fixed

    def inspect(self) -> ImportReport:
        """See `inspect_source`."""
        survey, tally = self._survey(), Tally()
        builder = replace(self._builder(survey), pictures=NamedPictures(self._images))
        refused: Counter[str] = Counter()
        seen: set[str] = set()
        for _, row, notes in _build_all(self._rows, builder, None):
            if isinstance(row, RowRejected) or row["id"] in seen:
                refused[str(row) if isinstance(row, RowRejected) else "id is a duplicate"] += 1
                continue
            seen.add(row["id"])
            tally.add(row, notes)
        return self._report(survey, tally, len(seen), refused, None)

    def run(self) -> ImportReport:
        """See `import_catalogue`."""
        require_writable(self._out)
        survey = self._survey()
        tally = Tally()
        with Rejections(self._out.with_name(self._out.name + REJECTED_SUFFIX)) as rejections:
            accepted = self._write(survey, tally, rejections)
        found = self._report(survey, tally, accepted, rejections.reasons, rejections.kept)
        summary = self._out.with_name(self._out.name + SUMMARY_SUFFIX)
        summary.write_text(
            json.dumps(asdict(found), default=str, indent=2, ensure_ascii=False), "utf-8"
        )
        return found

    def _survey(self) -> Survey:
        return survey_rows(self._rows, self._columns, self._options)

    def _builder(self, survey: Survey) -> RowBuilder:
        cache = self._out.with_name(self._out.name + PICTURES_SUFFIX)
        pictures = ProductPictures(self._images, self._downloads, cache)
        return RowBuilder(
            self._columns,
            survey.kinds,
            survey.separators,
            survey.mark,
            pictures if self._options.fetch_pictures else None,
            survey.variants,
            bool(survey.currencies),
            self._options.further_pictures,
            survey.dates,
            survey.currency,
            survey.sale_dates,
        )

    def _write(self, survey: Survey, tally: Tally, rejections: Rejections) -> int:
        builder = self._builder(survey)
        types = {n: k.arrow_type for n, k in survey.kinds.items() if k is not Kind.EMPTY}
        if survey.currencies:
            types.setdefault("currency", Kind.TEXT.arrow_type)
        if "link" in self._columns.fixed:
            types.setdefault("link", Kind.TEXT.arrow_type)
        seen: set[str] = set()
        category = self._columns.category if self._columns.category in types else None
        said = CatalogueNotes(category, self._words, self._as_of)
        with CatalogueWriter(self._out, types, category, said) as writer:
            built = _build_all(self._rows, builder, self._workers(survey))
            for record, row, notes in track(built, "Importing products", survey.count):
                if isinstance(row, RowRejected):
                    rejections.add(record, self._columns, str(row))
                elif row["id"] in seen:
                    rejections.add(record, self._columns, "id is a duplicate")
                else:
                    seen.add(row["id"])
                    tally.add(row, notes)
                    writer.write(row)
            self._check_losses(writer.count, rejections)
        return writer.count

    def _check_losses(self, accepted: int, rejections: Rejections) -> None:
        if not accepted:
            raise CatalogueError(f"no product could be imported; {rejections.describe()}")
        lost = sum(rejections.reasons.values())
        share = lost / (accepted + lost)
        if share > self._options.max_loss:
            raise CatalogueError(
                f"{share:.1%} of the rows were rejected, more than --max-loss "
                f"{self._options.max_loss:.1%}; {rejections.describe()}; nothing was changed"
            )

    def _workers(self, survey: Survey) -> int | None:
        """Threads: many if pictures come over the network, one a core if they lie here."""
        source = self._columns.fixed.get("image_path")
        sample = survey.samples.get(source or "", "")
        return _FETCHERS if "//" in sample else None

    def _report(
        self,
        survey: Survey,
        tally: Tally,
        accepted: int,
        rejected: Counter[str],
        report: Path | None,
    ) -> ImportReport:
        columns = self._columns
        lacking = {
            "picture": not {"image", "image_path"} & set(columns.fixed) and not tally.pictures,
            "price": "price" not in columns.fixed,
        }
        return ImportReport(
            system=self._system,
            accepted=accepted,
            pictures=tally.pictures,
            further_pictures=tally.further,
            priced=tally.priced,
            sold_out=tally.sold_out,
            currency=survey.currencies,
            hidden=0 if self._hidden is None else self._hidden.hidden,
            rejected=dict(rejected),
            warnings=dict(tally.warnings),
            report=report,
            skipped=tuple(self._rows.skipped),
            category=columns.category,
            groups=len(tally.groups),
            columns=survey.columns(columns),
            look_alikes={n: columns.look_alikes(n) for n, is_so in lacking.items() if is_so},
            words=self._words,
            as_of=None if self._as_of is None else self._as_of.isoformat(),
            options=self._options,
            dollar=None if survey.dollars is None else survey.dollars.sentence,
        )


Built = tuple[Record, dict[str, Any] | RowRejected, list[str]]


def _build_all(rows: Source, builder: RowBuilder, workers: int | None) -> Iterator[Built]:
    """Each record with its row or its refusal, in order; pictures are read on several threads."""

    def build(record: Record) -> Built:
        if record.fault is not None:
            return record, RowRejected(record.fault), []
        try:
            return record, *builder.build(record.fields)
        except RowRejected as rejected:
            return record, rejected, []

    with ThreadPoolExecutor(workers) as pool:
        for chunk in _chunks(rows.records()):
            yield from pool.map(build, chunk)


def _chunks(records: Iterable[Record]) -> Iterator[list[Record]]:
    iterator = iter(records)
    while chunk := list(itertools.islice(iterator, _CHUNK_ROWS)):
        yield chunk
