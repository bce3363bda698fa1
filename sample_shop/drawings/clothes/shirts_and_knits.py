"""T-shirts, shirts, knitwear, jackets and kurtas: one construction, many cuts."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.drawings import prints
from sample_shop.drawings.clothes import necks
from sample_shop.drawings.clothes.torso import Torso
from sample_shop.drawings.fasteners import buttons, zipper
from sample_shop.geometry import box, curve, join, line, mirror, offset, shift, sweep
from sample_shop.palette import BRASS, STEEL, WHITE, Colour, darker, lighter, luma, mix, thread
from sample_shop.patterns import Look
from sample_shop.shading import COTTON, FLAT, Field, Material


@dataclass(frozen=True)
class Top:
    """A garment for the upper body.

    `closure` is none, placket (to the chest), buttons or zip (to the hem). `rib` is the height of
    knitted hem and cuffs, 0 for stitched ones. `details` names extras such as "chest pocket".
    """

    name: str
    torso: Torso = field(default_factory=Torso)
    neck: str = "crew"
    closure: str = "none"
    rib: float = 0.0
    material: Material = COTTON
    trim: str = "none"
    details: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    folds_along: float = 0.25
    scale: float = 1.0

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Back to front: hood, inside, sleeves, body, trims, collar."""
        front = necks.neckline(self.torso, self.neck)
        if self.neck == "hood":
            necks.hood(canvas, self.torso, look)
        elif self.neck != "turtle":
            necks.inside_back(canvas, self.torso, front, look)
        if self.torso.sleeve:
            self._sleeves(canvas, look)
        body = canvas.fill(self.torso.body(front), look.paint, self.material)
        self._blocks(canvas, look, body)
        self._seams(canvas, look, body)
        if "quilted" in self.details:
            self._quilting(canvas, body)
        if look.pattern == "Graphic":
            prints.chest(canvas, look, self.torso)
        self._closure(canvas, look)
        self._pockets(canvas, look)
        self._neck(canvas, look)

    def _trim_colour(self, look: Look) -> Colour:
        """Colour of ribs, collars and bands."""
        return look.accents[0] if self.trim == "contrast" else darker(look.base, 0.07)

    def _sleeves(self, canvas: Canvas, look: Look) -> None:
        """Both sleeves with their hem or cuff, behind the body."""
        raglan = self.trim == "sleeves" or (look.pattern == "Colour Block")
        paint = look.accents[0] if raglan else look.paint
        base = look.accents[0] if raglan else look.base
        for side in (1.0, -1.0):
            flip = (side, 1.0)
            sleeve = canvas.fill(self.torso.sleeve_shape() * flip, paint, self.material)
            if "quilted" in self.details:
                outer, inner = self.torso.sleeve_edges()
                for t in np.linspace(0.2, 0.85, 5):
                    a, b = outer[int(t * (len(outer) - 1))], inner[int(t * (len(inner) - 1))]
                    canvas.crease(line(tuple(a), tuple(b)) * flip, 8, 0.55, sleeve)
            pit = np.array([self.torso.chest, self.torso.top + 82]) * flip
            canvas.crease(line(tuple(pit), tuple(shift(pit, side * 16, -26))), 5, 0.22, sleeve)
            if self.torso.sleeve > 0.7:
                elbow = np.array([self.torso.shoulder + 16, self.torso.top + 118]) * flip
                canvas.crease(
                    line(tuple(elbow), tuple(shift(elbow, side * 15, 9))), 5, 0.16, sleeve
                )
            self._cuff(canvas, base, flip)

    def _cuff(self, canvas: Canvas, base: Colour, flip: tuple[float, float]) -> None:
        """Knitted or buttoned cuff, or a stitched hem."""
        if (
            self.rib
            or (self.closure == "buttons" and self.torso.sleeve > 0.9)
            or self.trim == "contrast"
        ):
            depth = self.rib or (17.0 if self.torso.sleeve > 0.7 else 8.0)
            cuff = self.torso.cuff(depth * 0.9) * flip
            colour = (
                base
                if self.trim != "contrast"
                else WHITE
                if luma(base) < 0.5
                else darker(base, 0.6)
            )
            canvas.fill(cuff, darker(colour, 0.05), Material(7, 0.5, 0.3, 0.03))
            return
        outer, inner = self.torso.cuff(6.5)[[0, -1]] * flip
        canvas.stitch(line(tuple(outer), tuple(inner)), thread(base), opacity=0.6)

    def _blocks(self, canvas: Canvas, look: Look, body: Field) -> None:
        """The second and third colour of a colour-blocked front."""
        if look.pattern != "Colour Block":
            return
        t = self.torso
        if look.seed % 2:
            canvas.fill(
                box(-150, t.top - 40, 150, t.top + 92), look.accents[0], self.material, body
            )
            canvas.fill(
                box(-150, t.top + 92, 150, t.top + 108), look.accents[1], self.material, body
            )
        else:
            canvas.fill(
                box(-150, t.bottom - 78, 150, t.bottom + 40), look.accents[0], self.material, body
            )

    def _seams(self, canvas: Canvas, look: Look, body: Field) -> None:
        """Shoulder and armhole seams, pull lines at the armpit, and the hem."""
        t = self.torso
        hem = join(t.hemline(), mirror(t.hemline())[1:])
        for side in (1.0, -1.0):
            flip = (side, 1.0)
            pit = (t.chest, t.top + 80.0)
            for dx, dy in ((-30, 16), (-22, 34)):
                canvas.crease(line(pit, (pit[0] + dx, pit[1] + dy)) * flip, 6, 0.10, body)
            if t.sleeve:
                canvas.crease(t.armhole() * flip, 2.5, 0.22, body)
            waist = (t.waist, t.top + t.waist_at)
            canvas.crease(
                curve(
                    (waist[0] - 2, waist[1] - 4),
                    (waist[0] - 24, waist[1] + 6),
                    (waist[0] - 44, waist[1] + 2),
                )
                * flip,
                7,
                0.08,
                body,
            )
        if self.rib:
            band = join(offset(hem, self.rib), hem[::-1])
            canvas.fill(band, self._trim_colour(look), Material(9, 0.5, 0.3, 0.03), body)
            for x in np.arange(-t.hem + 4, t.hem, 3.4):
                canvas.print(
                    sweep(line((x, t.bottom - self.rib + 1), (x, t.bottom + 4)), 0.8),
                    darker(look.base, 0.5),
                    0.22,
                    body,
                )
            canvas.crease(offset(hem, self.rib + 1), 3, 0.25, body)
        else:
            canvas.stitch(offset(hem, 6.5), thread(look.base), opacity=0.55)

    def _quilting(self, canvas: Canvas, body: Field) -> None:
        """Horizontal channels of a padded jacket."""
        t = self.torso
        for y in np.arange(t.top + 40, t.bottom - self.rib - 12, 27):
            canvas.crease(curve((-t.chest - 6, y), (0, y + 5), (t.chest + 6, y)), 9, 0.62, body)

    def _closure(self, canvas: Canvas, look: Look) -> None:
        """Placket, button front or zip."""
        t, start = self.torso, self.torso.top + necks.DEPTH[self.neck]
        button = lighter(look.base, 0.75) if luma(look.base) > 0.25 else lighter(look.base, 0.25)
        if self.trim == "contrast":
            button = look.accents[0]
        if self.closure == "zip":
            zipper(canvas, line((0, start + 4), (0, t.bottom + 3)), darker(look.base, 0.45), STEEL)
        elif self.closure == "placket":
            end = start + (46.0 if t.length < 290 else 74.0)
            band = box(-6.5, start - 3, 6.5, end, 1)
            canvas.shade(shift(band, 1.0, 1.5), 0.2, 4)
            canvas.fill(band, look.paint, FLAT)
            canvas.stitch(
                line((-5, start), (-5, end - 1.5), (5, end - 1.5), (5, start)), thread(look.base)
            )
            buttons(canvas, list(np.linspace(start + 9, end - 10, 3)), 0, button, 2.6)
        elif self.closure == "buttons":
            first = start + 5.0
            canvas.crease(line((7.5, start - 4), (7.5, t.bottom + 3)), 2.5, 0.2)
            for x in (-6.0, 6.0):
                canvas.stitch(line((x, start), (x, t.bottom)), thread(look.base), opacity=0.4)
            ys = np.linspace(first, t.bottom - 34, 2 if self.neck == "lapel" else 6)
            metal = BRASS if "flap pockets" in self.details else button
            buttons(canvas, [float(y) for y in (ys[:1] if self.neck == "lapel" else ys)], 0, metal)

    def _pockets(self, canvas: Canvas, look: Look) -> None:
        """Pockets and the small chest emblem, by their names in `details`."""
        t, y = self.torso, self.torso.top + 84
        if "chest pocket" in self.details:
            shape = line((28, y), (62, y), (62, y + 32), (45, y + 40), (28, y + 32))
            canvas.shade(shift(shape, 1, 2), 0.16, 5)
            canvas.fill(shape, look.paint, FLAT)
            canvas.stitch(join(shape, shape[:1]), thread(look.base), 2)
        if "flap pockets" in self.details:
            self._flap_pockets(canvas, look, y)
        if "kangaroo pocket" in self.details:
            low = t.bottom - self.rib - 4
            right = line((40, low - 66), (62, low - 22), (62, low))
            pouch = join(mirror(right[:1]), right, mirror(right)[:2])
            canvas.shade(shift(pouch, 0, -2), 0.14, 6)
            canvas.fill(pouch, look.base, Material(8, 0.35, 0.3, 0.07))
            canvas.stitch(pouch[:3], thread(look.base), 2.5)
        if "welt pockets" in self.details:
            for side in (1.0, -1.0):
                slit = line((42, t.bottom - 92), (60, t.bottom - 50)) * (side, 1.0)
                canvas.crease(slit, 4, 0.45)
                canvas.stroke(slit, 2.2, darker(look.base, 0.5))
        if "emblem" in self.details and look.pattern != "Graphic":
            prints.emblem(canvas, look, 44, y - 12)

    def _flap_pockets(self, canvas: Canvas, look: Look, y: float) -> None:
        """Two buttoned chest pockets."""
        pocket = line((24, y - 4), (60, y - 4), (58, y + 32), (42, y + 38), (26, y + 32))
        flap = line((22, y - 6), (62, y - 6), (62, y + 8), (42, y + 15), (22, y + 8))
        for side in (1.0, -1.0):
            canvas.stitch(pocket * (side, 1.0), thread(look.base))
            canvas.shade(shift(flap * (side, 1.0), 0, 2), 0.3, 4)
            canvas.fill(flap * (side, 1.0), look.paint, Material(7, 0.45, 0.25, 0.02))
            buttons(canvas, [y + 8], 42 * side, BRASS, 2.4)

    def _neck(self, canvas: Canvas, look: Look) -> None:
        """Whatever closes the garment at the neck, on top of all."""
        front = necks.neckline(self.torso, self.neck)
        colour = self._trim_colour(look)
        if self.neck == "collar":
            contrast = self.trim == "contrast" or (
                self.closure == "placket" and look.pattern == "Striped"
            )
            necks.collar(canvas, self.torso, look, 3.0, colour if contrast else None)
        elif self.neck == "band":
            necks.band_collar(canvas, self.torso, look)
        elif self.neck == "turtle":
            necks.turtle(canvas, self.torso, look)
        elif self.neck == "hood":
            cord = WHITE if luma(look.base) < 0.6 else mix(look.base, (0.2, 0.2, 0.22), 0.6)
            necks.hood_edges(canvas, self.torso, look, cord)
        elif self.neck == "lapel":
            necks.lapels(canvas, self.torso, look)
        else:
            necks.rib(canvas, self.torso, front, colour, 9.0 if self.rib else 6.5)
