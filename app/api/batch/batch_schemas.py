"""Wire models of a batch of searches."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from app.api.wire.answer_schemas import Recommendations
from app.api.wire.blend_schemas import BlendQuery
from app.api.wire.photo_schemas import ImageOptions
from app.api.wire.schemas import (
    EditOptions,
    Given,
    ImageFile,
    ItemId,
    TextQuery,
)
from app.http.problems import Problem

MAX_REQUESTS = 100


class ImageEntry(ImageOptions):
    """A search as of `POST /recommend/by-image`."""

    route: Literal["by-image"]
    image: ImageFile


class TextEntry(TextQuery):
    """A search as of `POST /recommend/by-text`."""

    route: Literal["by-text"]


class ItemEntry(EditOptions):
    """A search as of `GET /items/{id}/similar`."""

    route: Literal["similar"]
    id: ItemId


class BlendEntry(BlendQuery):
    """A search as of `POST /recommend`."""

    route: Literal["recommend"]


Entry = Annotated[
    ImageEntry | TextEntry | ItemEntry | BlendEntry,
    Field(discriminator="route"),
]


class RefusedEntry(BaseModel):
    """An entry that no search can be made of, and why: what pydantic says of each field."""

    details: list[dict[str, Any]]


def _keep_refused(value: object, read: ValidatorFunctionWrapHandler) -> object:
    # One entry that is wrong must not cost its neighbours their answers.
    try:
        return read(value)
    except ValidationError as error:
        return refused(error)


def refused(error: ValidationError) -> RefusedEntry:
    """What is kept of a refusal: where and why, never what was sent."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    return RefusedEntry(details=[{**one, "loc": ("body", *one["loc"][1:])} for one in details])


class BatchQuery(Given):
    """Searches that are answered together, each as its own route would answer it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "requests": [
                        {"route": "by-text", "query": "red summer dress", "limit": 5},
                        {"route": "similar", "id": "1042", "group_by": "group_id"},
                    ]
                }
            ]
        },
    )

    requests: list[Annotated[Entry, WrapValidator(_keep_refused)]] = Field(
        min_length=1, max_length=MAX_REQUESTS
    )


class BatchResult(BaseModel):
    """What one search would have been answered: an answer if the status is 200, else a problem."""

    status: int
    answer: Recommendations | None = None
    problem: Problem | None = None


class BatchAnswer(BaseModel):
    """The answers of a batch, in the order of its requests."""

    request_id: str
    results: list[BatchResult]
    took_ms: float
