"""The fitted branch brings photos to items of their kind and altered pictures to their product."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.shopper_photo_figures import kind_figures, product_first
from training.photo.fit_branch import Material, Recipe, Vectors, fit_branch, kept_out
from training.photo.shopper_labels import ARTICLE_TYPES, BAGS
from twinset.encoders.encoder import normalise


def _unit(rows: NDArray[np.float64]) -> Vectors:
    return normalise(rows.astype(np.float32))


def test_photos_find_their_kind_after_fitting() -> None:
    draw = np.random.default_rng(0)
    kinds, types = np.array(["Hat", "Shirt", "Skirt"]), np.array(["Caps", "Shirts", "Skirts"])
    centres, rooms = draw.normal(size=(3, 24)), draw.normal(size=(3, 24))
    which = np.repeat(np.arange(3), 40)
    items = _unit(centres[which] + draw.normal(scale=0.4, size=(120, 24)))
    photos = _unit(rooms[which] + draw.normal(scale=0.4, size=(120, 24)))
    rows = np.arange(120)
    altered = _unit(items + 0.2 * draw.normal(size=items.shape) / 5)
    material = Material(photos[::2], kinds[which][::2], altered, items, rows, items, types[which])
    branch = fit_branch(material, Recipe(steps=120, batch=32, hidden=64, sampled_items=60))
    borders = np.zeros(60)
    labels = kinds[which][1::2]
    before = kind_figures(photos[1::2], labels, items, types[which])
    after = kind_figures(branch.correct(photos[1::2], borders), labels, items, types[which])
    assert after["P@10"] > max(0.9, before["P@10"] + 0.2)
    kept = product_first(branch.correct(altered, np.zeros(120)), rows, items)
    assert kept >= product_first(altered, rows, items) - 0.1


def test_figures_count_what_a_hand_counts() -> None:
    items = np.eye(12, dtype=np.float32)
    types = np.array(["Handbags", *["Caps"] * 5, *["Shirts"] * 6])
    query = _unit(np.arange(12, 0, -1, dtype=float)[None])
    figures = kind_figures(np.repeat(query, 10, axis=0), np.array(["Hat"] * 10), items, types)
    assert (figures["P@10"], figures["first"], figures["bag first"]) == (0.5, 0.0, 1.0)
    assert product_first(query, np.array([0]), items) == 1.0
    assert product_first(query, np.array([1]), items) == 0.0


def test_a_person_stands_on_one_side_and_no_kind_is_a_bag() -> None:
    sides = [kept_out(str(person)) for person in range(1000)]
    assert 200 < sum(sides) < 400
    assert all(not types & BAGS for types in ARTICLE_TYPES.values())
