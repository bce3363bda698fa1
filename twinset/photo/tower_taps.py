"""Which inner tensors of the image tower the photo head reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Taps:
    """Inner tensors (n, c, h, w) of a model to put out too.

    Of the `pooled` ones come the means over (h, w), then the maxima; of the `whole` one all values.
    """

    pooled: tuple[str, ...] = ()
    whole: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return self.pooled if self.whole is None else (*self.pooled, self.whole)


NO_TAPS = Taps()
