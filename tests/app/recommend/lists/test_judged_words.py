"""An item that has all that words say is a close match, whatever the curve makes of its score."""

from __future__ import annotations

from typing import Any

import pytest

from app.recommend.lists.judged_words import rank_judged
from app.recommend.query import SearchQuery
from app.recommend.ranking import RankedPage
from app.recommend.relevance import Judge
from tests.support.live_shop import ENCODER, build, products
from twinset.index.index_versions import IndexVersion, open_version
from twinset.lexical.said_rows import rows_as_said
from twinset.relevance.calibration import Curve
from twinset.relevance.relevance_curves import FITS, TEXT, RelevanceCurves
from twinset.words.query.parts import Part, Understood

# By this curve no score of words is a close match.
STRICT = Judge(RelevanceCurves({TEXT: Curve((0.0, 0.97, 2.0), (0.0, 0.1, 1.0))}))
RED = Part("colour", "baseColour", "scarlet", ("red",))
SHOWN = 60


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> IndexVersion:
    return open_version(build(tmp_path_factory.mktemp("shop"), products(SHOWN)))


def ask(
    version: IndexVersion, text: str, *parts: Part, least: float | None = None, offset: int = 0
) -> RankedPage:
    query = SearchQuery(limit=SHOWN, min_relevance=least, offset=offset)
    vector = ENCODER.encode_texts([text])[0]
    return rank_judged(version, text, Understood(text, parts), vector, query, (STRICT, TEXT))


def titles(version: IndexVersion, page: RankedPage) -> list[str]:
    return [str(version.items.item(hit.row)["title"]).lower() for hit in page.hits]


def test_items_with_all_that_was_said_are_close_matches(version: IndexVersion) -> None:
    page = ask(version, "striped")
    fitting = [hit.row for hit in page.hits if (hit.relevance or 0) >= FITS]
    said = [row for row in range(SHOWN) if "striped" in str(version.items.item(row)["title"])]
    assert said
    assert set(said) <= set(fitting)
    cut = ask(version, "striped", least=FITS)
    assert [hit.row for hit in cut.hits] == fitting
    assert max(hit.relevance or 0 for hit in page.hits) <= FITS


def test_values_that_were_read_count_in_whatever_words_they_were_said(
    version: IndexVersion,
) -> None:
    page = ask(version, "scarlet", RED, least=FITS)
    found = {row for hit in page.hits for row in (hit.row, *hit.same_picture)}
    assert found >= {
        row for row in range(SHOWN) if version.items.item(row).get("baseColour") == "red"
    }


def test_words_that_no_item_has_fit_nothing(version: IndexVersion) -> None:
    assert not ask(version, "gearbox", least=FITS).hits
    assert not ask(version, "striped gearbox", least=FITS).hits
    assert not ask(version, "scarlet gearbox", RED, least=FITS).hits
    assert ask(version, "the striped tale of two cities", least=FITS).hits == []


def test_more_than_a_close_match_goes_by_the_curve_alone(version: IndexVersion) -> None:
    assert not ask(version, "striped", least=0.9).hits


def test_later_pages_are_judged_as_the_first(version: IndexVersion) -> None:
    whole = ask(version, "striped")
    later = ask(version, "striped", offset=5)
    assert [(h.row, h.relevance) for h in whole.hits[5:]] == [
        (h.row, h.relevance) for h in later.hits
    ]


def test_later_pages_are_judged_as_the_first_whatever_is_liked(version: IndexVersion) -> None:
    vector, understood = ENCODER.encode_texts(["striped"])[0], Understood("striped")
    rows = [row for row in range(SHOWN) if "striped" in str(version.items.item(row)["title"])]
    liked = (str(version.items.item(rows[0])["id"]),)

    def page(judge: Judge, **more: Any) -> list[tuple[int, float, float | None]]:
        query = SearchQuery(limit=SHOWN, **more)
        found = rank_judged(version, "striped", understood, vector, query, (judge, TEXT))
        return [(hit.row, hit.score, hit.relevance) for hit in found.hits]

    # Close matches begin between the best score as it is and the best by what is liked.
    plain, moved = page(STRICT)[0][1], page(STRICT, liked=liked)[0][1]
    assert moved > plain
    between = (plain + moved) / 2
    judge = Judge(RelevanceCurves({TEXT: Curve((0.0, between, between + 1e-6), (0.0, 0.1, 1.0))}))
    whole = page(judge, liked=liked)
    assert whole[5:] == page(judge, liked=liked, offset=5)


def test_a_kind_is_enough_where_no_title_of_it_has_the_other_word(version: IndexVersion) -> None:
    kind = Part("kind", "baseColour", "scarlet", ("red",))
    rows = rows_as_said(version, "cashmere scarlet", Understood("cashmere scarlet", (kind,)))
    assert rows is not None
    assert rows.sum() == sum(
        version.items.item(row).get("baseColour") == "red" for row in range(SHOWN)
    )
    assert rows_as_said(version, "cashmere scarlet", Understood("cashmere scarlet", (RED,))) is None
