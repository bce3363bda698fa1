"""How well composed queries are answered: by a learnt composer, by a sum, by slerp."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.edits.edit_fields import EditFields, read_edit_fields
from training.edits.edit_triplets import Triplets, make_triplets
from training.edits.phrasings import ASKED, ASKED_FOR
from twinset.catalogue import Catalogue
from twinset.edits.composer import Composes, PlainSum, composer_of
from twinset.edits.edit_reader import plain_wish
from twinset.embeddings import Embeddings
from twinset.encoders import Encoder
from twinset.encoders.encoder import normalise
from twinset.retrieval_metrics import bootstrap_interval
from twinset.words.field_roles import COLOUR, GENDER

Vectors = NDArray[np.float32]
Values = NDArray[np.float64]
METRICS = ("first", "precision@10", "same kind: precision@10", "unchanged@10")
_CHUNK = 256
_AT = 10
_SLERP = 0.7  # of the way from the picture to the words: best of .5 to .8 on colours
SPREAD_QUERIES = 300


@dataclass(frozen=True)
class EditPool:
    """All n items of a catalogue that answer, with the vectors (n, d) that ask on either side."""

    fields: EditFields
    image: Vectors
    item: Vectors
    encode_texts: Callable[[Sequence[str]], Vectors]


def slerp(queries: Vectors, texts: Vectors) -> Vectors:
    """Unit rows on the arc from each query to its text (spherical linear interpolation)."""
    cosine = np.clip((queries * texts).sum(axis=1, keepdims=True), -1, 1)
    angle = np.arccos(cosine)
    whole = np.sin((1 - _SLERP) * angle) * queries + np.sin(_SLERP * angle) * texts
    return normalise(whole.astype(np.float32))


def measure_edits(
    pool: EditPool, rows: NDArray[np.int64], composer: Composes, queries: int
) -> list[dict[str, Any]]:
    """One row of figures for each field, side that asks, and way to compose.

    `first` is the share of queries whose first item answers, `precision@10` that of the first ten
    items; `same kind: precision@10` is the same if only items of the product's own kind compete,
    the hardest negatives; `unchanged@10` is the share of the ten that still have the old value.
    Each query is said in one of 25 phrasings, and composed from its plain words as in a search.
    """
    ways: Mapping[str, Callable[[Vectors, Vectors], Vectors]] = {
        "plain sum": PlainSum().compose,
        "slerp": slerp,
        "composer": composer.compose,
    }
    figures = []
    for field in pool.fields.others:
        triplets = make_triplets(pool.fields, field, rows, queries)
        if not len(triplets):
            continue
        texts = pool.encode_texts(list(map(plain_wish, _mixed_texts(triplets))))
        for side in ("photo", "item"):
            asks = pool.image if side == "photo" else pool.item
            for way, compose in ways.items():
                found = per_query(pool, triplets, compose(asks[triplets.rows], texts))
                figures.append(
                    {"field": field.role, "side": side, "way": way, "queries": len(triplets)}
                    | _summary(found)
                )
    return figures


def evaluate_edits(
    encoder: Encoder,
    catalogue: Catalogue,
    embeddings: Embeddings,
    rows: NDArray[np.int64],
    queries: int,
) -> dict[str, Any]:
    """`figures` of `measure_edits` and `phrasings` of `phrasing_spread`, for an encoder's own
    composer and the products in `rows`.

    Raises:
        CatalogueError: the catalogue has no category, or no other field to change.
    """
    pool = EditPool(
        read_edit_fields(catalogue),
        np.asarray(embeddings.image),
        np.asarray(embeddings.item),
        encoder.encode_texts,
    )
    rows = rows[pool.image[rows].any(axis=1)]
    composer = composer_of(encoder)
    return {
        "figures": measure_edits(pool, rows, composer, queries),
        "phrasings": phrasing_spread(pool, rows, composer),
    }


def _mixed_texts(triplets: Triplets) -> list[str]:
    """The queries' words, each in another phrasing than its neighbours."""
    templates = phrasings(triplets)
    said = {template: triplets.texts(template) for template in templates}
    return [said[templates[place % len(templates)]][place] for place in range(len(triplets))]


def phrasings(triplets: Triplets) -> Sequence[str]:
    """The ways to say an edit of this field that evaluation asks."""
    return ASKED_FOR if triplets.changed.role == GENDER else ASKED


def per_query(pool: EditPool, triplets: Triplets, vectors: Vectors) -> dict[str, Values]:
    """The figures (q,) of each query, for the composed vectors (q, d)."""
    parts = [
        _figures(pool, triplets, vectors, slice(start, start + _CHUNK))
        for start in range(0, len(triplets), _CHUNK)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in METRICS}


def _figures(
    pool: EditPool, triplets: Triplets, vectors: Vectors, part: slice
) -> dict[str, Values]:
    rows = triplets.rows[part]
    scores = vectors[part] @ pool.item.T
    scores[np.arange(len(rows)), rows] = -np.inf  # its own item is no answer
    right = triplets.answers(part)
    nearest = first_rows(scores)
    hits = np.take_along_axis(right, nearest, axis=1)
    codes = triplets.changed.codes
    kind = pool.fields.kind.codes
    scores[kind[rows, None] != kind[None, :]] = -np.inf
    own_kind = np.take_along_axis(right, first_rows(scores), axis=1)
    return {
        "first": hits[:, 0].astype(np.float64),
        "precision@10": hits.mean(axis=1),
        "same kind: precision@10": own_kind.mean(axis=1),
        "unchanged@10": (codes[nearest] == codes[rows, None]).mean(axis=1),
    }


def first_rows(scores: Vectors) -> NDArray[np.int64]:
    """(q, n) scores -> (q, 10) the rows of the highest, best first."""
    best = np.argpartition(-scores, _AT, axis=1)[:, :_AT] if scores.shape[1] > _AT else None
    if best is None:
        return np.argsort(-scores, axis=1, kind="stable")
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


def _summary(found: Mapping[str, Values]) -> dict[str, Any]:
    """Means with their 95 % bootstrap intervals."""
    intervals = bootstrap_interval(np.stack([found[name] for name in METRICS]))
    return {
        name: {"mean": float(found[name].mean()), "low": float(low), "high": float(high)}
        for name, (low, high) in zip(METRICS, intervals, strict=True)
    }


def phrasing_spread(
    pool: EditPool, rows: NDArray[np.int64], composer: Composes
) -> dict[str, float]:
    """The share of colour edits answered first, phrasing by phrasing; empty without colours.

    The same edits of photos are said in each phrasing, so differences are the phrasings' own.
    """
    colours = [field for field in pool.fields.others if field.role == COLOUR]
    for field in colours:
        triplets = make_triplets(pool.fields, field, rows, SPREAD_QUERIES)
        if len(triplets):
            first = partial(_first_share, pool, triplets, composer)
            return {template: first(template) for template in phrasings(triplets)}
    return {}


def _first_share(pool: EditPool, triplets: Triplets, composer: Composes, template: str) -> float:
    texts = pool.encode_texts(list(map(plain_wish, triplets.texts(template))))
    vectors = composer.compose(pool.image[triplets.rows], texts)
    return float(per_query(pool, triplets, vectors)["first"].mean())
