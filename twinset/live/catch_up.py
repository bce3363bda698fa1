"""Brings an overlay up to date with the log, and embeds items only if no stored vector fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np
from PIL.Image import Image

from twinset.changes.item_change import base_picture
from twinset.encoders.encoder import Encoder, Vectors
from twinset.errors import ImageError, StorageFull, TwinsetError
from twinset.images.decode import ImageLimits, decode_image
from twinset.index.index_versions import IndexVersion
from twinset.index.indexed_items import StoredImage
from twinset.live.applied_writes import find_applied
from twinset.live.overlay import Merge, Overlay
from twinset.live.store import Store
from twinset.live.write_log import Entry
from twinset.repeats.picture_looks import Look, look_key
from twinset.repeats.picture_signature import read_signature

_BATCH = 32


def _uncounted(items: int) -> None:
    pass


@dataclass(frozen=True)
class Embedder:
    """Finds the vectors of changed items: in the log, then among those that are `ready`; if neither
    has a vector, the encoder makes it.

    `ready` vectors and `pictures` (by sha256) belong to writes that are not in the log yet.
    `on_made` is called with the number of items that the encoder embedded.
    """

    encoder: Encoder
    log: Store
    limits: ImageLimits = field(default_factory=ImageLimits)
    pictures: Mapping[str, StoredImage] = field(default_factory=dict)
    ready: Mapping[str, Vectors] = field(default_factory=dict)
    on_made: Callable[[int], None] = _uncounted

    def merge(self, overlay: Overlay) -> Merge:
        # The words that the version's items were embedded from; versions of 0.1 do not say.
        template = overlay.base.manifest.get("text_template") or self.encoder.text_template
        return Merge(overlay, str(template), self.encoder.fingerprint)

    def needed(self, overlay: Overlay, entries: Sequence[Entry]) -> dict[str, Vectors]:
        """The vectors, by key, that merging these writes into the overlay would have to make.

        If a write would be refused, it needs none; the merge that decides says why.
        """
        merge = self.merge(overlay)
        for entry in entries:
            with suppress(TwinsetError):
                merge.apply(entry)
        return self.resolve(merge, overlay.base)

    def resolve(self, merge: Merge, base: IndexVersion) -> dict[str, Vectors]:
        """Give every unresolved row its vector, and every picture its look; returns what the log
        lacks, by key."""
        return self._resolve_vectors(merge, base) | self._resolve_looks(merge, base)

    def _resolve_looks(self, merge: Merge, base: IndexVersion) -> dict[str, Vectors]:
        shas = merge.unseen
        if not shas:
            return {}
        known = self.log.vectors(map(look_key, shas))
        missing = {sha for sha in shas if look_key(sha) not in known}
        made = {}
        for sha in missing:
            seen = self.ready.get(look_key(sha))
            made[look_key(sha)] = self._signature(sha) if seen is None else seen
        held = known | made
        merge.see({sha: Look.over(base.pictures, held[look_key(sha)]) for sha in shas})
        return made

    def _resolve_vectors(self, merge: Merge, base: IndexVersion) -> dict[str, Vectors]:
        needed = [(row, *one) for row in merge.unresolved for one in merge.contents(row)]
        known = self.log.vectors({key for _, key, _, _ in needed})
        missing = {key: (row, text, pic) for row, key, text, pic in needed if key not in known}
        made = {key: self.ready[key] for key in missing if key in self.ready}
        keys = [key for key in missing if key not in made]
        for start in range(0, len(keys), _BATCH):
            batch = keys[start : start + _BATCH]
            rows = self._embed([missing[key] for key in batch], base)
            made |= dict(zip(batch, rows, strict=True))
        merge.resolve({**known, **made})
        return made

    def _signature(self, sha: str) -> Vectors:
        stored = self.pictures.get(sha) or self.log.picture(sha)
        data = None if stored is None else stored.data
        return read_signature(data, self.limits).astype(np.float32)

    def _embed(
        self, items: Sequence[tuple[int, str | None, str | None]], base: IndexVersion
    ) -> Vectors:
        images = [self._decode(row, picture, base) for row, _, picture in items]
        texts = [text for _, text, _ in items]
        # What lost its picture and has no words is listed, but nothing finds it.
        blank = [i is None and t is None for i, t in zip(images, texts, strict=True)]
        filled = [" " if b else t for b, t in zip(blank, texts, strict=True)]
        vectors = self.encoder.encode_items(images, filled).item
        vectors[blank] = 0
        self.on_made(len(items))
        return vectors

    def _decode(self, row: int, picture: str | None, base: IndexVersion) -> Image | None:
        if picture is None:
            return None
        stored = (
            base_picture(base, row, picture)
            or self.pictures.get(picture)
            or self.log.picture(picture)
        )
        try:
            if stored is not None:
                return decode_image(stored.data, self.limits, self.encoder.image_size)
        except ImageError:
            pass  # as in an export: the item's words still find it
        return None


def start(base: IndexVersion, log: Store) -> Overlay:
    """An overlay of `base` before the writes that the version lacks."""
    return Overlay.empty(base, log.marker(base.manifest.get("live")))


def start_applied(base: IndexVersion, log: Store) -> Overlay:
    """An overlay as `start` makes it, with the writes that a collection beside the version's holds,
    if there is one.

    Raises:
        NotReady: if Milvus does not answer.
    """
    overlay = start(base, log)
    return replace(overlay, applied=find_applied(overlay, log))


def follow_applied(overlay: Overlay, embedder: Embedder) -> Overlay:
    """The overlay with what is applied by now; the same overlay if nothing changed.

    Raises:
        NotReady: if Milvus does not answer.
    """
    applied = find_applied(overlay, embedder.log)
    if applied is overlay.applied:
        return overlay
    before = 0 if overlay.applied is None else overlay.applied.sequence
    if applied is None or applied.sequence < before:
        # The collection is gone or was begun anew: the vectors that were let go are needed again.
        return catch_up(replace(start(overlay.base, embedder.log), applied=applied), embedder)
    # What is applied of writes that are not seen here yet counts a little later.
    return overlay.with_applied(applied) if applied.sequence <= overlay.sequence else overlay


def overlay_at(base: IndexVersion, embedder: Embedder, sequence: int) -> Overlay | None:
    """The overlay of `base` as it was after the write of this sequence, with every vector in
    memory; None if the log does not hold all the writes up to it any more.

    Writes come in one order, so its rows are numbered as they were then.
    """
    begun = start(base, embedder.log)
    entries = embedder.log.entries(begun.sequence, sequence)
    if len(entries) != sequence - begun.sequence:
        return None
    return _merged(begun, embedder, entries)[0]


def advance(overlay: Overlay, embedder: Embedder) -> tuple[Overlay, dict[str, Vectors]]:
    """The overlay after every write in the log, and the vectors that had to be made, by key.

    If the log has nothing new, it is the same overlay. A patch of an item that this base lacks
    changes nothing.
    """
    return _merged(overlay, embedder, embedder.log.entries(overlay.sequence))


def _merged(
    overlay: Overlay, embedder: Embedder, entries: Sequence[Entry]
) -> tuple[Overlay, dict[str, Vectors]]:
    if not entries:
        return overlay, {}
    merge = embedder.merge(overlay)
    for entry in entries:
        try:
            merge.apply(entry)
        except TwinsetError:
            merge.skip(entry)
    made = embedder.resolve(merge, overlay.base)
    return merge.done(), made


def catch_up(overlay: Overlay, embedder: Embedder) -> Overlay:
    """The overlay as `advance` makes it; new vectors are kept in the log, if it has room, for other
    processes."""
    overlay, made = advance(overlay, embedder)
    if made:
        try:
            with embedder.log.transaction() as transaction:
                transaction.add_vectors(made)
        except StorageFull:
            pass
    return overlay
