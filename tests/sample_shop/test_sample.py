"""The sample catalogue: deterministic, balanced, and drawn in the colours it names."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from collections import defaultdict

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sample_shop import SAMPLE_CATEGORY, render_sample
from sample_shop.assortment import TYPES, ArticleType
from sample_shop.canvas import HEIGHT, WIDTH
from sample_shop.palette import PALETTE
from sample_shop.patterns import PATTERNS
from sample_shop.sample_rows import PlannedRow, plan_rows, render

KEYS = {
    "id", "title", "description", "group_id", "price", "available", "image",
    "gender", "masterCategory", "subCategory", "articleType", "baseColour",
    "season", "year", "usage", "pattern", "brand",
}  # fmt: skip


@pytest.fixture(scope="module")
def planned() -> list[PlannedRow]:
    """The default catalogue, not drawn."""
    return plan_rows(600, 0)


def centre_colour(jpeg: bytes) -> NDArray[np.float64]:
    """Mean RGB, 0..255, of the middle tenth of the picture."""
    pixels = np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"), np.float64)
    middle = pixels[HEIGHT * 9 // 20 : HEIGHT * 11 // 20, WIDTH * 9 // 20 : WIDTH * 11 // 20]
    return np.asarray(middle.mean(axis=(0, 1)))


def test_rows_are_complete_and_images_decode() -> None:
    rows = list(render_sample(items=3, seed=1))
    assert [row["id"] for row in rows] == ["S0001", "S0002", "S0003"]
    for row in rows:
        assert set(row) == KEYS
        assert isinstance(row["image"], bytes)
        image = Image.open(io.BytesIO(row["image"]))
        assert (image.format, image.size) == ("JPEG", (WIDTH, HEIGHT))


def test_same_seed_same_bytes() -> None:
    assert list(render_sample(4, seed=7)) == list(render_sample(4, seed=7))


def test_another_seed_is_another_shop() -> None:
    assert [row for row, _, _ in plan_rows(40, 0)] != [row for row, _, _ in plan_rows(40, 1)]


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_bytes_do_not_depend_on_the_hash_seed(hash_seed: str) -> None:
    script = (
        "import hashlib; from sample_shop import render_sample;"
        "print(hashlib.sha256(repr(list(render_sample(3))).encode()).hexdigest())"
    )
    expected = hashlib.sha256(repr(list(render_sample(3))).encode()).hexdigest()
    environment = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    printed = subprocess.check_output([sys.executable, "-c", script], env=environment, text=True)
    assert printed.strip() == expected


@pytest.mark.parametrize("items", [1, 2, 39, 600, 5000])
def test_count_and_unique_ids(items: int) -> None:
    rows = plan_rows(items, 0)
    assert len({row["id"] for row, _, _ in rows}) == len(rows) == items


@pytest.mark.parametrize("items", [0, -5])
def test_rejects_an_empty_shop_at_once(items: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        render_sample(items)


@pytest.mark.parametrize("seed", range(5))
def test_small_catalogues_stay_balanced(seed: int) -> None:
    assert len({row[SAMPLE_CATEGORY] for row, _, _ in plan_rows(40, seed)}) >= 12


def test_default_catalogue_is_varied(planned: list[PlannedRow]) -> None:
    rows = [row for row, _, _ in planned]
    assert {row["articleType"] for row in rows} == {kind.name for kind in TYPES}
    assert len(TYPES) >= 16
    assert len({row["baseColour"] for row in rows}) >= 14
    assert len({row["pattern"] for row in rows}) >= 6
    assert 180 <= len({row["group_id"] for row in rows}) <= 280
    assert 0.83 < np.mean([bool(row["available"]) for row in rows]) < 0.93
    assert any(r["articleType"] == "Dresses" and r["baseColour"] == "Red" for r in rows)


def test_titles_tell_styles_apart(planned: list[PlannedRow]) -> None:
    titles = [row["title"] for row, _, _ in planned]
    assert len(set(titles)) > 0.97 * len(titles)


def test_variants_differ_only_in_colour(planned: list[PlannedRow]) -> None:
    groups: dict[object, list[dict[str, object]]] = defaultdict(list)
    for row, _, _ in planned:
        groups[row["group_id"]].append(row)
    for rows in groups.values():
        assert len({row["baseColour"] for row in rows}) == len(rows) <= 4
        for key in ("price", "articleType", "gender", "pattern", "brand"):
            assert len({row[key] for row in rows}) == 1


def test_every_named_colour_and_pattern_can_be_drawn() -> None:
    drawn_by_the_garment = {"Solid", "Graphic", "Colour Block"}
    for kind in TYPES:
        assert set(kind.colours) <= set(PALETTE)
        assert set(kind.patterns) <= set(PATTERNS) | drawn_by_the_garment


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_every_type_fills_the_frame_without_leaving_it(
    kind: ArticleType, planned: list[PlannedRow]
) -> None:
    style, colour = next((s, c) for _, s, c in planned if s.type is kind)
    image = Image.open(io.BytesIO(render(style, colour))).convert("L")
    ink = np.abs(np.asarray(image, np.float64) - np.asarray(image, np.float64)[:, :1]) > 12
    assert 0.03 < ink.mean() < 0.75
    assert not ink[[0, -1]].any()
    assert not ink[:, -1].any()


def test_red_is_red_and_green_is_green(planned: list[PlannedRow]) -> None:
    style = next(s for _, s, _ in planned if s.type.name == "Dresses" and s.pattern == "Solid")
    red, green = (centre_colour(render(style, name)) for name in ("Red", "Green"))
    assert red[0] > 2 * max(red[1:])
    assert green[1] > 1.3 * max(green[0], green[2])


def test_variants_share_their_outline(planned: list[PlannedRow]) -> None:
    style = next(s for _, s, _ in planned if s.type.name == "Shirts" and s.pattern == "Solid")
    masks = [
        np.asarray(Image.open(io.BytesIO(render(style, name))).convert("L")) < 150
        for name in ("Black", "Navy Blue")
    ]
    overlap = (masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum()
    assert overlap > 0.9
