"""How well each item fits what an edit changes and keeps, apart from what its vector says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twinset.edits.edit_reader import Edit
from twinset.edits.kept_values import Kept, preferences_of
from twinset.edits.title_patterns import TITLE, rows_of_pattern
from twinset.index.index_versions import IndexVersion
from twinset.index.vector_index import Mask, Rows
from twinset.lexical.fused_search import Evidence
from twinset.lexical.word_evidence import WORDS_WEIGHT, preferred_rows, word_shares
from twinset.words.preferences import Preference


def edit_evidence(version: IndexVersion, edit: Edit, kept: Sequence[Kept]) -> Evidence:
    """The part of its distance that each row keeps: less for the values that are wanted or kept,
    and for the other words of the edit."""
    left = np.ones(len(version))
    if version.words is not None and edit.words:
        left -= WORDS_WEIGHT * word_shares(version.words, len(version), edit.words)
    for preference in preferences_of(edit, kept):
        left[_rows(version, preference)] *= 1 - preference.weight
    return Evidence(left)


def _rows(version: IndexVersion, preference: Preference) -> Mask | Rows:
    if preference.field != TITLE:
        return preferred_rows(version.items.columns, preference)
    if version.words is None:
        return np.empty(0, np.int64)
    rows = [rows_of_pattern(version.words, name) for name in preference.values]
    return np.unique(np.concatenate(rows))
