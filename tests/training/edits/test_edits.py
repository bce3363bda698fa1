"""Fields, triplets and figures of edits against loops, and a composer that learns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from training.edits.edit_batches import Lessons
from training.edits.edit_fields import MISSING, EditFields, read_edit_fields
from training.edits.edit_figures import (
    METRICS,
    EditPool,
    measure_edits,
    per_query,
    phrasing_spread,
    slerp,
)
from training.edits.edit_triplets import make_triplets
from training.edits.fit_composer import ComposerRecipe, EditMaterial, fit_composer
from training.edits.phrasings import ASKED, ASKED_FOR
from twinset.catalogue import Catalogue, CatalogueWriter
from twinset.edits.composer import PlainSum, Vectors
from twinset.edits.edit_reader import plain_wish
from twinset.encoders import HashEncoder
from twinset.encoders.encoder import normalise
from twinset.errors import CatalogueError

KINDS, COLOURS = ("Shirts", "Skirts"), ("Red", "Blue", "Green")
GENDERS, PATTERNS = ("Men", "Women"), ("striped", "plain", "checked")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    path = tmp_path_factory.mktemp("edits") / "catalog.parquet"
    names = ["articleType", "masterCategory", "gender", "baseColour", "note"]
    with CatalogueWriter(path, dict.fromkeys(names, pa.string()), "articleType") as writer:
        draw = np.random.default_rng(0)
        for number in range(600):
            kind, gender = KINDS[draw.integers(2)], GENDERS[draw.integers(2)]
            colour, pattern = COLOURS[draw.integers(3)], PATTERNS[draw.integers(3)]
            writer.write(
                {
                    "id": str(number),
                    "title": f"{colour} {pattern} {kind} {number}",
                    "articleType": kind,
                    "masterCategory": "Clothes",
                    "gender": gender,
                    "baseColour": colour,
                    "note": f"note {number}",
                }
            )
    return Catalogue(path)


@pytest.fixture(scope="module")
def pool(shop: Catalogue) -> EditPool:
    """Vectors that are the sum of what a product is, so that an edit has an exact answer."""
    fields, encoder = read_edit_fields(shop), HashEncoder(48)
    words = [
        [field.values[field.codes[row]] for field in (fields.kind, *fields.others)]
        for row in range(len(fields))
    ]
    parts = np.stack([encoder.encode_texts(said).sum(axis=0) for said in words])
    noise = np.random.default_rng(1).normal(scale=0.3, size=(2, *parts.shape))
    image, item = (normalise((parts + one).astype(np.float32)) for one in noise)
    return EditPool(fields, image, item, encoder.encode_texts)


def test_fields_are_those_that_people_choose_from(shop: Catalogue) -> None:
    fields = read_edit_fields(shop)
    # The kind implies the category of kinds, and nobody chooses among 600 notes.
    assert {field.role for field in fields.others} == {"gender", "colour", "pattern"}
    pattern = next(field for field in fields.others if field.role == "pattern")
    title = fields.titles[0]
    said = pattern.values[pattern.codes[0]]
    assert said in title or (said == "solid" and "plain" in title)
    assert MISSING not in fields.kind.codes


def test_a_catalogue_without_fields_is_refused(tmp_path: Path) -> None:
    with CatalogueWriter(tmp_path / "c.parquet", {"kind": pa.string()}, "kind") as writer:
        for number in range(4):
            writer.write({"id": str(number), "title": f"Bag {number}", "kind": "Bags"})
    with pytest.raises(CatalogueError, match="no field of few values"):
        read_edit_fields(Catalogue(tmp_path / "c.parquet"))


def test_triplets_ask_for_what_others_have(pool: EditPool) -> None:
    colour = next(field for field in pool.fields.others if field.role == "colour")
    triplets = make_triplets(pool.fields, colour, np.arange(100), 60)
    answers = triplets.answers(slice(0, None))
    gender = next(field for field in pool.fields.others if field.role == "gender")
    for place, (row, wanted) in enumerate(zip(triplets.rows, triplets.wanted, strict=True)):
        by_hand = [
            other
            for other in range(600)
            if colour.codes[other] == wanted
            and pool.fields.kind.codes[other] == pool.fields.kind.codes[row]
            and gender.codes[other] == gender.codes[row]
        ]
        assert np.flatnonzero(answers[place]).tolist() == by_hand
        assert len(by_hand) >= 10
        assert row not in by_hand
        assert row < 100
    asked = make_triplets(pool.fields, colour, np.arange(100), 60, only=["Red"])
    assert set(asked.texts("{}")) == {"red"}


def test_figures_equal_a_plain_loop(pool: EditPool) -> None:
    gender = next(field for field in pool.fields.others if field.role == "gender")
    triplets = make_triplets(pool.fields, gender, np.arange(600), 300)
    texts = pool.encode_texts(triplets.texts("for {}"))
    vectors = PlainSum().compose(pool.image[triplets.rows], texts)
    found = per_query(pool, triplets, vectors)
    answers = triplets.answers(slice(0, None))
    for place in (0, 17, 299):
        row = int(triplets.rows[place])
        order = sorted(range(600), key=lambda i: -float(vectors[place] @ pool.item[i]))
        order.remove(row)
        kind = pool.fields.kind.codes
        alike = [other for other in order if kind[other] == kind[row]]
        expected = {
            "first": float(answers[place, order[0]]),
            "precision@10": float(answers[place, order[:10]].mean()),
            "same kind: precision@10": float(answers[place, alike[:10]].mean()),
            "unchanged@10": float((gender.codes[order[:10]] == gender.codes[row]).mean()),
        }
        assert {name: found[name][place] for name in METRICS} == pytest.approx(expected)


def test_a_fitted_composer_beats_the_sum_on_products_kept_out(pool: EditPool) -> None:
    rows = np.arange(0, 450)
    recipe = ComposerRecipe(steps=120, batch=64, hidden=64, rivals=300)
    material = EditMaterial(pool.image, pool.item, pool.fields, rows, pool.encode_texts)
    composer = fit_composer(material, recipe)
    figures = measure_edits(pool, np.arange(450, 600), composer, 100)
    first = {
        (row["way"], row["field"]): row["first"]["mean"]
        for row in figures
        if row["side"] == "photo"
    }
    for field in ("colour", "gender"):
        assert first["composer", field] > first["plain sum", field] + 0.1
    assert first["composer", "colour"] > 0.6
    spread = phrasing_spread(pool, np.arange(450, 600), composer)
    assert list(spread) == list(ASKED)
    assert all(0 <= share <= 1 for share in spread.values())


def test_lessons_change_one_thing_and_repeat_for_a_seed(pool: EditPool) -> None:
    first, again = (Lessons(pool.fields, np.arange(600), 3).batch(40) for _ in range(2))
    assert [lesson.text for lesson in first] == [lesson.text for lesson in again]
    for lesson in first:
        kinds = pool.fields.kind.codes
        assert (kinds[lesson.answers] == kinds[lesson.row]).all()
        assert lesson.row not in lesson.answers


def test_lessons_need_products_that_differ(pool: EditPool) -> None:
    fields = EditFields(pool.fields.kind, pool.fields.others, pool.fields.titles)
    with pytest.raises(ValueError, match="no two products"):
        Lessons(fields, np.array([0]), 0)


@pytest.mark.parametrize("templates", [ASKED, ASKED_FOR])
def test_a_composer_reads_every_phrasing_alike(templates: tuple[str, ...]) -> None:
    assert {plain_wish(template.format("zigzag")) for template in templates} == {"zigzag"}
    assert len(templates) == len(set(templates))


def test_a_colour_that_is_left_out_is_never_asked_for(pool: EditPool) -> None:
    lessons = Lessons(pool.fields, np.arange(600), 0, ["Red"]).batch(400)
    asked = [lesson.text.removeprefix("in ") for lesson in lessons]
    assert "red" not in " ".join(asked).split()
    assert {"blue", "green"} <= {*asked}


def test_slerp_stays_on_the_arc() -> None:
    query, text = (_unit(row) for row in ([1.0, 0.0], [0.0, 1.0]))
    found = slerp(query, text)[0]
    np.testing.assert_allclose(found, [np.cos(0.35 * np.pi), np.sin(0.35 * np.pi)], atol=1e-6)


def _unit(row: list[float]) -> Vectors:
    return normalise(np.array([row], np.float32))
