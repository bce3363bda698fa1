"""The similar items of every item, as `GET /items/{id}/similar` answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from app.recommend.query import SearchQuery
from app.recommend.ranking import Ranked, rank
from twinset.encoders.encoder_folder import load_encoder
from twinset.errors import ConfigError
from twinset.index.encoder_store import kept_encoder
from twinset.index.index_versions import IndexVersion, open_version
from twinset.live.catch_up import Embedder, catch_up, start
from twinset.live.merged_version import merge_version
from twinset.live.store import has_store, open_store
from twinset.progress import track

SimilarRows = tuple[int, list[Ranked]]


def open_live_version(index_dir: Path, encoder_dir: Path | None) -> IndexVersion:
    """The live version of an index folder with its live writes.

    Raises:
        ArtefactError: if a file is missing or damaged.
        ConfigError: if live writes have to be embedded, and no encoder is there.
    """
    base = open_version(index_dir)
    if not has_store(index_dir):
        return base
    log = open_store(index_dir)
    overlay = start(base, log)
    if log.sequence == overlay.sequence:
        return base
    folder = kept_encoder(index_dir, base.fingerprint) or encoder_dir
    if folder is None:
        raise ConfigError("there are live writes; name the encoder of the index with --encoder")
    encoder = load_encoder(folder, "cpu")
    base.require_encoder(encoder)
    return merge_version(catch_up(overlay, Embedder(encoder, log)), log)


def similar_lists(version: IndexVersion, query: SearchQuery) -> Iterator[SimilarRows]:
    """Each item's row and its list, in the order of the rows; to the bit what the route answers.

    Raises:
        FilterError: if the filter does not parse or names an unknown field.
        UnknownField: if `group_by` does.
    """
    rows = np.arange(len(version)) if version.alive is None else np.flatnonzero(version.alive)
    for row in track(rows.tolist(), "Finding similar items", len(rows)):
        page = rank(version, version.index.vector(row), query, exclude=[row])
        yield row, page.hits
