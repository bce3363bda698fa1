"""What live writes make of an index version: plain data, and the merging of one write into it.

Every item keeps its row when it changes, so its place in catalogue order and among equal scores
stays; a new item takes the next row at the end; a deleted item's row stays empty. A version built
from the merged items in row order therefore answers as the merged version does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from twinset.catalogue import FURTHER_IMAGES
from twinset.changes.item_change import (
    BASE_PICTURE,
    Change,
    View,
    base_picture,
    base_view,
    content_key,
)
from twinset.changes.value_fit import fit
from twinset.errors import InvalidInput, NotFound
from twinset.index.index_versions import IndexVersion
from twinset.index.indexed_items import ItemTable
from twinset.index.vector_index import Vectors
from twinset.live.applied_writes import Applied
from twinset.live.write_log import Entry, picture_sha
from twinset.repeats.picture_looks import Look
from twinset.text.word_template import render_text


@dataclass(frozen=True)
class Overlay:
    """All changes to `base` up to a sequence of the log; immutable once it is shared.

    Rows from 0 to `total` are those of the base and then the added ones; `dead` rows hold no item,
    each since a write of this sequence. `added` gives the rows of ids that stand behind the base's,
    `looks` how the pictures of changes look, by their sha256. The base holds the log up to
    `marker`, and `applied` the changes up to a later sequence.
    """

    base: IndexVersion
    table: ItemTable
    marker: int
    sequence: int
    total: int
    changes: Mapping[int, Change] = field(default_factory=dict)
    dead: Mapping[int, int] = field(default_factory=dict)
    added: Mapping[str, int] = field(default_factory=dict)
    applied: Applied | None = None
    looks: Mapping[str, Look] = field(default_factory=dict)

    @classmethod
    def empty(cls, base: IndexVersion, marker: int, applied: Applied | None = None) -> Overlay:
        """No changes yet."""
        if not isinstance(base.items, ItemTable):
            raise TypeError("live writes lie over a version as it was opened")
        return cls(base, base.items, marker, marker, len(base), applied=applied)

    def has_applied(self, change: Change) -> bool:
        """True if `applied` holds the row as this change left it."""
        return self.applied is not None and 0 < change.sequence <= self.applied.sequence

    def with_applied(self, applied: Applied) -> Overlay:
        """The overlay with more of it applied; it lets go of vectors that are held there."""
        then = replace(self, applied=applied)
        changes = {
            row: replace(c, vector=None) if then.has_applied(c) else c
            for row, c in self.changes.items()
        }
        return replace(then, changes=changes)

    def row_of(self, item_id: str) -> int | None:
        """The row of an item; None if it does not exist or was deleted."""
        row = self.added.get(item_id)
        if row is None:
            row = self.table.row_of(item_id)
        return None if row is None or row in self.dead else row

    def fields_of(self, row: int) -> dict[str, Any]:
        change = self.changes.get(row)
        return self.table.item(row) if change is None else dict(change.fields)

    @property
    def size(self) -> int:
        """Rows that differ from the base."""
        return len(self.changes) + len(self.dead)


class Merge:
    """Merges writes into a copy of an overlay, one after the other.

    `template` is the encoder's `text_template`, `fingerprint` the encoder's. `unresolved` names the
    rows that still need vectors; `done` is called when none is left, and no picture `unseen`.
    """

    def __init__(self, overlay: Overlay, template: str, fingerprint: str) -> None:
        self._start = overlay
        self._template, self._fingerprint = template, fingerprint
        self._changes = dict(overlay.changes)
        self._dead = dict(overlay.dead)
        self._added = dict(overlay.added)
        self._looks = dict(overlay.looks)
        self._total, self._sequence = overlay.total, overlay.sequence
        self.unresolved: set[int] = set()

    def apply(self, entry: Entry) -> bool:
        """Merge one write; returns true if it made a new item. If it raises, nothing was changed.

        Raises:
            NotFound: if a patch or a deletion of an item that is not there.
            InvalidInput: if the item would have neither a picture nor words.
        """
        row = self._row_of(entry.id)
        if entry.operation == "put":
            self._put(entry, row)
        elif row is None:
            raise NotFound("There is no item with this id.")
        elif entry.operation == "patch":
            self._patch(entry, row)
        else:
            self._delete(entry, row)
        self._sequence = max(self._sequence, entry.sequence)
        return row is None

    def skip(self, entry: Entry) -> None:
        """Pass over a write if it finds nothing to change in this base."""
        self._sequence = max(self._sequence, entry.sequence)

    def resolve(self, vectors: Mapping[str, Vectors]) -> None:
        """Give the unresolved rows their vectors, by key."""
        for row in self.unresolved:
            self._changes[row] = self._changes[row].resolved(vectors)
        self.unresolved.clear()

    @property
    def unseen(self) -> set[str]:
        """The pictures of changes whose looks are not known yet, if the base knows those of its."""
        if self._start.base.pictures is None:
            return set()
        return self._own_pictures - self._looks.keys()

    def see(self, looks: Mapping[str, Look]) -> None:
        """Say how pictures look, by their sha256."""
        self._looks |= looks

    @property
    def _own_pictures(self) -> set[str]:
        named = {change.picture for change in self._changes.values()}
        return {sha for sha in named if sha is not None and sha != BASE_PICTURE}

    def contents(self, row: int) -> list[tuple[str, str | None, str | None]]:
        """Of each vector that a changed row lacks: its key, its words, and its picture as `Change`
        and `View` name it."""
        change = self._changes[row]
        text = render_text(self._template, change.fields)
        return [(key, text, picture) for key, picture in change.lacking]

    def done(self) -> Overlay:
        return replace(
            self._start,
            sequence=self._sequence,
            total=self._total,
            changes=self._changes,
            dead=self._dead,
            added=self._added,
            looks={sha: self._looks[sha] for sha in self._own_pictures & self._looks.keys()},
        )

    def _row_of(self, item_id: str) -> int | None:
        row = self._added.get(item_id)
        if row is None:
            row = self._start.table.row_of(item_id)
        return None if row is None or row in self._dead else row

    def _put(self, entry: Entry, row: int | None) -> None:
        schema = self._start.table.table.schema
        fields = {
            name: fit(entry.fields.get(name), schema.field(name).type) for name in schema.names
        }
        fields["id"] = entry.id
        old = None if row is None else self._changes.get(row)
        change = self._embeddable(fields, entry.fields.get("image"), old)
        views = self._views(fields, entry.fields.get(FURTHER_IMAGES) or (), old)
        change = replace(change, views=views)
        if row is None:
            row = self._total
            self._added[entry.id] = row
            self._total += 1
        self._store(row, change, entry)

    def _patch(self, entry: Entry, row: int) -> None:
        old = self._changes.get(row)
        before = self._start.table.item(row) if old is None else dict(old.fields)
        schema = self._start.table.table.schema
        given = {
            name: fit(value, schema.field(name).type)
            for name, value in entry.fields.items()
            if name in schema.names and name != "id"
        }
        fields = {**before, **given}
        picture = BASE_PICTURE if old is None else old.picture
        if old is None and not self._start.base.images.has_image[row]:
            picture = None
        pictured = entry.fields.get("image", picture)
        same_words = render_text(self._template, before) == render_text(self._template, fields)
        if same_words and pictured == picture:
            # A price or a stock changes nothing that the encoder sees.
            change = Change(fields, picture) if old is None else replace(old, fields=fields)
        else:
            change = self._embeddable(fields, pictured, old)
        self._store(row, replace(change, views=self._patched_views(entry, row, change, old)), entry)

    def _patched_views(
        self, entry: Entry, row: int, change: Change, old: Change | None
    ) -> tuple[View, ...] | None:
        """The views of an item after a patch: those it names, else those it had, with its words."""
        if FURTHER_IMAGES in entry.fields:
            return self._views(change.fields, entry.fields[FURTHER_IMAGES] or (), old)
        before = None if old is None else old.views
        if before is None and change.key is None:
            return None  # the base's stand
        if before is None:
            held = self._start.base.views
            count = 0 if held is None else len(held.vectors_of(row))
            pictures = [base_view(number) for number in range(count)]
        else:
            pictures = [one.picture for one in before]
        return self._views(change.fields, pictures, old)

    def _views(
        self, fields: Mapping[str, Any], pictures: Sequence[str], old: Change | None
    ) -> tuple[View, ...]:
        text = render_text(self._template, fields)
        known = {one.key: one.vector for one in (old.views if old else None) or ()}
        row = self._start.table.row_of(str(fields["id"]))
        views = []
        for picture in pictures:
            stored = base_picture(self._start.base, row, picture)
            sha = picture if stored is None else picture_sha(stored.data)
            key = content_key(self._fingerprint, text, sha)
            views.append(View(picture, key, known.get(key)))
        return tuple(views)

    def _delete(self, entry: Entry, row: int) -> None:
        self._changes.pop(row, None)
        self._added.pop(entry.id, None)
        self._dead[row] = entry.sequence
        self.unresolved.discard(row)

    def _embeddable(
        self, fields: dict[str, Any], picture: str | None, old: Change | None
    ) -> Change:
        text = render_text(self._template, fields)
        if text is None and picture is None:
            raise InvalidInput("An item needs an image or words.")
        key = content_key(self._fingerprint, text, self._sha_of(fields["id"], picture))
        known = old.vector if old is not None and old.key == key else None
        return Change(fields, picture, key, known)

    def _sha_of(self, item_id: str, picture: str | None) -> str | None:
        if picture != BASE_PICTURE:
            return picture
        row = self._start.table.row_of(item_id)
        image = base_picture(self._start.base, row, BASE_PICTURE)
        return None if image is None else picture_sha(image.data)

    def _store(self, row: int, change: Change, entry: Entry) -> None:
        change = replace(change, sequence=entry.sequence)
        self._changes[row] = change
        applied = self._start.has_applied(change)
        if any(key != change.key or not applied for key, _ in change.lacking):
            self.unresolved.add(row)
        else:
            self.unresolved.discard(row)
