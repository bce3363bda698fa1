"""From embeddings and a catalogue to one index version."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index_builder.build_inputs import Inputs, open_inputs
from index_builder.item_files import write_items
from index_builder.kind_choice import choose_kind, settle_kind
from index_builder.publish import Going, new_version
from index_builder.recall import RECALL_AT, filtered_recalls, measure_recall
from index_builder.relevance.calibrate import calibrated
from index_builder.version_report import add_report
from index_builder.word_files import write_words
from twinset.artefacts import MANIFEST, read_manifest, write_manifest
from twinset.catalogue import Catalogue
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.errors import ArtefactError, ConfigError
from twinset.index.encoder_store import keep_encoder
from twinset.index.engines import engine_of
from twinset.index.index_versions import (
    ITEMS_FILE,
    KIND,
    current_version,
    has_live_version,
    open_files,
    shrinks_too_much,
)
from twinset.index.indexed_items import ItemTable
from twinset.index.shared.version_files import known_manifests
from twinset.index.vector_index import VectorIndex, Vectors
from twinset.live.store import has_store, open_store
from twinset.progress import progress_bar
from twinset.relevance.relevance_curves import RelevanceCurves
from twinset.store.feed_report import report_beside
from twinset.views.stored_views import write_views


@dataclass(frozen=True)
class BuildOptions:
    """`kind` is "auto" or one of `index_builder.kind_choice.KINDS`; `keep` counts versions kept.

    `memory` is what the vectors may take when they are served, in bytes; None for any amount.
    With `activate` the version goes live at once, unless it has fewer than half of the live one's
    items and `force` is false. `encoder` is kept beside the index; `report`, the folder of its
    evaluation, in the version. Live writes up to `as_of` are taken to be in the catalogue, by
    default up to the date of the feed, or else of its file.
    """

    kind: str = "auto"
    min_recall: float = 0.95
    keep: int = 3
    memory: int | None = None
    activate: bool = True
    encoder: Path | None = None
    as_of: datetime | None = None
    report: Path | None = None
    force: bool = False


@dataclass(frozen=True)
class BuildReport:
    """What was built: bytes on disk in all, seconds for the vector index, recall@10.

    `filtered_recall` is the lowest under filters that a tenth and a hundredth of the rows match.
    `new_pictures` counts those that no other version of the index held.
    """

    version: str
    kind: str
    count: int
    dimension: int
    pictures: int
    further_pictures: int
    new_pictures: int
    size: int
    seconds: float
    recall: float
    filtered_recall: float


def build_index(
    embeddings_dir: Path, catalogue_path: Path, index_dir: Path, options: BuildOptions
) -> BuildReport:
    """Build a version, check its recall, and by default make it the live one of `index_dir`.

    Raises:
        ArtefactError, CatalogueError: see `open_inputs`.
        ConfigError: if the kind is unknown or takes more memory than there is, the recall is below
            the one asked for, or another build works on the folder. Nothing is published then.
        NotReady: if the catalogue is older than live writes that were forgotten already, since
            every version holds them; they would be lost.
        ConfigError, NotReady, InvalidInput: see `twinset.index.milvus.milvus_versions.build_index`.
    """
    inputs = open_inputs(embeddings_dir, catalogue_path)
    kind = settle_kind(options.kind, len(inputs), inputs.embeddings.dimension, options.memory)
    content = (embeddings_dir / MANIFEST).read_bytes() + kind.encode()
    going = Going(options.activate, options.keep)
    noted = Catalogue(catalogue_path).notes.as_of
    as_of = options.as_of or noted or datetime.fromtimestamp(catalogue_path.stat().st_mtime, UTC)
    if options.encoder is not None:
        _require_maker(options.encoder, inputs)
    if options.activate and not options.force:
        _require_items(index_dir, len(inputs))
    with new_version(index_dir, content, going) as (name, staging):
        live = {"as_of": as_of.isoformat()}
        _require_writes(index_dir, live)
        if options.encoder is not None:
            keep_encoder(index_dir, options.encoder)
        if options.report is not None:
            add_report(options.report, staging, inputs.embeddings.fingerprint)
        feed = report_beside(catalogue_path)
        fields: dict[str, Any] = {"live": live}
        fields |= {} if feed is None else {"feed": feed.to_manifest()}
        making = Making(kind, options.min_recall, fields, options.encoder)
        return write_version(name, staging, inputs, making)


def _require_items(index_dir: Path, items: int) -> None:
    """Refuse to put a version live that lost more than half of the live one's items."""
    if not has_live_version(index_dir):
        return
    live = known_manifests(index_dir).get(current_version(index_dir), {}).get("count")
    if isinstance(live, int) and shrinks_too_much(items, live):
        raise ConfigError(
            f"the catalogue has {items:,} items and the live version {live:,}; if that is meant, "
            "build with --force, or with --no-activate to look at it first"
        )


