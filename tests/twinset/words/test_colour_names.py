"""Names of colours that a catalogue lacks, by colours that it has."""

from __future__ import annotations

import numpy as np
import pytest

from twinset.words.colour_names import NamedColours, lab

BASIC = ("Black", "White", "Grey", "Red", "Orange", "Yellow", "Green", "Blue", "Purple", "Pink")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vermilion", "Red"),
        ("Crimson", "Red"),
        ("emerald", "Green"),
        ("cobalt", "Blue"),
        ("light-blue", "Blue"),
        ("slate gray", "Grey"),
        ("tangerine", "Orange"),
        ("aubergine", "Purple"),
        ("dusty rose", "Pink"),
        ("no such colour", None),
        ("", None),
    ],
)
def test_a_name_means_the_nearest_of_the_values(name: str, value: str | None) -> None:
    assert NamedColours.of([*BASIC, "Multi"]).nearest(name) == value


@pytest.mark.parametrize(
    ("name", "value"), [("Bone", "White"), ("walnut", "Brown"), ("leather", None), ("", None)]
)
def test_words_of_other_things_are_colours_only_if_somebody_says_so(
    name: str, value: str | None
) -> None:
    colours = NamedColours.of([*BASIC, "Brown"])
    assert (colours.nearest(name), colours.nearest(name, surely=True)) == (None, value)


def test_lighter_and_darker_values_are_of_the_same_hue() -> None:
    colours = NamedColours.of(["Navy Blue", "Red", "Grey", "Blue", "Maroon", "Multi", "White"])
    assert colours.beside("Blue", lighter=False) == ("Navy Blue",)
    assert colours.beside("Red", lighter=False) == ("Maroon",)
    assert colours.beside("Grey", lighter=True) == ("White",)
    assert colours.beside("Maroon", lighter=True) == ("Red",)
    assert colours.beside("Multi", lighter=True) == colours.beside("no value", lighter=True) == ()


def test_nothing_is_near_if_the_catalogue_lacks_such_colours() -> None:
    assert NamedColours.of(["Black", "Green"]).nearest("vermilion") is None
    assert NamedColours.of([]).nearest("vermilion") is None


def test_a_shade_that_is_a_value_is_not_counted_to_another() -> None:
    blue, both = NamedColours.of(["Blue"]).places, NamedColours.of(["Blue", "Midnight Blue"]).places
    assert (blue == 0).sum() > 50
    # "midnight blue" itself, and no other name of the table, ends like that.
    assert [(was, now) for was, now in zip(blue, both, strict=True) if was != now] == [(0, 1)]


def test_colours_are_measured_as_the_standard_has_them() -> None:
    white, black, red = lab(np.array([[1.0, 1, 1], [0, 0, 0], [1, 0, 0]]))
    np.testing.assert_allclose(white, [60, 0, 0], atol=0.05)
    np.testing.assert_allclose(black, [0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(red, [0.6 * 53.24, 80.09, 67.20], atol=0.05)
