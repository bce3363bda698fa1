"""Outlines as polylines: splines, sweeps and the few closed shapes a product is drawn from.

Every path is a float64 array (n, 2) of x, y in design units: the origin is the middle of the
picture, y points down, and one unit is one pixel of the finished picture at pose scale 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
XY = tuple[float, float]


def line(*corners: XY) -> Points:
    """Straight segments through the corners, (n, 2)."""
    return np.asarray(corners, dtype=np.float64)


def curve(*knots: XY, samples: int = 12) -> Points:
    """A smooth open path through the knots, `samples` points per span.

    Centripetal Catmull-Rom (Yuksel et al., 2011): no loops or overshoot between uneven knots.
    """
    p = np.asarray(knots, dtype=np.float64)
    if len(p) < 3:
        return p
    step = np.sqrt(np.linalg.norm(np.diff(p, axis=0), axis=1))[:, None] + 1e-9
    slope = np.diff(p, axis=0) / step
    inner = (slope[:-1] * step[1:] + slope[1:] * step[:-1]) / (step[:-1] + step[1:])
    tangent = np.vstack(
        [1.5 * slope[:1] - 0.5 * inner[:1], inner, 1.5 * slope[-1:] - 0.5 * inner[-1:]]
    )
    t = np.linspace(0.0, 1.0, samples, endpoint=False)[None, :, None]
    start, end = p[:-1, None], p[1:, None]
    out = (
        (2 * t**3 - 3 * t**2 + 1) * start
        + (t**3 - 2 * t**2 + t) * (tangent[:-1] * step)[:, None]
        + (3 * t**2 - 2 * t**3) * end
        + (t**3 - t**2) * (tangent[1:] * step)[:, None]
    )
    return np.vstack([out.reshape(-1, 2), p[-1:]])


def loop(*knots: XY, samples: int = 12) -> Points:
    """A smooth closed path through the knots."""
    wrapped = curve(*knots[-2:], *knots, *knots[:2], samples=samples)
    return wrapped[2 * samples : -(samples + 1)]


def join(*paths: Points) -> Points:
    """The paths one after the other as one outline."""
    return np.vstack(paths)


def mirror(path: Points) -> Points:
    """The path reflected in the vertical axis, walked backwards, so it continues the original."""
    return path[::-1] * (-1.0, 1.0)


def symmetric(half: Points) -> Points:
    """A closed outline from its right half, given from one point of the axis to the other."""
    return join(half, mirror(half))


def shift(path: Points, dx: float, dy: float) -> Points:
    """The path moved by dx, dy."""
    moved: Points = path + np.array([dx, dy])
    return moved


def turn(path: Points, degrees: float, about: XY = (0.0, 0.0)) -> Points:
    """The path turned clockwise on the screen about a point."""
    a = np.deg2rad(degrees)
    rotation = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    turned: Points = (path - about) @ rotation + about
    return turned


def trim(path: Points, start: float, end: float) -> Points:
    """The part of an open path between two fractions (0..1) of its length."""
    at = _arc_length(path)
    inside = (at > start * at[-1]) & (at < end * at[-1])
    ends = sample(path, [start, end])
    return np.vstack([ends[:1], path[inside], ends[1:]])


def sample(path: Points, fractions: Sequence[float] | NDArray[np.float64]) -> Points:
    """Points at the given fractions (0..1) of the path's length, (len(fractions), 2)."""
    at = _arc_length(path)
    wanted = np.asarray(fractions) * at[-1]
    return np.column_stack([np.interp(wanted, at, path[:, axis]) for axis in (0, 1)])


def length(path: Points) -> float:
    """Arc length in design units."""
    return float(_arc_length(path)[-1])


def offset(path: Points, distance: float | Points) -> Points:
    """The open path moved sideways; positive is to the right of the walking direction."""
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    moved: Points = path + normal * np.reshape(distance, (-1, 1))
    return moved


def sweep(axis: Points, *widths: float) -> Points:
    """A band around an open path; the widths are spread evenly along it and interpolated."""
    at = _arc_length(axis)
    half = (
        np.interp(
            at / max(at[-1], 1e-9),
            np.linspace(0, 1, max(len(widths), 2)),
            widths if len(widths) > 1 else widths * 2,
        )
        / 2
    )
    return join(offset(axis, half), offset(axis, -half)[::-1])


def dashes(path: Points, dash: float, gap: float, width: float) -> list[Points]:
    """The path as a row of short bands, as a sewing machine leaves them."""
    total = length(path)
    starts = np.arange(0.0, max(total - dash / 2, 1e-6), dash + gap) / total
    return [sweep(trim(path, s, min(1.0, s + dash / total)), width) for s in starts]


def ellipse(x: float, y: float, rx: float, ry: float, start: float = 0, end: float = 360) -> Points:
    """An arc in degrees, clockwise from the right; a whole turn is a closed outline."""
    a = np.deg2rad(np.linspace(start, end, max(12, int(abs(end - start) / 6))))
    return np.column_stack([x + rx * np.cos(a), y + ry * np.sin(a)])


def box(x0: float, y0: float, x1: float, y1: float, radius: float = 0.0) -> Points:
    """A rectangle, its corners rounded by `radius`."""
    r = max(0.0, min(radius, (x1 - x0) / 2, (y1 - y0) / 2))
    if r == 0:
        return line((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    return join(
        ellipse(x0 + r, y0 + r, r, r, 180, 270),
        ellipse(x1 - r, y0 + r, r, r, 270, 360),
        ellipse(x1 - r, y1 - r, r, r, 0, 90),
        ellipse(x0 + r, y1 - r, r, r, 90, 180),
    )


def _arc_length(path: Points) -> NDArray[np.float64]:
    """Distance walked at each point of the path, (n,), starting at 0."""
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])
