"""Photos among the signals of a blend: read like a photo alone, and refused like one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from app.recommend.engine import Engine, Vector
from app.recommend.photos.photo_answers import look_at
from app.recommend.photos.photo_search import PhotoLook, PhotoQuery
from app.recommend.query import Signal
from app.recommend.ranking import RankedPage
from twinset.index.index_versions import IndexVersion

Read = tuple[Vector, PhotoLook | None]


class Searches(Protocol):
    """Runs work on a search thread."""

    def __call__(self, work: Callable[[], Vector]) -> Awaitable[Vector]: ...


@dataclass(frozen=True)
class SignalReader:
    """Reads the signals of one blend; `anything` as in `PhotoQuery`."""

    engine: Engine
    version: IndexVersion
    search: Searches
    anything: bool

    async def read(self, signal: Signal) -> Read:
        """The vector of a signal whose item, if it names one, is there; and what a photo was read
        as.

        Raises:
            InvalidInput: no item is of the kind that the signal names.
        """
        if signal.image is not None:
            asked = PhotoQuery(signal.box, signal.kind, anything=self.anything)
            return await look_at(self.engine, self.version, signal.image, asked)
        if signal.text is not None:
            return await self.engine.encode_text(signal.text), None
        row = self.version.items.row_of(signal.item_id or "") or 0
        return await self.search(partial(self.version.index.vector, row)), None


def seen_of(positive: Sequence[Read]) -> PhotoLook | None:
    """What the first photo among the positive signals was read as; None if there is no photo."""
    return next((look for _, look in positive if look is not None), None)


def refusal(positive: Sequence[Read]) -> RankedPage | None:
    """The page that says that nothing fits, if every positive signal is a photo of something
    else."""
    looks = [look for _, look in positive]
    if all(look is not None and look.nothing_fits for look in looks):
        return RankedPage([], exhausted=True, photo=looks[0], nothing_fits=True)
    return None
