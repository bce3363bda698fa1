"""No product name stands on both sides."""

import numpy as np

from training.split import split_of, split_rows


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
