"""Where shoes stand, and how one becomes a pair."""

from __future__ import annotations

from collections.abc import Callable

from sample_shop.canvas import Canvas, Pose

FLOOR = 62.0
"""Height of the ground under every shoe, in design units."""


def draw_pair(canvas: Canvas, draw_one: Callable[[], None], pair: bool) -> None:
    """One shoe, or a second one behind it, a step to the upper left."""
    if pair:
        with canvas.posed(Pose(scale=0.94, dx=-16, dy=-42)):
            draw_one()
        with canvas.posed(Pose(scale=0.98, dx=8, dy=22)):
            draw_one()
    else:
        draw_one()
