"""What scores mean, in answers: relevance of every hit, the cut, and whether anything fits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from app.recommend.query import SearchQuery, Signal
from app.recommend.ranking import Ranked, RankedPage
from twinset.errors import InvalidInput
from twinset.index.index_versions import IndexVersion
from twinset.relevance.relevance_curves import (
    FITS,
    FOREIGN,
    ITEM,
    PHOTO,
    TEXT,
    UNLIKELY,
    RelevanceCurves,
)
from twinset.relevance.wished_scores import score_of, without_wishes
from twinset.words.preferences import Preference

_ROUNDING = 1e-6


class Judge:
    """Turns scores into relevance, by the curves of a version or else of its encoder."""

    def __init__(self, curves: RelevanceCurves) -> None:
        self._curves = curves

    @classmethod
    def of(cls, version: IndexVersion, encoder: object) -> Judge:
        """The judge of a version's answers."""
        own = RelevanceCurves.from_manifest(version.manifest.get("relevance"))
        learnt = getattr(encoder, "relevance", None) or RelevanceCurves()
        return cls(own.completed_by(learnt))

    def cut(
        self, query: SearchQuery, kind: str, wishes: Sequence[Preference] = (), lift: float = 0.0
    ) -> SearchQuery:
        """The query with `min_relevance` as the score that stands for it.

        `wishes` are the values that the query asks for beside its vector. Up to a close match
        scores, without these, are read as `lift` higher.

        Raises:
            InvalidInput: nobody knows what scores of this kind of query mean here.
        """
        if not query.min_relevance:  # zero leaves nothing out
            return query
        curve = self._curves.of(kind)
        if curve is None and kind == FOREIGN:  # of an encoder that was taught no language
            return query
        if curve is None:
            raise InvalidInput(
                "This index does not say what scores mean, so min_relevance cannot be applied; "
                "build it with --encoder."
            )
        unwished = curve.least_score(query.min_relevance)
        if unwished is not None and query.min_relevance <= FITS:
            unwished -= lift
        least = score_of(unwished, wishes)
        bounds = [bound for bound in (least, query.min_score) if bound is not None]
        return replace(query, min_score=max(bounds)) if bounds else query

    def lift(self, score: float, kind: str, wishes: Sequence[Preference] = ()) -> float:
        """How much higher a score would have to be, without the `wishes`, for a close match.

        0 if it is high enough, or nobody knows.
        """
        curve = self._curves.of(kind)
        least = None if curve is None else curve.least_score(FITS)
        if least is None or not math.isfinite(least):
            return 0.0
        # A little more, for what is lost to rounding on the way to a score and back.
        apart = least - float(without_wishes([score], wishes)[0])
        return apart + _ROUNDING if apart > 0 else 0.0

    def judged(
        self, page: RankedPage, kind: str, wishes: Sequence[Preference] = (), lift: float = 0.0
    ) -> RankedPage:
        """The page with the relevance of each hit; as it was if scores mean nothing here. `lift` as
        for `cut`.

        Nothing fits if no hit of the page is likely to be relevant; of later pages nobody asks.
        """
        curve = self._curves.of(kind)
        if curve is None:
            return page
        scores = without_wishes([hit.score for hit in page.hits], wishes)
        values = curve(scores)
        if lift:
            values = np.maximum(values, np.minimum(curve(scores + lift), FITS))
        hits = [
            Ranked(*hit[:5], round(value, 4), hit.view)
            for hit, value in zip(page.hits, values.tolist(), strict=True)
        ]
        return replace(page, hits=hits, nothing_fits=not any(v >= UNLIKELY for v in values))


def kind_of_signals(positive: Sequence[Signal]) -> str:
    """The kind of query that several signals come nearest to."""
    if any(signal.image is not None for signal in positive):
        return PHOTO
    return ITEM if any(signal.item_id is not None for signal in positive) else TEXT
