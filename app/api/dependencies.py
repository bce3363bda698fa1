"""Parameters of routes, so that each route reads like a type signature."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from app.api.reading.plain_query import fields_of, plain_values
from app.api.wire.photo_schemas import ImageOptions
from app.api.wire.schemas import EditOptions, FacetOptions, ListOptions
from app.http.bodies.multipart import Parts, read_form
from app.http.public_keys import RESTRICTION
from app.recommend.recommender import Recommender
from app.service_errors import MalformedBody
from app.state import State
from twinset.errors import NotReady

_IMAGE_FIELDS = fields_of(ImageOptions)


@dataclass(frozen=True)
class Call:
    """What an answer says of its request: the id, and the time it took."""

    request_id: str
    start: float
    prefix: str = ""  # the path that the service is mounted at

    @property
    def took_ms(self) -> float:
        return round((time.perf_counter() - self.start) * 1000, 2)


@dataclass(frozen=True)
class ImageForm:
    """A parsed upload."""

    image: bytes
    options: ImageOptions


# Each is a coroutine although it awaits nothing: the framework runs plain functions on threads.


async def get_state(request: Request) -> State:
    """The service's state, held by its application."""
    state: State = request.app.state.service
    return state


StateDep = Annotated[State, Depends(get_state)]


async def get_recommender(request: Request) -> Recommender:
    """The live recommender, read once per request, so that a switch does not change it.

    With a browser key it knows only the items that match the key's filter.
    """
    state: State = request.app.state.service
    bound = request.scope["state"].get(RESTRICTION)
    live = live_recommender(state)
    return live if bound is None else state.restricted(live, bound)


def live_recommender(state: State) -> Recommender:
    """The recommender that answers now.

    Raises:
        ArtefactError: its files were refused at start.
        NotReady: it is not there yet.
    """
    if state.failure is not None:
        raise state.failure
    if state.recommender is None:
        raise NotReady("The service is starting.")
    return state.recommender


RecommenderDep = Annotated[Recommender, Depends(get_recommender)]


async def get_call(request: Request) -> Call:
    """The request's id and clock, which `app.http.request_context` sets."""
    state = request.scope["state"]
    return Call(state["request_id"], state["start"], request.scope.get("root_path", ""))


CallDep = Annotated[Call, Depends(get_call)]


async def read_image_form(request: Request) -> ImageForm:
    """The image and the options of a multipart body, if both fit.

    Raises:
        UnsupportedBody, MalformedBody, IncompleteBody: see `app.http.bodies.multipart`.
        RequestValidationError: a field is missing, repeated, unknown or out of range.
    """
    parts = await read_form(request.stream(), request.headers.get("content-type", ""))
    image = _only_image(parts)
    try:
        return ImageForm(image, ImageOptions.model_validate(_form_values(parts)))
    except ValidationError as error:
        raise located(error, "body") from None


def located(error: ValidationError, place: str) -> RequestValidationError:
    """A model's refusal as the framework's own error, in a part of the request: body or query."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    return RequestValidationError(
        [{**detail, "loc": (place, *detail["loc"])} for detail in details]
    )


def _only_image(parts: Parts) -> bytes:
    images = [value for name, value in parts if name == "image"]
    if not images:
        raise _refusal("image", "missing", "Field required")
    if len(images) > 1:
        raise _refusal("image", "too_many", "Send one image")
    if isinstance(images[0], str):
        raise _refusal("image", "file_expected", "Send a file, not text")
    return images[0]


def _form_values(parts: Parts) -> dict[str, Any]:
    texts = [(n, v if isinstance(v, str) else _text(v)) for n, v in parts if n != "image"]
    return plain_values(texts, *_IMAGE_FIELDS)


def _text(part: bytes) -> str:
    # Some clients name a file for each part.
    try:
        return part.decode()
    except UnicodeDecodeError:
        raise MalformedBody("A form field is not UTF-8 text.") from None


def _refusal(field: str, code: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("body", field), "type": code, "msg": message}])


ImageFormDep = Annotated[ImageForm, Depends(read_image_form)]
SearchQuery = Annotated[EditOptions, Query()]
ListQuery = Annotated[ListOptions, Query()]
FacetQuery = Annotated[FacetOptions, Query()]
ItemIdPath = Annotated[str, Path(alias="id", description="The item's id, percent-encoded.")]
IfNoneMatch = Annotated[str | None, Header(description="ETags that the caller holds.")]
