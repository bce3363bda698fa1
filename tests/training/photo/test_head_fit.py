"""The fitted head brings photos to items of their kind and altered pictures to their product."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from training.photo import fit_head
from training.photo.draws import right_mass
from training.photo.fit_head import Recipe
from training.photo.material import Material, Seen, Vectors, kept_out
from training.photo.pictures.made_pictures import backdrop_of, in_a_room, no_garment, room_piece
from training.photo.shopper_labels import ARTICLE_TYPES, BAGS
from training.photo.sureness import sureness
from training.photo.train_head import kept_material
from twinset.encoders.encoder import normalise
from twinset.photo.photo_head import PhotoHead, evidence
from twinset.photo.photo_reading import PhotoReading

DIMENSION, EACH = 24, 40
OWN = DIMENSION + 1


def _unit(rows: NDArray[np.float64]) -> Vectors:
    return normalise(rows.astype(np.float32))


def _material() -> Material:
    """Three kinds whose photos lie far from their items; a feature tells studio from nothing."""
    draw = np.random.default_rng(0)
    centres, rooms = draw.normal(size=(2, 3, DIMENSION))
    which = np.repeat(np.arange(3), EACH)

    def near(places: NDArray[np.float64]) -> Vectors:
        return _unit(places + draw.normal(scale=0.4, size=(len(places), DIMENSION)))

    items, photos = near(centres[which]), near(rooms[which])
    altered = _unit(items + 0.04 * draw.normal(size=items.shape))

    def seen(rows: Vectors, feature: float) -> Seen:
        rows = np.concatenate([rows, np.full((len(rows), 1), feature, np.float32)], axis=1)
        return Seen(rows, np.ones(len(rows), np.float32), np.zeros((len(rows), 0), np.float16))

    several = np.zeros((EACH, 4, 4), np.float32)
    several[:, 2:] = np.nan

    return Material(
        photos=Seen.stack([seen(photos, 0)]),
        labels=np.array(["Hat", "Shirt", "Skirt"])[which],
        altered=seen(altered, 0),
        studio=seen(items, 1),
        products=np.arange(len(items)),
        items=items,
        types=np.array(["Caps", "Shirts", "Skirts"])[which],
        backdrops=seen(items, 1),
        nothing=seen(near(np.zeros((EACH, DIMENSION))), -1),
        scenes=seen(near(np.zeros((EACH, DIMENSION))), 0),
        boxes=several,
        tuning=np.arange(len(items)) % 4 == 0,
    )


@pytest.fixture(scope="module")
def material() -> Material:
    return _material()


@pytest.fixture(scope="module")
def head(material: Material) -> PhotoHead:
    recipe = Recipe(
        steps=250, rate=4e-3, batch=32, hidden=48, sampled_items=60, average=0.05, dropout_in=0.0
    )
    half = material.of_photos(np.arange(len(material.labels)) % 2 == 0)
    return fit_head.fit_head(half, OWN, recipe)


def _read(head: PhotoHead, rows: Vectors) -> list[PhotoReading]:
    """What a head without a branch reads of rows, by a glance and the closer look."""
    glances = head.glances(rows)
    read, closer = head.read(rows, glances), head.needs_look(glances)
    none = np.zeros((len(closer), 0), np.float32)
    read[closer] = head.look(rows[closer], none, glances[closer])
    return [PhotoReading.of_row(row) for row in read]


def _first_kinds(rows: Vectors, material: Material) -> NDArray[np.str_]:
    return material.types[np.argmax(rows @ material.items.T, axis=1)]


def test_photos_find_their_kind_after_fitting(head: PhotoHead, material: Material) -> None:
    rows, labels = material.photos.rows[0, 1::2], material.labels[1::2]
    kind_of = {"Hat": "Caps", "Shirt": "Shirts", "Skirt": "Skirts"}
    wanted = np.array([kind_of[label] for label in labels])
    readings = _read(head, rows)
    before = _first_kinds(rows[:, :DIMENSION], material) == wanted
    after = _first_kinds(np.stack([one.corrected for one in readings]), material) == wanted
    kinds = _first_kinds(np.stack([one.kind for one in readings]), material) == wanted
    assert after.mean() > max(0.9, before.mean() + 0.2)
    assert kinds.mean() > 0.9


def test_products_stay_and_chances_tell_what_they_should(
    head: PhotoHead, material: Material
) -> None:
    read = _read(head, material.altered.rows)
    own = np.argmax(np.stack([one.corrected for one in read]) @ material.items.T, axis=1)
    assert (own == material.products).mean() > 0.8
    studio = _read(head, material.studio.rows)
    nothing = _read(head, material.nothing.rows)
    assert np.mean([one.studio > 0.5 for one in studio]) > 0.95
    assert np.mean([one.studio > 0.5 for one in read]) < 0.5
    assert np.mean([one.garment < 0.5 for one in nothing]) > 0.9
    assert np.mean([one.garment < 0.5 for one in [*read, *studio]]) < 0.05


def test_the_mean_of_heads_is_one_head(material: Material, monkeypatch: pytest.MonkeyPatch) -> None:
    recipes = tuple(Recipe(steps=3, batch=8, hidden=6, sampled_items=20, seed=n) for n in (0, 1))
    monkeypatch.setattr(fit_head, "RECIPES", recipes)
    both = fit_head.fit_heads(material, OWN)
    rows = material.photos.rows[0, :5]
    inputs = np.clip((rows - both.mean) / both.spread, -5, 5)
    outputs = []
    for recipe in recipes:
        one = fit_head.fit_head(material, OWN, recipe)
        hidden = np.maximum(inputs @ one.first + one.first_bias, 0)
        outputs.append(hidden @ one.second + one.second_bias)
    hidden = np.maximum(inputs @ both.first + both.first_bias, 0)
    np.testing.assert_allclose(
        hidden @ both.second + both.second_bias, np.mean(outputs, axis=0), atol=1e-4
    )


def test_sureness_makes_kinds_as_often_right_as_they_are_sure(
    head: PhotoHead, material: Material
) -> None:
    sure = sureness(head, None, material)
    assert sure.share == 0
    assert np.isfinite(sure.evidence)
    applied = sure.applied(head)
    assert (applied.kind_scale, applied.least_evidence) == (sure.scale, sure.evidence)
    assert -21 < sure.evidence < evidence(1.0, 1.0, 1.0)


def test_a_material_read_back_is_the_same(material: Material, tmp_path: Path) -> None:
    material.save(tmp_path / "material.npz")
    again = Material.load(tmp_path / "material.npz")
    np.testing.assert_array_equal(again.photos.rows, material.photos.rows)
    np.testing.assert_array_equal(again.boxes, material.boxes)
    assert again.labels.tolist() == material.labels.tolist()


def test_material_is_gathered_anew_for_another_encoder(material: Material, tmp_path: Path) -> None:
    gathered: list[str] = []

    def labels_of(fingerprint: str) -> str:
        def gather() -> Material:
            gathered.append(fingerprint)
            return replace(material, labels=np.full(len(material.labels), fingerprint))

        return str(kept_material(tmp_path, fingerprint, gather).labels[0])

    encoders = ["first", "other", "first", "other"]
    assert [labels_of(one) for one in encoders] == encoders
    assert gathered == ["first", "other"]


def test_right_mass_is_minus_the_log_of_what_is_right() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0]])
    chances = np.exp([0.0, 1.0, 2.0]) / np.exp([0.0, 1.0, 2.0]).sum()
    wanted = torch.tensor([[True, False, True]])
    assert float(right_mass(logits, wanted)) == pytest.approx(-np.log(chances[0] + chances[2]))


def test_a_person_stands_on_one_side_and_no_kind_is_a_bag() -> None:
    sides = [kept_out(str(person)) for person in range(1000)]
    assert 200 < sum(sides) < 400
    assert all(not types & BAGS for types in ARTICLE_TYPES.values())


def test_a_white_shirt_keeps_its_inside_when_its_backdrop_goes() -> None:
    studio = Image.new("RGB", (60, 80), "white")
    studio.paste((120, 120, 120), (15, 15, 45, 65))
    studio.paste("white", (20, 20, 40, 60))
    mask = np.asarray(backdrop_of(studio))
    assert mask[2, 2] == 255
    assert mask[40, 30] == 0


def test_made_pictures_are_what_they_are_said_to_be() -> None:
    draw = np.random.default_rng(0)
    photo = Image.fromarray(draw.integers(0, 256, (90, 120, 3)).astype(np.uint8))
    studio = Image.new("RGB", (60, 80), "white")
    studio.paste((200, 0, 0), (20, 20, 40, 60))
    piece = room_piece(photo, draw)
    assert piece.width < photo.width / 2
    assert piece.height < photo.height / 2
    placed = np.asarray(in_a_room(studio, photo, draw)).astype(int)
    assert ((placed[..., 0] - placed[..., 1]) > 60).any()
    for _ in range(30):
        made = no_garment(draw)
        assert made.mode == "RGB"
        assert min(made.size) >= 120
