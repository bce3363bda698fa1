"""From the bytes of an upload to a small upright image, off the event loop."""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from PIL.Image import Image

from app.concurrency.pools import BoundedPool
from twinset.encoders.dual_encoder import stretch
from twinset.images.decode import ImageLimits, crop_box, decode_image, is_costly, is_within

Box = tuple[float, float, float, float]
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


class Decoder:
    """Decodes uploads on a bounded pool, to the `size` (width, height) that the encoder takes.

    `prepare` is how the encoder resizes a picture, if it does not stretch it.
    """

    def __init__(
        self,
        pool: BoundedPool,
        limits: ImageLimits,
        size: tuple[int, int],
        prepare: Callable[[Image], Image] | None = None,
    ) -> None:
        self._pool = pool
        self._limits = limits
        self._size = size
        self._prepare = prepare or (lambda image: stretch(image, *size))
        self._costly = threading.Lock()

    @property
    def is_full(self) -> bool:
        """True if one more image would be refused."""
        return self._pool.is_full

    async def decode(
        self, data: bytes, box: Box | None = None, deadline: float | None = None
    ) -> Image:
        """The part of the image inside `box`, or all if there is none, upright and RGB.

        `deadline` is as for the pool.

        Raises:
            ImageError: see `twinset.images.decode.decode_image`.
            Overloaded: too many images wait.
        """
        return await self._pool.run(self._job(data, box or WHOLE), deadline)

    async def shrink(self, data: bytes, side: int) -> bytes:
        """The whole image as a JPEG whose longer side is at most `side` pixels.

        Raises:
            ImageError, Overloaded: as `decode`.
        """
        return await self._pool.run(partial(self._shrink, data, side))

    async def narrow(self, data: bytes, width: int) -> bytes | None:
        """The whole image as a JPEG that is `width` pixels wide; None if it is no wider.

        Raises:
            ImageError, Overloaded: as `decode`.
        """
        return await self._pool.run(partial(self._narrow, data, width))

    def _shrink(self, data: bytes, side: int) -> bytes:
        with self._turn(data, (side, side)):
            image = decode_image(data, self._limits, (side, side))
            image.thumbnail((side, side))
        return _as_jpeg(image)

    def _narrow(self, data: bytes, width: int) -> bytes | None:
        if is_within(data, width):  # upright or on its side: nothing to decode
            return None
        with self._turn(data, (width, width)):
            image = decode_image(data, self._limits, (width, width))
            if image.width <= width:
                return None
            image.thumbnail((width, self._limits.max_side))
        return _as_jpeg(image)

    def _job(self, data: bytes, box: Box) -> Callable[[], Image]:
        target = self._target(box)

        def job() -> Image:
            with self._turn(data, target):
                image = decode_image(data, self._limits, target)
                if box != WHOLE:
                    image = crop_box(image, box)
                # Here and not in the encoder's thread: what waits for a batch is then small.
                return self._prepare(image)

        return job

    def _turn(self, data: bytes, target: tuple[int, int]) -> AbstractContextManager[object]:
        """One at a time if an image takes hundreds of megabytes, however many cores there are."""
        return self._costly if is_costly(data, target) else nullcontext()

    def _target(self, box: Box) -> tuple[int, int]:
        # A crop needs its pixels within the box, so the whole photo must be that much larger.
        x1, y1, x2, y2 = box
        width, height = self._size
        scale = 1 / max(min(x2 - x1, y2 - y1), 1e-3)
        return math.ceil(width * scale), math.ceil(height * scale)


def _as_jpeg(image: Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
