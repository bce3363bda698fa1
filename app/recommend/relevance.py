"""What scores mean, in answers: relevance of every hit, the cut, and whether anything fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.recommend.query import SearchQuery, Signal
from app.recommend.ranking import Ranked, RankedPage
from twinset.errors import InvalidInput
from twinset.index.index_versions import IndexVersion
from twinset.relevance.relevance_curves import (
    FOREIGN,
    ITEM,
    PHOTO,
    TEXT,
    UNLIKELY,
    RelevanceCurves,
)
from twinset.relevance.wished_scores import score_of, without_wishes
from twinset.words.preferences import Preference


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

    def cut(self, query: SearchQuery, kind: str, wishes: Sequence[Preference] = ()) -> SearchQuery:
        """The query with `min_relevance` as the score that stands for it.

        `wishes` are the values that the query asks for beside its vector.

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
        least = score_of(curve.least_score(query.min_relevance), wishes)
        bounds = [bound for bound in (least, query.min_score) if bound is not None]
        return replace(query, min_score=max(bounds)) if bounds else query

    def judged(self, page: RankedPage, kind: str, wishes: Sequence[Preference] = ()) -> RankedPage:
        """The page with the relevance of each hit; as it was if scores mean nothing here.

        Nothing fits if no hit of the page is likely to be relevant; of later pages nobody asks.
        """
        curve = self._curves.of(kind)
        if curve is None:
            return page
        values = curve(without_wishes([hit.score for hit in page.hits], wishes)).tolist()
        hits = [
            Ranked(*hit[:5], round(value, 4), hit.view)
            for hit, value in zip(page.hits, values, strict=True)
        ]
        return replace(page, hits=hits, nothing_fits=not any(v >= UNLIKELY for v in values))


def kind_of_signals(positive: Sequence[Signal]) -> str:
    """The kind of query that several signals come nearest to."""
    if any(signal.image is not None for signal in positive):
        return PHOTO
    return ITEM if any(signal.item_id is not None for signal in positive) else TEXT
