"""The studio: parts are cut out, coloured, lit and laid over one another, then photographed.

A part's coverage is drawn `OVERSAMPLE` times too large and averaged down, so that edges and
stitches are smooth; colour and light are computed once per finished pixel.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from sample_shop.geometry import Points, dashes, offset, sweep
from sample_shop.palette import Colour
from sample_shop.shading import COTTON, Field, Material, blur, drape, light_on

WIDTH, HEIGHT, OVERSAMPLE = 360, 480, 4
JPEG_QUALITY = 88

Pixels = NDArray[np.float32]
Paint = Callable[[Field, Field], Pixels]
"""Colour of a fabric at design coordinates (u, v), each (h, w): sRGB 0..1, (h, w, 3)."""


@dataclass(frozen=True)
class Pose:
    """Where design units land: scaled, turned (degrees clockwise), shifted (pixels)."""

    scale: float = 1.0
    angle: float = 0.0
    dx: float = 0.0
    dy: float = 0.0
    flip: bool = False

    def matrix(self) -> NDArray[np.float64]:
        """Design to picture, 2 x 3, with the origin at the middle of the picture."""
        a = np.deg2rad(self.angle)
        turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
        size = np.diag([-self.scale if self.flip else self.scale, self.scale])
        linear = turn @ size
        return np.column_stack([linear, [WIDTH / 2 + self.dx, HEIGHT / 2 + self.dy]])


class Canvas:
    """One picture in the making.

    Colour is kept premultiplied by coverage, so that the shadow can be laid under everything at
    the end. `folds_along` is the direction of the folds, see `drape`.
    """

    def __init__(self, pose: Pose, seed: Sequence[int], folds_along: float = 0.0) -> None:
        rng = np.random.default_rng(seed)
        self.colour: Pixels = np.zeros((HEIGHT, WIDTH, 3), np.float32)
        self.alpha: Field = np.zeros((HEIGHT, WIDTH), np.float32)
        self.shadow: Field = np.zeros((HEIGHT, WIDTH), np.float32)
        self.hanging = True
        self._folds = drape(rng, HEIGHT, WIDTH, folds_along)
        self._bend: Field = np.asarray(0.8 * blur(self._folds, 9.0), np.float32)
        self._grain = rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32)
        self._matrix = pose.matrix()

    @contextmanager
    def posed(self, pose: Pose) -> Iterator[None]:
        """Draw under a second pose inside the first: the other shoe of a pair."""
        outer = self._matrix
        inner = pose.matrix() - [[0, 0, WIDTH / 2], [0, 0, HEIGHT / 2]]
        self._matrix = np.column_stack(
            [outer[:, :2] @ inner[:, :2], outer[:, :2] @ inner[:, 2] + outer[:, 2]]
        )
        try:
            yield
        finally:
            self._matrix = outer

    def fill(
        self,
        shape: Points | Sequence[Points],
        paint: Paint | Colour,
        material: Material = COTTON,
        clip: Field | None = None,
        holes: Sequence[Points] = (),
    ) -> Field:
        """Lay a lit part on top; returns its coverage (HEIGHT, WIDTH), to clip details with."""
        mask, area = self._coverage([shape] if isinstance(shape, np.ndarray) else shape, holes)
        light, shine = light_on(mask, material, self._folds[area])
        light = light + material.grain * self._grain[area]
        if clip is not None:
            mask = mask * clip[area]
        dyed = self._dye(paint, area)
        bright = np.maximum(light - 1.0, 0.0)[..., None]
        dyed = dyed * np.minimum(light, 1.0)[..., None] + bright * (0.55 * dyed + 0.30)
        dyed = dyed + shine[..., None] * (1.0 - dyed)
        self._lay(np.clip(dyed, 0.0, 1.0), mask, area)
        return self._whole(mask, area)

    def print(
        self,
        shape: Points | Sequence[Points],
        colour: Colour,
        opacity: float = 1.0,
        clip: Field | None = None,
    ) -> None:
        """Ink that takes the light of what lies under it."""
        mask, area = self._coverage([shape] if isinstance(shape, np.ndarray) else shape)
        mask = mask * opacity * (1.0 if clip is None else clip[area])
        light = 1.0 + 0.10 * self._folds[area][..., None]
        self._lay(np.clip(np.asarray(colour, np.float32) * light, 0, 1), mask, area)

    def stroke(
        self,
        path: Points,
        width: float,
        colour: Colour,
        opacity: float = 1.0,
        clip: Field | None = None,
    ) -> None:
        """A flat line of constant width."""
        self.print(sweep(path, width), colour, opacity, clip)

    def stitch(
        self, path: Points, colour: Colour, inset: float = 0.0, opacity: float = 0.8
    ) -> None:
        """A row of stitches along the path, `inset` units to its right."""
        moved = offset(path, inset) if inset else path
        self.print(dashes(moved, 3.2, 2.0, 0.9), colour, opacity)

    def shade(
        self,
        shape: Points | Sequence[Points],
        amount: float,
        soft: float = 6.0,
        clip: Field | None = None,
    ) -> None:
        """Darken (amount > 0) or brighten what is already there, with a soft edge."""
        mask, area = self._coverage(
            [shape] if isinstance(shape, np.ndarray) else shape, pad=2 * soft
        )
        mask = blur(mask, soft) * self.alpha[area] * (1.0 if clip is None else clip[area])
        target = 0.02 if amount > 0 else 1.0
        weight = (abs(amount) * mask)[..., None]
        self.colour[area] += weight * (target * self.alpha[area][..., None] - self.colour[area])

    def crease(self, path: Points, width: float, amount: float, clip: Field | None = None) -> None:
        """A fold or seam in relief: a dark valley with a lit ridge beside it."""
        self.shade(sweep(path, width * 0.3, width, width * 0.3), amount, width, clip)
        ridge = offset(path, -width)
        self.shade(sweep(ridge, width * 0.3, width, width * 0.3), -0.5 * amount, width, clip)

    def ground(self, shape: Points, amount: float = 0.35, soft: float = 8.0) -> None:
        """A contact shadow under a product that stands on the floor."""
        self.hanging = False
        mask, area = self._coverage([shape], pad=2 * soft)
        self.shadow[area] = np.maximum(self.shadow[area], blur(mask, soft) * amount)

    def photograph(self) -> bytes:
        """The finished picture on a light studio background, as JPEG."""
        floor = np.linspace(0.995, 0.955, HEIGHT, dtype=np.float32)[:, None, None]
        wall = floor * np.asarray([1.0, 1.0, 1.003], np.float32)
        offset_y, strength = (7, 0.20) if self.hanging else (3, 0.10)
        cast = _moved(blur(self.alpha, 14.0), 3, offset_y) * strength
        near = _moved(blur(self.alpha, 4.0), 1, 2) * 0.14
        dim = 1.0 - np.clip(np.maximum(cast + near, self.shadow), 0.0, 0.8)
        picture = wall * dim[..., None] * (1.0 - self.alpha[..., None]) + self.colour
        pixels = np.clip(picture * 255.0 + 0.5, 0, 255).astype(np.uint8)
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "JPEG", quality=JPEG_QUALITY, subsampling=1)
        return out.getvalue()

    def _coverage(
        self, shapes: Sequence[Points], holes: Sequence[Points] = (), pad: float = 0.0
    ) -> tuple[Field, tuple[slice, slice]]:
        """Coverage 0..1 of the union of shapes less the holes, over the box that bounds it."""
        placed = [self._place(s) for s in shapes]
        every = np.vstack(placed)
        low = np.clip(np.floor(every.min(0)) - 3 - pad, 0, (WIDTH - 4, HEIGHT - 4)).astype(int)
        high = np.clip(np.ceil(every.max(0)) + 3 + pad, low + 4, (WIDTH, HEIGHT)).astype(int)
        size = (high - low) * OVERSAMPLE
        sheet = Image.new("L", (int(size[0]), int(size[1])))
        draw = ImageDraw.Draw(sheet)
        for shape in placed:
            draw.polygon(((shape - low) * OVERSAMPLE - 0.5).ravel().tolist(), fill=255)
        for hole in holes:
            draw.polygon(((self._place(hole) - low) * OVERSAMPLE - 0.5).ravel().tolist(), fill=0)
        mask = np.asarray(sheet.reduce(OVERSAMPLE), np.float32) / 255.0
        return mask, (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))

    def _place(self, path: Points) -> Points:
        """Design units to pixels."""
        return np.asarray(path @ self._matrix[:, :2].T + self._matrix[:, 2], np.float64)

    def _dye(self, paint: Paint | Colour, area: tuple[slice, slice]) -> Pixels:
        """The unlit colour over an area; cloth patterns bend a little with the folds."""
        if isinstance(paint, tuple):
            return np.asarray(paint, np.float32).reshape(1, 1, 3)
        y, x = np.mgrid[area].astype(np.float32)
        inverse = np.linalg.inv(self._matrix[:, :2]).astype(np.float32)
        x, y = x + 0.5 - np.float32(self._matrix[0, 2]), y + 0.5 - np.float32(self._matrix[1, 2])
        bend = self._bend[area]
        return paint(
            inverse[0, 0] * x + inverse[0, 1] * y + bend,
            inverse[1, 0] * x + inverse[1, 1] * y + bend,
        )

    def _lay(self, dyed: Pixels, mask: Field, area: tuple[slice, slice]) -> None:
        """Composite a part over what is there."""
        m = mask[..., None]
        self.colour[area] = self.colour[area] * (1.0 - m) + dyed * m
        self.alpha[area] = self.alpha[area] * (1.0 - mask) + mask

    @staticmethod
    def _whole(mask: Field, area: tuple[slice, slice]) -> Field:
        """The coverage on the full picture."""
        whole = np.zeros((HEIGHT, WIDTH), np.float32)
        whole[area] = mask
        return whole


def _moved(field: Field, right: int, down: int) -> Field:
    """The field shifted by whole pixels; its edge values stand in for what was outside."""
    return np.pad(field, ((down, 0), (right, 0)), mode="edge")[: field.shape[0], : field.shape[1]]