def _require_writes(index_dir: Path, live: Mapping[str, str]) -> None:
    """Refuse a version that lacks writes which the log does not have any more.

    The log forgets nothing while a build is at work, so once is enough.
    """
    if has_store(index_dir):
        with closing(open_store(index_dir)) as log:
            log.marker(live)


def _require_maker(encoder: Path, inputs: Inputs) -> None:
    manifest = read_manifest(encoder, "encoder", ENCODER_MANIFEST)
    if manifest.get("fingerprint") != inputs.embeddings.fingerprint:
        raise ArtefactError(
            encoder / ENCODER_MANIFEST, "is not the encoder that made the embeddings; export again"
        )


@dataclass(frozen=True)
class Making:
    """The kind of index, the recall below which it is refused, and more for its manifest.

    `relevance` are curves to take over; if there are none, they are calibrated anew, for queries
    of words with the `encoder`.
    """

    kind: str
    min_recall: float
    fields: Mapping[str, Any]
    encoder: Path | None = None
    relevance: RelevanceCurves | None = None


def write_version(name: str, staging: Path, inputs: Inputs, making: Making) -> BuildReport:
    """Write the files of a version into `staging`, and its vectors there or into Milvus.

    Raises:
        ConfigError: if the recall is below the one asked for.
        ConfigError, NotReady, InvalidInput: see `twinset.index.milvus.milvus_versions.build_index`.
    """
    embeddings, kind, min_recall = inputs.embeddings, making.kind, making.min_recall
    pictures = write_items(inputs.catalogue, staging)
    write_words(inputs, staging)
    start = time.monotonic()
    index = _index_vectors(staging, embeddings.item, kind)
    views = embeddings.views
    write_views(staging, views, choose_kind(len(views), embeddings.dimension, None))
    seconds = time.monotonic() - start
    recall = _require_recall(index, embeddings.item, min_recall)
    fields = {
        "encoder": {"name": embeddings.encoder_name, "fingerprint": embeddings.fingerprint},
        "dimension": embeddings.dimension,
        "count": len(inputs),
        "category": inputs.catalogue.category,
        "text_template": embeddings.text_template,
        "index_kind": kind,
        "recall_at_10": round(recall.whole, 4),
        "filtered_recall_at_10": {s: round(r, 4) for s, r in recall.filtered.items()},
        **making.fields,
    }
    manifest = write_manifest(staging, KIND, fields)
    opened = open_files(name, staging, manifest, index)
    relevance = making.relevance or calibrated(opened, inputs, making.encoder)
    fields |= {"relevance": relevance.to_manifest()}
    write_manifest(staging, KIND, fields, known=manifest["files"])
    size = sum(path.stat().st_size for path in staging.rglob("*") if path.is_file())
    return BuildReport(
        version=name,
        kind=kind,
        count=len(inputs),
        dimension=embeddings.dimension,
        pictures=pictures.count,
        further_pictures=pictures.further,
        new_pictures=pictures.new,
        size=size,
        seconds=seconds,
        recall=recall.whole,
        filtered_recall=min(recall.filtered.values()),
    )


def _index_vectors(staging: Path, vectors: Vectors, kind: str) -> VectorIndex:
    """The index of a version, stored in its folder or in Milvus."""
    with progress_bar() as progress:
        task = progress.add_task("Indexing vectors", total=len(vectors))

        def on_rows(rows: int) -> None:
            progress.advance(task, rows)

        columns = ItemTable(staging / ITEMS_FILE).columns
        return engine_of(kind).build(staging, kind, vectors, columns, on_rows)


@dataclass(frozen=True)
class _Recall:
    """Recall@10 of an index: without a filter, and under filters by the share that matches."""

    whole: float
    filtered: Mapping[str, float]


def _require_recall(index: VectorIndex, vectors: Vectors, least: float) -> _Recall:
    """The recall of an index; ConfigError if it is below `least`, with or without a filter."""
    recall = _Recall(measure_recall(index, vectors), filtered_recalls(index, vectors))
    when = {"": recall.whole} | {
        f" under a filter that {share} match": reached for share, reached in recall.filtered.items()
    }
    for circumstance, reached in when.items():
        if reached < least:
            said = f"recall@{RECALL_AT}{circumstance} is {reached:.3f}, below the {least:.3f}"
            raise ConfigError(
                f"{said} asked for; nothing was published, the kind exact always reaches 1"
            )
    return recall
