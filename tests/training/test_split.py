"""No product name stands on both sides."""

import numpy as np
import pytest

from training.data.split import split_of, split_rows, split_stratified, thin_out


def test_a_name_never_stands_on_both_sides():
    titles = [f"Product {number % 700}" for number in range(2000)]
    sides = split_rows(titles, 0.08, 0.02)
    names = {side: {titles[row] for row in rows} for side, rows in sides.items()}
    assert not names["train"] & names["test"]
    assert not names["train"] & names["validation"]
    assert not names["test"] & names["validation"]
    assert sorted(np.concatenate(list(sides.values()))) == list(range(2000))


def test_case_and_spacing_do_not_move_a_name():
    for number in range(50):
        one = split_of(f"Nike Men Shoe {number}", 0.5, 0.2)
        assert one == split_of(f"  nike  MEN shoe {number} ", 0.5, 0.2)


def test_fractions_are_met():
    titles = [f"Product {number}" for number in range(20_000)]
    sides = split_rows(titles, 0.08, 0.02)
    assert abs(len(sides["test"]) / 20_000 - 0.08) < 0.01
    assert abs(len(sides["validation"]) / 20_000 - 0.02) < 0.005


def test_stratified_shares_hold_within_each_category():
    categories = np.repeat(np.arange(3, dtype=np.int32), [2000, 400, 2])
    titles = [f"Product {number // 2}" for number in range(len(categories))]
    sides = split_stratified(titles, categories, 0.15, 0.15)
    names = {side: {titles[row] for row in rows} for side, rows in sides.items()}
    assert not names["train"] & (names["test"] | names["validation"])
    assert not names["test"] & names["validation"]
    for category, count in ((0, 2000), (1, 400)):
        for side, share in (("train", 0.7), ("validation", 0.15), ("test", 0.15)):
            assert (categories[sides[side]] == category).sum() == pytest.approx(share * count)
    # One name cannot be shared out: it is trained on.
    assert (categories[sides["train"]] == 2).sum() == 2


def test_thinning_nests_and_keeps_names_together():
    titles = [f"Product {number % 500}" for number in range(1000)]
    quarter = thin_out(np.arange(1000), titles, 0.25)
    half = thin_out(np.arange(1000), titles, 0.5)
    assert set(quarter) < set(half)
    assert 200 < len(quarter) < 300
    assert all(row % 500 in set(quarter % 500) for row in quarter)
    assert len(thin_out(np.arange(1000), titles, 1.0)) == 1000


def test_small_categories_go_to_both_sides_in_turn():
    categories = np.repeat(np.arange(40, dtype=np.int32), 3)
    titles = [f"Product {number}" for number in range(120)]
    sides = split_stratified(titles, categories, 0.15, 0.15)
    # A third of three names is one, so 40 names are kept out, half of them for each side.
    assert [len(sides[side]) for side in ("train", "validation", "test")] == [80, 20, 20]
