"""What earlier exports made, and which of it still fits: whole vectors, or one side of an item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from training.export.shards import MadeRows, Shards
from twinset.embeddings import MATRICES, Embeddings, open_embeddings
from twinset.encoders import Encoder, ItemVectors
from twinset.encoders.encoder import Vectors
from twinset.errors import ArtefactError
from twinset.item_content import SideHashes, side_hashes


class KeptRows:
    """Vectors of earlier exports that still fit, by the hash of what they were made from."""

    def __init__(self, rows: Iterable[MadeRows]) -> None:
        self._places: dict[str, tuple[ItemVectors, int]] = {}
        for made in rows:
            for row, content in enumerate(made.contents):
                self._places[content] = (made.vectors, row)

    def __contains__(self, content: str) -> bool:
        return content in self._places

    def fill(self, vectors: ItemVectors, contents: Sequence[str]) -> None:
        """Write the kept rows into `vectors`, each at the place of its content."""
        for place, content in enumerate(contents):
            found = self._places.get(content)
            if found is not None:
                for name in MATRICES:
                    getattr(vectors, name)[place] = getattr(found[0], name)[found[1]]


@dataclass(frozen=True)
class KnownSides:
    """The sides of one item that need not be encoded, (d,) each; zero if it was known to be
    unusable, as a picture that does not decode."""

    image: Vectors | None = None
    text: Vectors | None = None

    def __bool__(self) -> bool:
        return self.image is not None or self.text is not None


class KeptSides:
    """The sides of the items of an earlier export, by id: of most items that change, only the
    words or only the picture do. Without an export nothing is known."""

    def __init__(self, found: Embeddings | None) -> None:
        self._found = found

    @cached_property
    def _rows(self) -> Mapping[str, int]:
        ids = () if self._found is None or self._found.sides is None else self._found.ids
        return {item_id: row for row, item_id in enumerate(ids)}

    def hashes(
        self, item_id: str, content: str, text: str | None, picture: bytes | None
    ) -> SideHashes:
        """The hashes of an item's sides, taken over from the export if it had this content."""
        row, found = self._rows.get(item_id), self._found
        if row is None or found is None or found.sides is None or found.contents is None:
            return side_hashes(text, picture)
        if found.contents[row] == content:
            return found.sides[row]
        return side_hashes(text, picture)

    def known(self, item_id: str, now: SideHashes) -> KnownSides:
        """The sides of an item that are what they were."""
        row, found = self._rows.get(item_id), self._found
        if row is None or found is None or found.sides is None:
            return KnownSides()
        then = found.sides[row]
        same_picture = now.picture is not None and then.picture == now.picture
        same_words = now.words is not None and then.words == now.words
        return KnownSides(
            np.array(found.image[row]) if same_picture else None,
            np.array(found.text[row]) if same_words else None,
        )


@dataclass(frozen=True)
class Earlier:
    """What earlier exports made: whole vectors of items, and of items or further pictures, and the
    sides of items.

    Of a further picture only the whole vector is kept, so an item that has it as its main picture
    now is embedded again.
    """

    items: KeptRows
    views: KeptRows
    sides: KeptSides


def earlier_exports(old: Path | None, shards: Shards, encoder: Encoder, template: str) -> Earlier:
    """The rows of a folder, if this encoder made them of the same words, and of shards."""
    items, views = list(shards.made()), list[MadeRows]()
    try:
        found = None if old is None else open_embeddings(old)
    except ArtefactError:
        found = None  # missing, damaged or of another kind: everything is made anew
    wanted = encoder.fingerprint, template
    if found is not None and (found.fingerprint, found.text_template) != wanted:
        found = None
    if found is not None:
        items.append(
            MadeRows(found.contents or (), ItemVectors(found.image, found.text, found.item))
        )
        kept = found.views.vectors
        views.append(MadeRows(found.views.contents, ItemVectors(kept, np.zeros_like(kept), kept)))
    return Earlier(KeptRows(items), KeptRows([*views, *items]), KeptSides(found))
