"""Searching with a photo or with items, and words that change them: "this, but in red".

First the words are read: which values they change, what every item has to meet, and what stays.
Then the composer brings the query's vector to where the changed product lies, and items are ranked
by it and by the values that were changed and kept.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.recommend.lists.explanations import Fit, explained
from app.recommend.lists.session import moved
from app.recommend.photos.seen_pictures import naming_pictures
from app.recommend.query import SearchQuery
from app.recommend.ranking import RankedPage, Search, condition_of
from app.recommend.relevance import Judge
from app.recommend.word_search import WordSearch, narrow
from twinset.edits.composer import Composes
from twinset.edits.edit_evidence import edit_evidence
from twinset.edits.edit_reader import Edit, read_edit, stepped
from twinset.edits.kept_values import Kept, Likeness, kept_values, preferences_of
from twinset.edits.title_patterns import TITLE
from twinset.index.index_versions import IndexVersion
from twinset.languages import ENGLISH, Language
from twinset.lexical.fused_search import FusedSearch
from twinset.lexical.word_evidence import rows_to_leave_out
from twinset.relevance.relevance_curves import EDIT
from twinset.views.best_view_index import by_any_picture
from twinset.words.field_roles import COLOUR
from twinset.words.preferences import Preference
from twinset.words.query.parts import Understood

Vector = NDArray[np.float32]
# Items that look like a photo, from which its kind and colour are told.
_NEIGHBOURS = 32


@dataclass(frozen=True)
class EditPlan:
    """What an edit changes and keeps, and the query with what it filters by.

    `unmet` are filters that no item meets, so that they were not applied. `by_photo` is true if a
    photo is edited, or a blend, and not an item: then an item counts by its best picture.
    `language` is that of the edit's words.
    """

    edit: Edit
    kept: tuple[Kept, ...]
    query: SearchQuery
    understood: Understood
    by_photo: bool
    language: Language = ENGLISH

    @property
    def said(self) -> tuple[str, Language]:
        """What the composer reads, and its language."""
        return self.edit.text, self.language

    @property
    def wishes(self) -> tuple[Preference, ...]:
        """The values that are changed and kept, each with what it is worth."""
        return preferences_of(self.edit, self.kept)


def plan_edit(
    version: IndexVersion,
    search: WordSearch,
    base: Vector,
    rows: Sequence[int],
    query: SearchQuery,
    spoken: Language = ENGLISH,
) -> EditPlan:
    """Read the words of an edited query, whose vector is `base` (d,).

    `rows` are the items that it is about; without any it is a photo, and its kind, colour and
    pattern are told from the items that look like it. `spoken` is the language that the letters of
    the words are found to be of.

    Raises:
        FilterError: the caller's own filter is wrong.
    """
    reader = replace(search.reader(version), leaves_out=version.words is not None)
    columns, words = version.items.columns, reader.words
    if rows:
        likeness = Likeness.of_items(rows, _titles(version, rows))
    else:
        likeness = _look_alikes(version, base)
    said, language = search.in_english(version, query.edit or "", spoken)
    edit = read_edit(reader, said, _prices(version, words.price, likeness, rows))
    present = kept_values(words, columns, edit, likeness)
    edit = stepped(reader, edit, {one.field: one.shares for one in present if one.name == COLOUR})
    kept = kept_values(words, columns, edit, likeness)
    understood = replace(edit.understood, words=edit.text, parts=(*edit.changed, *edit.filters))
    query, understood = narrow(version, query, understood)
    return EditPlan(edit, kept, query, understood, by_photo=not rows, language=language)


def _prices(
    version: IndexVersion, field: str | None, likeness: Likeness, rows: Sequence[int]
) -> list[float]:
    """The prices of the items in `rows`; of a photo, what half of the items like it cost less
    than, counted by their likeness."""
    if field is None:
        return []
    held = version.items.columns[field]
    costs = [held.value(row) for row in likeness.rows.tolist()]
    known = [
        (float(cost), weight)
        for cost, weight in zip(costs, likeness.weights.tolist(), strict=True)
        if isinstance(cost, int | float)
    ]
    if rows or not known:
        return [cost for cost, _ in known]
    known.sort()
    half = np.cumsum([weight for _, weight in known]) >= sum(weight for _, weight in known) / 2
    return [known[int(half.argmax())][0]]


def told_of_photos(
    version: IndexVersion, search: WordSearch, vectors: Sequence[Vector]
) -> tuple[Kept, ...]:
    """The values of the kind, colour and so on of photos (each (d,)), told from the items that look
    like each."""
    words, columns = search.reader(version).words, version.items.columns
    likenesses = (_look_alikes(version, vector) for vector in vectors)
    return tuple(
        one for likeness in likenesses for one in kept_values(words, columns, Edit(""), likeness)
    )


def _look_alikes(version: IndexVersion, base: Vector) -> Likeness:
    found, scores = by_any_picture(version.index, version.views, version.alive).search(
        base[None], min(_NEIGHBOURS, len(version.index)), version.alive
    )
    held = found[0] >= 0
    rows = found[0][held].tolist()
    return Likeness.of_neighbours(rows, scores[0][held].tolist(), _titles(version, rows))


def _titles(version: IndexVersion, rows: Sequence[int]) -> list[str]:
    return [str(version.items.item(row).get(TITLE) or "") for row in rows]


def composed(composer: Composes, base: Vector, text: Vector | None) -> Vector:
    """The vector (d,) of what is wanted; `base` itself if the words only filter."""
    return base if text is None else composer.compose(base[None], text[None])[0]


def edit_search(
    version: IndexVersion, planned: EditPlan, vector: Vector, exclude: Collection[int], judge: Judge
) -> Search:
    """The search that an edited query asks for: for what is nearest to `vector` (d,) and to what
    was changed and kept.

    Raises:
        InvalidInput: `min_relevance` is asked for, and no curve is there for edits.
    """
    query = judge.cut(planned.query, EDIT, planned.wishes)
    evidence = edit_evidence(version, planned.edit, planned.kept)
    signals, vector = {("edited", ""): vector}, moved(version, vector, query)
    views = version.views if planned.by_photo else None
    index = by_any_picture(version.index, views, version.alive)
    unwanted = rows_to_leave_out(version, planned.understood).tolist()

    def finish(page: RankedPage) -> RankedPage:
        page = naming_pictures(version, page, vector) if planned.by_photo else page
        page = explained(version, page, query, signals, Fit(evidence, "changes and kept values"))
        page = replace(page, understood=planned.understood, kept=planned.kept)
        return judge.judged(page, EDIT, planned.wishes)

    source = FusedSearch(index, vector, condition_of(query), evidence)
    return Search(source, query, {*exclude, *unwanted}, finish)
