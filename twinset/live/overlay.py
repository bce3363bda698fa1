"""What live writes make of an index version: plain data, and the merging of one write into it.

Every item keeps its row when it changes, so its place in catalogue order and among equal scores
stays; a new item takes the next row at the end; a deleted item's row stays empty. A version built
from the merged items in row order therefore answers as the merged version does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from twinset.errors import InvalidInput, NotFound
from twinset.index.index_versions import IndexVersion
from twinset.index.indexed_items import ItemTable
from twinset.index.vector_index import Vectors
from twinset.live.applied_writes import Applied
from twinset.live.write_log import Entry, picture_sha
from twinset.text.word_template import render_text

# In place of a picture's sha256: the one that the base version holds for the row.
BASE_PICTURE = "base"
_LARGEST = 1e307  # Milvus has no nulls, and keeps -1e308 if a number is missing
_INT64 = range(-(2**63), 2**63)


@dataclass(frozen=True)
class Change:
    """A row that a write made or changed.

    `fields` are all columns. `picture` is the sha256 of a picture in the log, `BASE_PICTURE`, or
    None. `key` names what the vector is made of, None if the base's vector stands. `vector` (d,) is
    None if `key` is, until it is resolved, and when `Overlay.applied` holds it. `sequence` is that
    of the row's last write, 0 of a draft.
    """

    fields: Mapping[str, Any]
    picture: str | None
    key: str | None = None
    vector: Vectors | None = None
    sequence: int = 0


@dataclass(frozen=True)
class Overlay:
    """All changes to `base` up to a sequence of the log; immutable once it is shared.

    Rows from 0 to `total` are those of the base and then the added ones; `dead` rows hold no item,
    each since a write of this sequence. `added` gives the rows of ids that stand behind the base's.
    The base holds the log up to `marker`, and `applied` the changes up to a later sequence.
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
    rows that still need vectors; `done` is called when none is left.
    """

    def __init__(self, overlay: Overlay, template: str, fingerprint: str) -> None:
        self._start = overlay
        self._template, self._fingerprint = template, fingerprint
        self._changes = dict(overlay.changes)
        self._dead = dict(overlay.dead)
        self._added = dict(overlay.added)
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
            change = self._changes[row]
            self._changes[row] = replace(change, vector=vectors[str(change.key)])
        self.unresolved.clear()

    def content(self, row: int) -> tuple[str, str | None, str | None]:
        """Of a changed row: its key, its words, and its picture as `Change` names it."""
        change = self._changes[row]
        return str(change.key), render_text(self._template, change.fields), change.picture

    def done(self) -> Overlay:
        return replace(
            self._start,
            sequence=self._sequence,
            total=self._total,
            changes=self._changes,
            dead=self._dead,
            added=self._added,
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
            kept = Change(fields, picture) if old is None else replace(old, fields=fields)
            self._store(row, kept, entry)
        else:
            self._store(row, self._embeddable(fields, pictured, old), entry)

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
        image = None if row is None else self._start.base.images.read(row)
        return None if image is None else picture_sha(image.data)

    def _store(self, row: int, change: Change, entry: Entry) -> None:
        change = replace(change, sequence=entry.sequence)
        self._changes[row] = change
        lacking = change.key is not None and change.vector is None
        if lacking and not self._start.has_applied(change):
            self.unresolved.add(row)
        else:
            self.unresolved.discard(row)


def content_key(fingerprint: str, text: str | None, sha: str | None) -> str:
    """A name for the vector that an encoder makes of words and a picture."""
    parts = (fingerprint, "-" if text is None else f"+{text}", sha or "-")
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def fit(value: Any, kind: pa.DataType) -> Any:
    """`value` as a column of this type holds it; None if it cannot.

    A column of text takes a list of texts, too: an item may have several values of a field. A log
    is replayed over later versions, whose columns may have changed.
    """
    if kind == pa.list_(pa.string()):
        return _fit_list([value] if isinstance(value, str) else value)
    if kind == pa.string() and isinstance(value, list):
        return _fit_list(value)
    if value is None or isinstance(value, bool) != (kind == pa.bool_()):
        return None
    if kind == pa.string():
        return value if isinstance(value, str) else None
    if kind == pa.bool_():
        return value
    if not isinstance(value, (int, float)) or not abs(value) <= _LARGEST:  # NaN is not
        return None
    if kind == pa.int64():
        whole = int(value)
        return whole if whole == value and whole in _INT64 else None
    return float(value)


def _fit_list(values: Any) -> list[str] | None:
    """Texts without repeats, in their order; None if the list is empty or holds other values."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return None
    return list(dict.fromkeys(values)) or None
