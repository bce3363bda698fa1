"""Why a hit has its score: parts that add up to it.

A cosine is linear in the query vector, so what each signal and the tastes of a session put into
that vector is a part of its own. An index keeps one vector of an item, its picture and its words
together, so what each of these two adds is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.recommend.lists.session import moved_terms
from app.recommend.query import SearchQuery
from app.recommend.ranking import Part, Ranked, RankedPage
from twinset.index.exact_index import dot_rows
from twinset.index.index_versions import IndexVersion
from twinset.index.vector_index import Rows, Vectors
from twinset.lexical.fused_search import Evidence
from twinset.lexical.word_evidence import preferred_rows
from twinset.words.preferences import Preference

# What a part is, and of what: a signal's number, an item's id, a field; or an empty text.
Name = tuple[str, str]
Numbers = NDArray[np.float64]
Signals = Mapping[Name, Vectors]
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Fit:
    """What a search knows of rows beside their vectors, and the preferences that are in it."""

    evidence: Evidence
    name: str
    preferences: Sequence[Preference] = ()


def explained(
    version: IndexVersion,
    page: RankedPage,
    query: SearchQuery,
    signals: Signals,
    fit: Fit | None = None,
) -> RankedPage:
    """The page with the parts of each score, if the query asks for them.

    `signals` are the vectors (d,) whose sum is the query's before a session's tastes move it.
    """
    if not query.explain or not page.hits:
        return page
    rows = np.array([hit.row for hit in page.hits])
    vectors = _vectors_found(version, page.hits)
    terms = moved_terms(version, signals, query)
    parts = {name: dot_rows(vectors, term).astype(np.float64) for name, term in terms.items()}
    if fit is not None:
        parts |= _fit_parts(version, fit, rows, sum(parts.values(), np.zeros(len(rows))))
    hits = []
    for place, hit in enumerate(page.hits):
        own = [Part(*name, round(float(values[place]), 6)) for name, values in parts.items()]
        rest = hit.score - sum(one.value for one in own)
        if abs(rest) > 10 * _ROUNDING:
            # An approximate index found it late: it counts for no more than the hit before it.
            own.append(Part("order", "", round(rest, 6)))
        kept = [one for one in own if abs(one.value) > _ROUNDING]
        hits.append(hit._replace(parts=tuple(kept)))
    return replace(page, hits=hits)


def _vectors_found(version: IndexVersion, hits: Sequence[Ranked]) -> Vectors:
    """The vectors (m, d) that hits were found by: of the main pictures, or of further ones."""
    vectors = version.index.vectors(np.array([hit.row for hit in hits]))
    for place, hit in enumerate(hits):
        if hit.view and version.views is not None:
            vectors[place] = version.views.vectors_of(hit.row)[hit.view - 1]
    return vectors


def _fit_parts(
    version: IndexVersion, fit: Fit, rows: Rows, cosines: Numbers
) -> dict[Name, Numbers]:
    """What the fit of rows (m,) adds to their cosines (m,): a score is 1 - (1 - cosine) * left."""
    evidence = fit.evidence
    parts: dict[Name, Numbers] = {}
    similar = np.minimum(cosines, 1.0)
    if evidence.bare is not None and evidence.curve is not None:
        bare = evidence.bare[rows]
        similar[bare] = evidence.curve(similar[bare])
    parts["no picture", ""] = similar - cosines
    left, distance = evidence.left[rows], 1 - similar
    # Each preference leaves a share of what the words left, whatever the order; codes leave next to
    # nothing, so that no preference can be told apart from them.
    shares = {one: _shares(version, one, rows) for one in fit.preferences}
    told = np.prod([*shares.values(), np.ones(len(rows))], axis=0)
    before = np.where(left > 0.05, np.minimum(left / told, 1.0), left)
    parts[fit.name, ""] = distance * (1 - before)
    for preference, share in shares.items():
        after = np.where(left > 0.05, before * share, before)
        name = ("preference", preference.field)
        parts[name] = parts.get(name, np.zeros(len(rows))) + distance * (before - after)
        before = after
    return parts


def _shares(version: IndexVersion, preference: Preference, rows: Rows) -> Numbers:
    """What a preference leaves of the distance of each row (m,)."""
    held = preferred_rows(version.items.columns, preference)
    return np.where(held[rows], 1 - preference.weight, 1.0)
