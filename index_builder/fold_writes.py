"""Folding live writes into a new base version: the merged items, in the order of their rows.

Vectors are taken over as they are; nothing is embedded but what no stored vector fits. Deleted
items leave the graph of an HNSW index for good here, since it is built anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from index_builder.build import BuildReport, Making, write_version
from index_builder.build_inputs import Inputs
from index_builder.publish import Going, building_alone, new_version
from index_builder.version_report import take_over_report
from index_builder.word_files import take_over_calibration
from twinset.encoders.encoder_folder import load_encoder
from twinset.errors import ConfigError, Conflict, NotReady
from twinset.index.encoder_store import kept_encoder
from twinset.index.index_versions import IndexVersion, open_version
from twinset.index.shared.version_files import known_manifests
from twinset.index.vector_index import Rows, Vectors
from twinset.live.catch_up import Embedder, catch_up, start
from twinset.live.merged_version import MergedItems, merge_version
from twinset.live.overlay import Overlay
from twinset.live.store import Store, has_store, open_store
from twinset.relevance.relevance_curves import RelevanceCurves
from twinset.store.audit_trail import Act
from twinset.views.view_vectors import ViewVectors


def compact_index(encoder_dir: Path, index_dir: Path, keep: int) -> BuildReport | None:
    """Publish the live version with its live writes folded in; None if there are none.

    Raises:
        ArtefactError: if a file is damaged, or the encoder is not the one of the live version.
        ConfigError: if another build works on the folder, or no item is left.
        Conflict: if another process folds already, or another version went live meanwhile; nothing
            was published.
    """
    if not has_store(index_dir):
        return None
    log = open_store(index_dir)
    with log.leading("compacting") as alone:
        if not alone:
            raise Conflict("another service folds the writes just now")
        return _compact(encoder_dir, index_dir, log, keep)


def _compact(encoder_dir: Path, index_dir: Path, log: Store, keep: int) -> BuildReport | None:
    base = open_version(index_dir)
    encoder = load_encoder(kept_encoder(index_dir, base.fingerprint) or encoder_dir, "cpu")
    base.require_encoder(encoder)
    overlay = catch_up(start(base, log), Embedder(encoder, log))
    merged = merge_version(overlay, log)
    if merged is base:
        return None
    if not merged.count:
        raise ConfigError("every item was deleted; an index needs at least one")
    content = f"{base.name} {log.id} {overlay.sequence}".encode()
    going = Going(keep=keep, instead_of=base.name)
    with new_version(index_dir, content, going) as (name, staging):
        take_over_report(base.folder, staging)
        take_over_calibration(base.folder, staging)
        report = write_version(name, staging, _inputs(merged), _making(base, overlay, log))
    with log.transaction() as transaction:
        transaction.note(Act("twinset compact", "compaction", name, f"{overlay.size} items"))
    _trim(index_dir, log)
    return report


def _making(base: IndexVersion, overlay: Overlay, log: Store) -> Making:
    kind = base.manifest.get("index_kind", base.index.kind)
    live = dict(base.manifest.get("live") or {}) | {"log": log.id, "sequence": overlay.sequence}
    relevance = RelevanceCurves.from_manifest(base.manifest.get("relevance"))
    feed = base.manifest.get("feed")
    fields = {"live": live, "folded_from": base.name} | ({} if feed is None else {"feed": feed})
    return Making(str(kind), 0.0, fields, relevance=relevance)


def _trim(index_dir: Path, log: Store) -> None:
    """Forget the writes that every version holds; a rollback needs the others again.

    None are forgotten while a build is at work, whose version may lack them.
    """
    # NotReady is raised for a version that lacks writes which were forgotten already.
    with suppress(ConfigError, NotReady), building_alone(index_dir):
        manifests = known_manifests(index_dir).values()
        log.trim(min(log.marker(manifest.get("live")) for manifest in manifests))


@dataclass(frozen=True)
class _Merged:
    """A merged version as the two inputs of a build."""

    version: IndexVersion
    alive: Rows
    item: Vectors
    views: ViewVectors

    @property
    def encoder_name(self) -> str:
        return self.version.encoder_name

    @property
    def fingerprint(self) -> str:
        return self.version.fingerprint

    @property
    def dimension(self) -> int:
        return self.version.dimension

    @property
    def category(self) -> str | None:
        return self.version.category

    @property
    def text_template(self) -> str | None:
        template = self.version.manifest.get("text_template")
        return None if template is None else str(template)

    def __len__(self) -> int:
        return len(self.alive)

    def rows(self) -> pa.Table:
        items = self.version.items
        if not isinstance(items, MergedItems):
            raise TypeError("only a merged version is folded")
        return items.table()

    def images(self) -> Iterator[bytes | None]:
        for row in self.alive.tolist():
            image = self.version.images.read(row)
            yield None if image is None else image.data

    def further_images(self) -> Iterator[Sequence[bytes]]:
        for row in self.alive.tolist():
            yield _further_images(self.version, row)


def _inputs(merged: IndexVersion) -> Inputs:
    rows = np.arange(len(merged)) if merged.alive is None else np.flatnonzero(merged.alive)
    views = _views(merged, rows)
    source = _Merged(merged, rows, merged.index.vectors(rows), views)
    return Inputs(source, source)


def _views(merged: IndexVersion, rows: Rows) -> ViewVectors:
    """The vectors of further pictures of the rows; owners are places among these rows."""
    if merged.views is None:
        return ViewVectors.none(merged.dimension)
    found = [merged.views.vectors_of(row) for row in rows.tolist()]
    owners = np.repeat(np.arange(len(rows)), [len(one) for one in found])
    return ViewVectors(
        owners, np.concatenate([*found, np.empty((0, merged.dimension), np.float32)])
    )


def _further_images(version: IndexVersion, row: int) -> list[bytes]:
    """Every further picture of a row, as many as it has vectors; empty bytes for one that is
    lost."""
    if version.views is None:
        return []
    pictures = [version.views.picture(row, n) for n in range(len(version.views.vectors_of(row)))]
    return [b"" if one is None else one.data for one in pictures]
