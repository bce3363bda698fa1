"""Lists that callers read on by a cursor: the state that they belong to, and the next cursor."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from app.api.reading.etags import tag_of
from app.api.wire.blend_schemas import BlendQuery
from app.api.wire.schemas import ListOptions
from app.concurrency.embedding_cache import digest
from app.recommend.lists.cursors import LASTS_S, Place, read_cursor
from app.recommend.recommender import Recommender
from app.service_errors import CursorExpired, InvalidCursor
from app.state import State

Options = TypeVar("Options", bound=ListOptions)
# Which part of a list is shown, and how: a caller may change these from page to page. An entry of a
# batch says its route and its item among its options.
_SHOWN = ("limit", "offset", "fields", "facets", "facet_limit", "explain")
_FREE = (*_SHOWN, "cursor", "route", "id")
# Photos are told apart by their digests: to write them out takes as long as to read them.
_PHOTOS = {"image": True, "positive": {"__all__": {"image"}}, "negative": {"__all__": {"image"}}}
_NOT_DECIDING: dict[str, Any] = {**dict.fromkeys(_FREE, True), **_PHOTOS}


@dataclass(frozen=True)
class Pinned(Generic[Options]):
    """A list as it was when its first page was answered.

    `options` are the caller's, with the offset of the page; `asked` is everything that decides the
    list.
    """

    recommender: Recommender
    options: Options
    asked: bytes
    begun: int
    key: bytes

    def tag(self, *more: str) -> str:
        """The ETag of the page, which holds until the catalogue or the model changes, and, since
        the page may have a cursor, no longer than half of the time that a cursor lasts."""
        shown = repr([getattr(self.options, name, None) for name in _SHOWN])
        age = str(self.begun // (LASTS_S // 2)) if self.has_cursor else ""
        return tag_of(self.recommender.revision, self.asked.hex(), shown, age, *more)

    @property
    def place(self) -> Place:
        """Where the page stands in the list."""
        version = self.recommender.version
        return Place(version.name, version.sequence, self.options.offset, self.begun)

    @property
    def has_cursor(self) -> bool:
        """False for browser keys, for which earlier states are not kept."""
        return not self.recommender.version.restricted

    def next_cursor(self) -> str:
        """The cursor of the page behind this one."""
        self.recommender.has_cursors = True
        offset = self.options.offset + self.options.limit
        return replace(self.place, offset=offset).write(self.key, self.asked)


async def pin(
    state: State, live: Recommender, options: Options, route: str, *subjects: bytes
) -> Pinned[Options]:
    """The list that a request asks for: of its cursor's state if it has one, else of `live`.

    `route` and `subjects` are what the list is about, beside the options.

    Raises:
        InvalidCursor: the cursor was given for another list, or comes with an offset.
        CursorExpired: the state is no longer kept.
    """
    decided = b"{}"
    if not options.model_fields_set.issubset(_FREE):
        decided = options.model_dump_json(exclude=_NOT_DECIDING, exclude_defaults=True).encode()
    asked = b"\0".join((route.encode(), decided, *subjects))
    key, now = state.cursor_key, time.time()
    if live.version.restricted and options.cursor is not None:
        raise CursorExpired  # of a list that was begun with another key
    if options.cursor is None:
        return Pinned(live, options, asked, int(now), key)
    if options.offset:
        raise InvalidCursor
    place = read_cursor(options.cursor, key, asked, now)
    recommender = await state.recommender_at(place, live)
    options = options.model_copy(update={"offset": place.offset})
    return Pinned(recommender, options, asked, place.begun, key)


async def digests(query: BlendQuery) -> list[bytes]:
    """What tells the photos of a blend apart from others, in their order."""
    signals = [*query.positive, *query.negative]
    return [b"-" if one.image is None else await digest(one.image) for one in signals]
