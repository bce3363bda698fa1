"""Scenes say where their garments are, and finding boxes is learnt from such scenes."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from training.photo.box_fitting import box_loss, goals_of
from training.photo.pictures.garment_scenes import SceneMaker
from twinset.photo.box_grid import boxes_of

SIZE = (12, 9)
BOXES = np.full((2, 4, 4), np.nan, np.float32)
BOXES[0, :2] = (0.0, 0.1, 0.5, 0.9), (0.55, 0.2, 1.0, 0.6)


def test_goals_are_guesses_that_give_the_boxes_back() -> None:
    goals = goals_of(BOXES, SIZE)
    for scene, count in ((0, 2), (1, 0)):
        guesses = torch.cat([goals.spots[scene][None], goals.reaches[scene]]).numpy()
        found = boxes_of(guesses)
        there = np.array(sorted(found[found[:, 0] > 0, 1:].tolist())).reshape(-1, 4)
        np.testing.assert_allclose(there, BOXES[scene, :count].reshape(count, 4), atol=1e-5)
    assert goals.spots.max() == 1
    assert not goals.inside[1].any()


def test_mirrored_goals_are_the_goals_of_mirrored_boxes() -> None:
    turned = BOXES[:, :, [2, 1, 0, 3]].copy()
    turned[..., [0, 2]] = 1 - turned[..., [0, 2]]
    mirrored, again = goals_of(BOXES, SIZE).mirrored(), goals_of(turned, SIZE)
    torch.testing.assert_close(mirrored.spots, again.spots, atol=1e-5, rtol=0)
    inside = again.inside & mirrored.inside
    assert inside.sum() == again.inside.sum()
    for axis in range(4):
        torch.testing.assert_close(
            mirrored.reaches[:, axis][inside], again.reaches[:, axis][inside], atol=1e-5, rtol=0
        )


def test_the_loss_is_least_for_what_is_right() -> None:
    goals = goals_of(BOXES, SIZE)
    right = torch.cat([goals.spots[:, None], goals.reaches], 1).clamp(1e-3, 1 - 1e-3).logit()
    spots = goals.spots[:, None] > 0.99
    right[:, :1] = torch.where(spots, 6.0, -6.0)
    best = float(box_loss(right, goals, 2.0))
    assert best < 0.1
    for wrong in (torch.zeros_like(right), right.roll(3, dims=3), -right):
        assert float(box_loss(wrong, goals, 2.0)) > best + 0.5


def test_a_scene_names_where_its_garments_are() -> None:
    draw = np.random.default_rng(0)
    studio = Image.new("RGB", (60, 80), "white")
    studio.paste((200, 0, 0), (20, 20, 40, 60))
    grain = draw.integers(60, 120, (90, 120, 1)).repeat(3, axis=2).astype(np.uint8)
    maker = SceneMaker([studio], [studio], [studio], [Image.fromarray(grain)])
    for make in (maker._laid_out, maker._outfit):
        scene = make(draw)
        assert scene.boxes
        pixels = np.asarray(scene.picture).astype(int)
        red = (pixels[..., 0] - pixels[..., 1]) > 100
        inside = np.zeros_like(red)
        height, width = red.shape
        for x1, y1, x2, y2 in scene.boxes:
            part = (
                slice(int(y1 * height), round(y2 * height)),
                slice(int(x1 * width), round(x2 * width)),
            )
            assert red[part].mean() > 0.8
            inside[part] = True
        assert red[~inside].mean() < 0.02
    assert maker._nothing(draw).boxes == ()
