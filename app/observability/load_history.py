"""How many requests came in each of the last sixty minutes, and how long they took."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

MINUTES = 60
# Times are counted in steps that grow by a tenth, so that a percentile is off by less than 5 %.
_FASTEST_S, _GROWTH, _STEPS = 0.000_25, 1.1, 128
_PER_STEP = 1 / math.log(_GROWTH)


@dataclass
class Minute:
    """The requests of one minute; `began` is its first second, since 1970.

    `steps` counts requests by how long they took; see `percentile`.
    """

    began: int
    requests: int = 0
    errors_4xx: int = 0
    errors_5xx: int = 0
    steps: list[int] = field(default_factory=lambda: [0] * _STEPS)

    def percentile(self, share: float) -> float | None:
        """The seconds within which this share of the requests was answered; None if none came."""
        return percentile(self.steps, share)


class LoadHistory:
    """The minutes of one worker. Used from the event loop alone.

    Example:
        >>> load = LoadHistory()
        >>> load.note(0.012, 200)
        >>> load.hour().requests
        1
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._minutes = [Minute(-1) for _ in range(MINUTES)]

    def note(self, seconds: float, status: int) -> None:
        """Count a request that was answered with this status."""
        began = int(self._clock()) // 60 * 60
        place = began // 60 % MINUTES
        minute = self._minutes[place]
        if minute.began != began:
            minute = self._minutes[place] = Minute(began)
        minute.requests += 1
        minute.errors_4xx += 400 <= status < 500
        minute.errors_5xx += status >= 500
        minute.steps[_step_of(seconds)] += 1

    def minutes(self) -> list[Minute]:
        """The last sixty, oldest first; the last one is still running."""
        latest = int(self._clock()) // 60 * 60
        wanted = range(latest - 60 * (MINUTES - 1), latest + 60, 60)
        held = {minute.began: minute for minute in self._minutes}
        return [held.get(began) or Minute(began) for began in wanted]

    def hour(self) -> Minute:
        """The sixty as one."""
        minutes = self.minutes()
        return Minute(
            minutes[0].began,
            sum(one.requests for one in minutes),
            sum(one.errors_4xx for one in minutes),
            sum(one.errors_5xx for one in minutes),
            [sum(counts) for counts in zip(*(one.steps for one in minutes), strict=True)],
        )


def percentile(steps: Sequence[int], share: float) -> float | None:
    """The middle of the step that the request at this share, from the fastest, fell into."""
    total = sum(steps)
    if total == 0:
        return None
    rank, seen = max(1, math.ceil(share * total)), 0
    for step, count in enumerate(steps):
        seen += count
        if seen >= rank:
            return float(_FASTEST_S * _GROWTH ** (step - 0.5)) if step else _FASTEST_S / 2
    raise AssertionError("the steps hold fewer requests than their sum")


def _step_of(seconds: float) -> int:
    """The number of a time's step; 0 for anything faster than the first."""
    if seconds <= _FASTEST_S:
        return 0
    return min(int(math.log(seconds / _FASTEST_S) * _PER_STEP) + 1, _STEPS - 1)
