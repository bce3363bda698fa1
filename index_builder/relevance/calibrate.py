"""What scores mean on a catalogue: queries with known answers, ranked as the service ranks them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index_builder.build_inputs import Inputs
from index_builder.relevance.calibration_queries import (
    KnownFields,
    TextQuery,
    names,
    other_colour,
    phrases,
    title_words,
    unanswered,
    values_alone,
)
from twinset.artefacts import read_manifest
from twinset.edits.composer import composer_of
from twinset.edits.edit_evidence import edit_evidence
from twinset.edits.edit_reader import read_edit
from twinset.edits.kept_values import Likeness, kept_values, preferences_of
from twinset.embeddings import Embeddings
from twinset.encoders import Encoder, load_encoder
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.index.index_versions import IndexVersion
from twinset.index.vector_index import Mask, Rows, Vectors
from twinset.lexical.fused_search import FusedSearch
from twinset.lexical.title_words import query_kind
from twinset.lexical.word_evidence import word_search
from twinset.name_split import kept_out_names
from twinset.relevance.calibration import fit_curve
from twinset.relevance.relevance_curves import (
    EDIT,
    ITEM,
    PHOTO,
    RelevanceCurves,
)
from twinset.relevance.wished_scores import without_wishes
from twinset.words.field_roles import COLOUR, GENDER, KIND
from twinset.words.preferences import PART_WEIGHTS, USUAL_WEIGHT, Preference
from twinset.words.query.catalogue_words import CatalogueWords
from twinset.words.query.reader import Reader
from twinset.words.synonyms.synonyms import default_synonyms

QUERIES = 240
# Of the 600 items of the sample shop 51 are kept out: the curve of texts that they give is within
# 0.05 of the one that all 600 give, and far from that of the encoder's own catalogue.
LEAST_PRODUCTS = 50
_DEPTH = 30  # places of a list that are looked at
_ANYWHERE = 10  # items drawn from the whole catalogue, for what low scores mean
_NEIGHBOURS = 32
_LEAST_HITS = 500


@dataclass
class Hits:
    """Scores and whether each was relevant, by kind of query."""

    scores: dict[str, list[float]] = field(default_factory=dict)
    relevant: dict[str, list[bool]] = field(default_factory=dict)

    def add(self, kind: str, rows: Iterable[int], scores: Iterable[float], right: Mask) -> None:
        self.scores.setdefault(kind, []).extend(map(float, scores))
        self.relevant.setdefault(kind, []).extend(bool(right[row]) for row in rows)


@dataclass(frozen=True)
class Shop:
    """A version to calibrate, with the vectors of its items' pictures (n, d), the fields that say
    what is relevant, and its encoder; without one only pictures and items are asked about."""

    version: IndexVersion
    images: Vectors
    fields: KnownFields
    words: CatalogueWords
    encoder: Encoder | None

    @classmethod
    def of(cls, version: IndexVersion, images: Vectors, encoder: Encoder | None) -> Self | None:
        """The shop of a version; None if its catalogue does not say what kinds its items are."""
        column = version.items.columns.get(version.category or "")
        if version.category is None or column is None or column.vocabulary is None:
            return None
        words = CatalogueWords.of(version.items.columns, version.category)
        fields = KnownFields.of(version.items.columns, words, version.category)
        return cls(version, images, fields, words, encoder)

    def asking(self, kept_out: Mask) -> Rows:
        """The rows that queries can be made of, of those that `kept_out` (n,) allows."""
        return np.flatnonzero(self.fields.asking & kept_out & self.images.any(axis=1))


def calibrate(
    version: IndexVersion,
    images: Vectors,
    encoder: Encoder | None,
    kept_out: NDArray[np.bool_],
    seed: int = 0,
) -> RelevanceCurves:
    """The curves of a version; `images` (n, d) are its pictures' vectors, zero without a picture.

    `kept_out` (n,) are products that the encoder was not trained on: these ask. A catalogue
    that is too small, or does not say what kinds its items are, gets no curves, and says so.
    """
    shop = Shop.of(version, images, encoder)
    if shop is None:
        return RelevanceCurves(missing="the catalogue does not say what kinds its items are")
    asking = shop.asking(kept_out)
    if len(asking) < LEAST_PRODUCTS:
        needed = f"{LEAST_PRODUCTS} products with a picture and a kind are needed"
        return RelevanceCurves(missing=f"{needed}, {len(asking)} are there")
    draw = np.random.default_rng(seed)
    rows = draw.permutation(asking)[:QUERIES]
    hits = collect_hits(shop, rows, draw)
    curves = {
        kind: fit_curve(scores, hits.relevant[kind])
        for kind, scores in hits.scores.items()
        if len(scores) >= _LEAST_HITS
    }
    return RelevanceCurves(curves)


def calibrated(version: IndexVersion, inputs: Inputs, encoder: Path | None) -> RelevanceCurves:
    """The curves of a version that was just written from `inputs`.

    Vectors that were not exported, such as those of a compaction, say nothing of pictures: then
    there are none.
    """
    if not isinstance(inputs.embeddings, Embeddings):
        return RelevanceCurves(missing="the vectors do not tell pictures from items")
    titles = titles_of(version)
    images = np.asarray(inputs.embeddings.image)
    if encoder is None:
        return calibrate(version, images, None, kept_out_names(titles, None))
    record = read_manifest(encoder, "encoder", ENCODER_MANIFEST).get("training")
    return calibrate(version, images, load_encoder(encoder, "cpu"), kept_out_names(titles, record))


def titles_of(version: IndexVersion) -> list[str]:
    """The titles (n,) of a version's items, empty if an item has none."""
    return [str(version.items.item(row).get("title") or "") for row in range(len(version))]


