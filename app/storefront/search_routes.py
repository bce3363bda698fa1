"""Routes of the search page: by its address, and by a form that can hold a photo."""

from __future__ import annotations

import io
import time
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from PIL import Image

from app.api.dependencies import Call, CallDep, RecommenderDep
from app.concurrency.embedding_cache import digest
from app.http.bodies.multipart import read_form
from app.recommend.lists.cursors import Place, read_cursor
from app.recommend.recommender import Recommender
from app.service_errors import CursorExpired, IncompleteBody, InvalidCursor
from app.state import State
from app.storefront.api_snippets import call_of
from app.storefront.content import pages
from app.storefront.content.product_lists import style_field
from app.storefront.page_errors import PageRoute
from app.storefront.page_responses import SaidAlready, page, snippets_for, words_for
from app.storefront.page_state import PageState, read_page_state, to_pairs
from app.storefront.shared_photos import SharedPhotos
from twinset.events.event_store import Way
from twinset.text.base64_text import read_base64

router = APIRouter(route_class=PageRoute, include_in_schema=False)
# A page holds the photo that it was made for; the pixels that a search uses are fewer still.
_PHOTO_SIDE = 480


@router.api_route("/search", methods=["GET", "HEAD"])
async def search_page(request: Request, recommender: RecommenderDep, call: CallDep) -> Response:
    """A search by its address; if its photo is not kept, the page asks for the photo again."""
    pairs = request.query_params.multi_items()
    state, words = read_page_state(pairs), words_for(request)
    notice = words("photo.again") if state.wants_photo else ""
    if state.shared:
        photo = _photos(request).get(state.shared)
        notice = "" if photo else words("photo.expired")
        state = read_page_state(pairs, photo) if photo else replace(state, shared="")
    return await _search(request, recommender, call, state, notice)


@router.post("/search")
async def search_form(request: Request, recommender: RecommenderDep, call: CallDep) -> Response:
    """A search by a form, which can hold a photo, or name a product whose picture is the photo."""
    incomplete = SaidAlready(words_for(request)("photo.incomplete"))
    try:
        parts = await read_form(request.stream(), request.headers.get("content-type", ""))
    except IncompleteBody:
        raise incomplete from None
    files = [(name, value) for name, value in parts if isinstance(value, bytes)]
    upload = next((data for name, data in files if name == "image" and data), None)
    pairs = [(name, value) for name, value in parts if isinstance(value, str)]
    named = next((value for name, value in pairs if name == "photo_of"), None)
    if upload is None and named is not None:
        upload = (await recommender.image(named)).data
    if upload is not None:
        photo: bytes | None = await recommender.shrink(upload, _PHOTO_SIDE)
        pairs = [pair for pair in pairs if pair[0] not in ("box", "kind", "page")]
    else:
        try:
            photo = read_base64(dict(reversed(pairs)).get("photo", "")) or None
        except ValueError:
            raise incomplete from None
    state = read_page_state(pairs, photo)
    if ("share", "1") in pairs and state.photo is not None and share_minutes(request):
        state = replace(state, shared=_photos(request).keep(state.photo))
    return await _search(request, recommender, call, state, "")


async def _search(
    request: Request, live: Recommender, call: Call, state: PageState, notice: str
) -> Response:
    service: State = request.app.state.service
    pinned = await _pinned(service, live, state)
    recommender, state = pinned.recommender, replace(state, at=pinned.at)
    known = replace(state, like=_known(recommender, state.like))
    known = replace(known, unlike=_known(recommender, state.unlike) if known.ranked else ())
    results, panel = await pages.search(recommender, call, known)
    if not results.last and pinned.at:
        recommender.has_cursors = True
    if known.ranked and "x-typing" not in request.headers:
        kind = known.kind or next(iter(results.kinds), "")
        way, words = _way(known), known.words
        place = recommender.version.name, known.offset
        service.note_search(call.request_id, way, results.tiles, place, words, kind)
    return page(
        request,
        "search.html",
        state=known,
        results=results,
        panel=panel,
        notice=notice,
        currency=next((one.currency for one in results.tiles if one.currency), None),
        calls=snippets_for(request, call_of(known, style_field(recommender))),
        **_photo_values(request, known.photo),
    )


def _photo_values(request: Request, photo: bytes | None) -> dict[str, Any]:
    """The photo as the page holds it. A script shows the one copy of a page wherever it stands;
    without scripts the picture needs a copy of its own."""
    if photo is None:
        return {}
    with Image.open(io.BytesIO(photo)) as image:  # its header
        size = image.size
    return {
        "photo": b64encode(photo).decode(),
        "photo_size": size,
        "scripted": "x-scripted" in request.headers,
        "share_minutes": share_minutes(request),
    }


@dataclass(frozen=True)
class PinnedPage:
    """The state of the catalogue that a page is made of, and the cursor that says so."""

    recommender: Recommender
    at: str


async def _pinned(service: State, live: Recommender, state: PageState) -> PinnedPage:
    """The state that the first page of a list was made of, if it is still known; else the live
    one, so that an old address still shows its page."""
    version = live.version
    if version.restricted:
        return PinnedPage(live, "")  # earlier states are not kept for browser keys
    pairs = to_pairs(replace(state, page=1, at="", shared=""))
    photo = b"" if state.photo is None else await digest(state.photo)
    asked, key, now = b"page " + urlencode(pairs).encode() + photo, service.cursor_key, time.time()
    if state.page > 1 and state.at:
        with suppress(InvalidCursor, CursorExpired):
            place = read_cursor(state.at, key, asked, now)
            return PinnedPage(await service.recommender_at(place, live), state.at)
    place = Place(version.name, version.sequence, 0, int(now))
    return PinnedPage(live, place.write(key, asked))


def share_minutes(request: Request) -> int:
    """For how long a shared photo is kept; 0 if photos are not shared.

    Workers share no memory, so that a link would reach another worker half of the time.
    """
    settings = request.app.state.service.settings
    minutes: int = request.app.state.pages.shop.share_photos_minutes
    return minutes if settings.workers == 1 else 0


def _photos(request: Request) -> SharedPhotos:
    photos: SharedPhotos = request.app.state.shared_photos
    return photos


def _way(state: PageState) -> Way:
    """By what a page searches, as its search is counted."""
    signals = bool(state.words) + (state.photo is not None) + len(state.like)
    if signals > 1 or state.unlike:
        return "blend"
    return "photo" if state.photo is not None else "item" if state.like else "words"


def _known(recommender: Recommender, ids: Sequence[str]) -> tuple[str, ...]:
    # An address outlives the products that it names.
    return tuple(one for one in ids if recommender.version.items.row_of(one) is not None)
