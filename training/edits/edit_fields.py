"""What a catalogue lets people change about a product: its fields, and the pattern in its title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinset.catalogue import Catalogue
from twinset.edits.title_patterns import pattern_in
from twinset.errors import CatalogueError
from twinset.words.field_roles import COLOUR, GENDER, KIND, PATTERN, role_of
from twinset.words.query.gender_words import Genders

MISSING = -1
_VALUES = (2, 100)  # fewest and most values of a field that people choose from
_LEAST_SHARE = 0.3  # of the products have a value
_IMPLIED = 0.98  # of the products have the usual value of their kind: the field says nothing new


@dataclass(frozen=True)
class EditField:
    """A field that can be changed. `codes` (n,) are places in `values`, `MISSING` if a product
    has no value; `role` is what the field is for, such as "colour", or its own name."""

    name: str
    role: str
    values: list[str]
    codes: NDArray[np.int64]


@dataclass(frozen=True)
class EditFields:
    """The fields of a catalogue of n products, the kind of product apart from the others.

    `titles` are n names, folded to lower case.
    """

    kind: EditField
    others: list[EditField]
    titles: list[str]

    def __len__(self) -> int:
        return len(self.titles)

    def kept(self, changed: EditField) -> list[EditField]:
        """The fields whose values have to stay when `changed` changes: the kind and whom it is
        for; or, if the change is whom it is for, the kind and the colour."""
        role = COLOUR if changed.role == GENDER else GENDER
        return [self.kind, *(field for field in self.others if field.role == role)]


def read_edit_fields(catalogue: Catalogue) -> EditFields:
    """The fields of a catalogue that edits are about.

    Those are texts with few enough values, which the kind of product does not imply.

    Raises:
        CatalogueError: the catalogue names no category, or has no other field to change.
    """
    if catalogue.category is None:
        raise CatalogueError(f"{catalogue.path}: names no category, which edits have to keep")
    table = catalogue.rows(["id", "title", *catalogue.attributes])
    titles = [(title or "").lower() for title in table["title"].to_pylist()]
    texts = {
        name: [value if isinstance(value, str) else "" for value in table[name].to_pylist()]
        for name in catalogue.attributes
        if name != catalogue.category
    }
    kind = _field(
        catalogue.category, KIND, [str(v or "") for v in table[catalogue.category].to_pylist()]
    )
    found = [one for one in _fields(texts) if not _implied(one, kind)]
    if PATTERN not in {one.role for one in found}:
        found += _useful(_field(PATTERN, PATTERN, list(map(_pattern_of, titles))))
    if not found:
        raise CatalogueError(
            f"{catalogue.path}: has no field of few values that an edit can change"
        )
    return EditFields(kind, found, titles)


def _fields(texts: Mapping[str, Sequence[str]]) -> list[EditField]:
    values = {name: sorted({*column} - {""}) for name, column in texts.items()}
    few = {name: found for name, found in values.items() if len(found) <= _VALUES[1]}
    gender = Genders.of(few).column
    found = []
    for name in few:
        role = GENDER if name == gender else role_of(name) or name
        found += [] if role == KIND else _useful(_field(name, role, texts[name]))
    return found


def _field(name: str, role: str, texts: Sequence[str]) -> EditField:
    values, codes = np.unique(np.array(texts, dtype=str), return_inverse=True)
    codes = codes.astype(np.int64)
    if len(values) and values[0] == "":
        values, codes = values[1:], codes - 1
    return EditField(name, role, values.tolist(), codes)


def _useful(field: EditField) -> list[EditField]:
    known = float((field.codes != MISSING).mean()) if len(field.codes) else 0.0
    least = 0.0 if field.role == PATTERN else _LEAST_SHARE
    return [field] if _VALUES[0] <= len(field.values) <= _VALUES[1] and known > least else []


def _implied(field: EditField, kind: EditField) -> bool:
    """True if the kind of a product says its value, as "Shoes" says "Footwear"."""
    both = np.zeros((len(kind.values), len(field.values)), np.int64)
    known = (kind.codes != MISSING) & (field.codes != MISSING)
    np.add.at(both, (kind.codes[known], field.codes[known]), 1)
    return bool(both.max(axis=1).sum() >= _IMPLIED * max(1, known.sum()))


def _pattern_of(title: str) -> str:
    found = pattern_in(title)
    return "" if found is None else found[0]
