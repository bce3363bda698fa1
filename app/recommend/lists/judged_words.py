"""Lists for words, with their relevance: an item that has all that was said fits."""

from __future__ import annotations

from app.recommend.lists.session import moved
from app.recommend.query import RELEVANCE, SearchQuery
from app.recommend.ranking import RankedPage, Vector, condition_of
from app.recommend.relevance import Judge
from app.recommend.selection import Masks, known_rows
from app.recommend.word_search import rank_words, wishes_of
from twinset.filters import parse_filter
from twinset.index.index_versions import IndexVersion
from twinset.lexical.said_rows import rows_as_said
from twinset.lexical.word_evidence import rows_to_leave_out, word_search
from twinset.relevance.relevance_curves import FITS
from twinset.words.query.parts import Understood

# So many items that have all that was said are close matches: as many as a page shows.
_A_PAGE = 24


def rank_judged(
    version: IndexVersion,
    text: str,
    understood: Understood,
    vector: Vector,
    query: SearchQuery,
    asked: tuple[Judge, str],
) -> RankedPage:
    """The page of `rank_words`, cut and judged; `asked` are the judge and the kind of query.

    Searches once more if scores are lifted.

    A curve knows scores of queries in the catalogue's own words, and those of "bathrobe" or "gym"
    are lower. If an item has all that was said and is not a close match by the curve, the scores
    are read as so much higher that the best such items are.

    Raises:
        InvalidInput: `min_relevance` is asked for, and no curve is there for this kind of query.
        FilterError: the filter does not fit the catalogue.
    """
    (judge, kind), wishes = asked, wishes_of(understood)
    page = rank_words(version, text, understood, vector, judge.cut(query, kind, wishes))
    page = judge.judged(page, kind, wishes)
    best = page.hits[0].relevance if page.hits and query.offset == 0 else None
    if best is not None and best >= FITS and query.sort == RELEVANCE:
        return page
    lift = _lift(version, (text, understood, vector), query, asked)
    if not lift:
        return page
    cut = judge.cut(query, kind, wishes, lift)
    page = rank_words(version, text, understood, vector, cut)
    return judge.judged(page, kind, wishes, lift)


def _lift(
    version: IndexVersion,
    words: tuple[str, Understood, Vector],
    query: SearchQuery,
    asked: tuple[Judge, str],
) -> float:
    """What to add to scores so that the best items with all that was said are close matches; 0 if
    some item is one already, or if none has it all."""
    (judge, kind), (text, understood, vector) = asked, words
    wishes = wishes_of(understood)
    said = rows_as_said(version, text, understood)
    if said is None:
        return 0.0
    gone = rows_to_leave_out(version, understood).tolist()
    gone += known_rows(version, (*query.exclude_ids, *query.disliked))
    mask = Masks(version, gone).of(None if query.filter is None else parse_filter(query.filter))
    # Moved as the list itself is: otherwise a first page and the next could be lifted differently.
    vector = moved(version, vector, query)
    search = word_search(version, text, understood, vector, condition_of(query))
    best = search.nearest(1, mask)
    if not best or judge.lift(best[0][1], kind, wishes) == 0:
        return 0.0
    found = search.without_filter().nearest(_A_PAGE, said if mask is None else said & mask)
    return judge.lift(found[-1][1], kind, wishes) if found else 0.0
