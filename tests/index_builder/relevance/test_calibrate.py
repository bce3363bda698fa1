"""Calibrating a catalogue that is built, and what the service says of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from app.recommend.query import SearchQuery, Signal
from app.recommend.ranking import Ranked, RankedPage
from app.recommend.relevance import Judge, kind_of_signals
from index_builder.build import BuildOptions, build_index
from index_builder.relevance.calibrate import LEAST_PRODUCTS
from index_builder.relevance.calibration_queries import (
    KnownFields,
    names,
    phrases,
    title_words,
    unanswered,
    values_alone,
)
from twinset.catalogue import CatalogueWriter
from twinset.embeddings import EmbeddingsWriter
from twinset.encoders import HashEncoder, ItemVectors
from twinset.encoders.encoder import normalise
from twinset.errors import InvalidInput
from twinset.index.index_versions import IndexVersion, open_version
from twinset.lexical.title_words import query_kind
from twinset.relevance.calibration import Curve
from twinset.relevance.relevance_curves import RelevanceCurves
from twinset.words.query.catalogue_words import CatalogueWords
from twinset.words.query.parts import Part, Understood

KINDS, COLOURS, GENDERS = ("Shirts", "Skirts", "Bags"), ("Red", "Blue"), ("Men", "Women")
MAKERS = ("Acme Gym", "Acme Beach", "Bolt")


def build(folder: Path, products: int, encoder: Path | None = None) -> IndexVersion:
    """A shop whose pictures tell the kind and little else."""
    draw = np.random.default_rng(0)
    hashed = HashEncoder(32)
    attributes = dict.fromkeys(("articleType", "baseColour", "gender"), pa.string())
    rows = [
        {
            "id": str(number),
            "articleType": KINDS[number % 3],
            "baseColour": COLOURS[number % 2],
            "gender": GENDERS[number // 3 % 2],
        }
        for number in range(products)
    ]
    with CatalogueWriter(folder / "c.parquet", attributes, "articleType") as writer:
        for row in rows:
            maker = MAKERS[int(row["id"]) // 7 % 3]
            title = f"{maker} {row['gender']} {row['baseColour']} {row['articleType']} {row['id']}"
            writer.write(row | {"title": title})
    kinds = hashed.encode_texts([str(row["articleType"]) for row in rows])
    image = normalise((kinds + draw.normal(scale=0.2, size=kinds.shape)).astype(np.float32))
    text = hashed.encode_texts([f"{row['baseColour']} {row['articleType']}" for row in rows])
    item = normalise((0.8 * image + 0.2 * text).astype(np.float32))
    with EmbeddingsWriter(folder / "e", products, hashed) as embeddings:
        embeddings.write([str(row["id"]) for row in rows], ItemVectors(image, text, item))
    options = BuildOptions(kind="exact", min_recall=0.0, encoder=encoder)
    build_index(folder / "e", folder / "c.parquet", folder / "index", options)
    return open_version(folder / "index")


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> IndexVersion:
    folder = tmp_path_factory.mktemp("calibrated")
    HashEncoder(32).save(folder / "hash")
    return build(folder, 400, folder / "hash")


def test_every_kind_of_query_has_a_curve(version: IndexVersion) -> None:
    curves = version.manifest["relevance"]["curves"]
    known = {"text", "name", "word", "photo", "item", "edit"}
    assert known >= set(curves) >= {"text", "word", "photo", "item"}


def test_alike_pictures_are_relevant_and_others_are_not(version: IndexVersion) -> None:
    judge = Judge.of(version, HashEncoder(32))
    page = RankedPage([Ranked(0, 0.95, None), Ranked(1, 0.05, None)], exhausted=True)
    judged = judge.judged(page, "photo")
    high, low = (hit.relevance for hit in judged.hits)
    assert high is not None
    assert low is not None
    assert high > 0.9
    assert low < 0.2
    assert judged.nothing_fits is False
    none = judge.judged(RankedPage([Ranked(1, 0.05, None)], exhausted=True), "photo")
    assert none.nothing_fits is True
    assert judge.judged(RankedPage([], exhausted=True), "photo").nothing_fits is True


def test_a_cut_is_the_score_that_stands_for_it(version: IndexVersion) -> None:
    judge = Judge.of(version, HashEncoder(32))
    query = judge.cut(SearchQuery(min_relevance=0.5), "photo")
    page = RankedPage([Ranked(0, query.min_score or 0.0, None)], exhausted=True)
    assert judge.judged(page, "photo").hits[0].relevance == pytest.approx(0.5, abs=1e-3)
    higher = judge.cut(SearchQuery(min_relevance=0.5, min_score=2.0), "photo")
    assert higher.min_score == 2.0
    assert judge.cut(SearchQuery(min_score=0.1), "photo").min_score == 0.1


def test_a_small_catalogue_says_so(tmp_path: Path) -> None:
    version = build(tmp_path, 40)
    missing = version.manifest["relevance"]["missing"]
    assert (
        missing == f"{LEAST_PRODUCTS} products with a picture and a kind are needed, 40 are there"
    )
    judge = Judge.of(version, HashEncoder(32))
    page = RankedPage([Ranked(0, 0.9, None)], exhausted=True)
    assert judge.judged(page, "photo") == page
    with pytest.raises(InvalidInput, match="build it with --encoder"):
        judge.cut(SearchQuery(min_relevance=0.5), "photo")


def test_answers_of_queries_equal_a_plain_loop(version: IndexVersion) -> None:
    columns = version.items.columns
    words = CatalogueWords.of(columns, "articleType")
    fields, draw = KnownFields.of(columns, words, "articleType"), np.random.default_rng(0)
    rows = np.arange(40)
    for row, query in zip(rows.tolist(), phrases(fields, rows, draw), strict=True):
        said = query.text.lower().split()
        wanted = [
            name
            for name in ("gender", "baseColour")
            if version.items.item(row)[name].lower() in said
        ]
        expected = [
            version.items.item(other)["articleType"] == version.items.item(row)["articleType"]
            and all(version.items.item(other)[n] == version.items.item(row)[n] for n in wanted)
            for other in range(40)
        ]
        assert query.relevant[:40].tolist() == expected
    titles = {row: str(version.items.item(row)["title"]) for row in rows.tolist()}
    for row, query in zip(rows.tolist(), names(fields, rows, titles), strict=True):
        assert query.relevant[row]
    assert version.words is not None
    said = list(title_words(words, version.words, titles, 400, draw))
    assert {query.text for query in said} >= {"bolt", "gym", "beach"}
    for query in said:
        expected = [
            set(query.text.split()) <= set(version.items.item(row)["title"].lower().split())
            for row in range(400)
        ]
        assert query.relevant.tolist() == expected
    for query in values_alone(fields, rows, draw):
        expected = [
            set(query.text.split())
            <= {version.items.item(row)[name].lower() for name in ("gender", "baseColour")}
            for row in range(400)
        ]
        assert query.relevant.tolist() == expected
    nothing = list(unanswered(400, draw))
    assert len(nothing) > 100
    assert not any(query.relevant.any() for query in nothing)


def test_words_of_titles_alone_are_a_kind_of_their_own(version: IndexVersion) -> None:
    def kind(text: str, *parts: Part) -> str:
        return query_kind(version.words, text, Understood(text, parts))

    assert [kind(text) for text in ("gym", "for the beach", "Acme Gym")] == ["word"] * 3
    # No title has both words of the second.
    assert [kind(text) for text in ("gym tutorial", "beach gym", "the")] == ["text"] * 3
    assert kind("gym bags", Part("kind", "articleType", "bags", ("Bags",))) == "text"
    red, men = Part("colour", "baseColour", "red", ("Red",)), Part("gender", "gender", "for men")
    assert [kind("red", red), kind("red for men", red, men)] == ["word", "word"]
    assert kind("red tutorial", red) == "text"
    assert query_kind(None, "gym", Understood("gym")) == "text"
    assert kind("acme gym bag for men") == "name"


def test_without_a_curve_words_of_titles_are_judged_as_texts() -> None:
    curve = Curve((0.1, 0.9), (0.0, 1.0))
    assert RelevanceCurves({"text": curve}).of("word") == curve
    own = RelevanceCurves({"text": curve, "word": Curve((0.2, 0.8), (0.1, 0.9))})
    assert own.of("word") != curve


def test_signals_are_judged_as_what_they_come_nearest_to() -> None:
    photo, item, text = Signal(image=b"x"), Signal(item_id="a"), Signal(text="red")
    assert kind_of_signals([item, photo]) == "photo"
    assert kind_of_signals([text, item]) == "item"
    assert kind_of_signals([text]) == "text"