def collect_hits(shop: Shop, rows: Rows, draw: np.random.Generator) -> Hits:
    """The first places of every query about the products in `rows`."""
    hits = Hits()
    index, fields = shop.version.index, shop.fields
    for row in rows.tolist():
        right = fields.alike(row, KIND)
        for kind, vector in ((PHOTO, shop.images[row]), (ITEM, index.vector(row))):
            found, scores = _others(index.search(vector[None], _DEPTH + 1), row)
            hits.add(kind, found, scores, right)
            others = draw.integers(len(shop.version), size=_ANYWHERE)
            hits.add(kind, others, index.vectors(others) @ vector, right)
    if shop.encoder is not None:
        _ask_words(shop, rows, draw, hits)
        _ask_edits(shop, rows, draw, hits)
    return hits


def _others(found: tuple[Rows, NDArray[np.float32]], row: int) -> tuple[Rows, Vectors]:
    """The rows that were found and their scores, without a row and without empty places."""
    rows, scores = found[0][0], found[1][0]
    kept = (rows >= 0) & (rows != row)
    return rows[kept][:_DEPTH], scores[kept][:_DEPTH]


def _ask_words(shop: Shop, rows: Rows, draw: np.random.Generator, hits: Hits) -> None:
    reader = Reader(shop.words, default_synonyms())
    titles = {row: str(shop.version.items.item(row).get("title") or "") for row in rows.tolist()}
    queries = [
        *phrases(shop.fields, rows, draw),
        *names(shop.fields, rows, titles),
        *unanswered(len(shop.version), draw),
    ]
    if shop.version.words is not None:
        count, known = len(shop.version), shop.version.words
        queries += title_words(shop.words, known, titles, count, draw)
        queries += values_alone(shop.fields, rows, draw)
    for query, kind, search, wishes in word_searches(shop, reader, queries):
        found = search.nearest(_DEPTH, None)
        scores = without_wishes([score for _, score in found], wishes)
        hits.add(kind, (row for row, _ in found), scores, query.relevant)


def word_searches(
    shop: Shop, reader: Reader, queries: list[TextQuery]
) -> Iterator[tuple[TextQuery, str, FusedSearch, Sequence[Preference]]]:
    """Each query with its kind, the search that answers it, and the values that it asks for."""
    assert shop.encoder is not None  # noqa: S101 - asked about words only with an encoder
    understood = [reader.read(query.text) for query in queries]
    texts = [found.words or query.text for found, query in zip(understood, queries, strict=True)]
    vectors = shop.encoder.encode_texts(texts)
    for query, found, vector in zip(queries, understood, vectors, strict=True):
        search = word_search(shop.version, query.text, found, vector, None)
        wishes = found.preferences(PART_WEIGHTS, USUAL_WEIGHT)
        yield query, query_kind(shop.version.words, query.text, found), search, wishes


def _ask_edits(shop: Shop, rows: Rows, draw: np.random.Generator, hits: Hits) -> None:
    assert shop.encoder is not None  # noqa: S101 - asked about words only with an encoder
    version, fields = shop.version, shop.fields
    reader, composer = Reader(shop.words, default_synonyms()), composer_of(shop.encoder)
    for row in rows.tolist():
        colour = other_colour(fields, row, draw)
        if colour is None:
            continue
        edit = read_edit(reader, f"in {fields.values[COLOUR][colour].lower()}")
        photo = shop.images[row][None]
        near = _others(version.index.search(photo, _NEIGHBOURS), row)
        likeness = Likeness.of_neighbours(near[0].tolist(), near[1].tolist())
        kept = kept_values(shop.words, version.items.columns, edit, likeness)
        vector = composer.compose(photo, shop.encoder.encode_texts([edit.text]))[0]
        evidence = edit_evidence(version, edit, kept)
        search = FusedSearch(version.index, vector, None, evidence)
        found = [hit for hit in search.nearest(_DEPTH + 1, None) if hit[0] != row]
        right = fields.alike(row, KIND, GENDER) & (fields.codes[COLOUR] == colour)
        wishes = preferences_of(edit, kept)
        scores = without_wishes([score for _, score in found], wishes)
        hits.add(EDIT, (one for one, _ in found), scores, right)
        others = draw.integers(len(version), size=_ANYWHERE)
        cosines = version.index.vectors(others) @ vector
        hits.add(EDIT, others, without_wishes(evidence.scores(others, cosines), wishes), right)
