"""Wire models of events and of the report on them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.wire.schemas import Given, ItemId
from twinset.events.event_store import Kind

MAX_EVENTS = 100
RequestId = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")
]
Surface = Annotated[str, StringConstraints(max_length=32, pattern=r"^[A-Za-z0-9._-]*$")]


class EventIn(Given):
    """One thing that a shopper did with an item of an answer; nothing about the shopper."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind = Field(description="What was done: seen, click, basket or bought.")
    request_id: RequestId = Field(description="The `request_id` of the answer with the item.")
    item_id: ItemId
    position: int = Field(0, ge=0, le=1_000_000, description="The item's `rank` in the answer.")
    surface: Surface = Field("", description="Where it was shown: `search`, `widget`, ...")


class EventBatch(Given):
    """What a page collected since it sent last."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    events: list[EventIn] = Field(min_length=1, max_length=MAX_EVENTS)


class EventReceipt(BaseModel):
    """The events are kept; those sent before are kept once."""

    request_id: str
    received: int


class WordsCount(BaseModel):
    words: str
    searches: int
    nothing: int = Field(description="Searches that found nothing.")
    low: int = Field(description="Searches that found products, none of them a close match.")
    clicked: int = Field(description="Searches with a click.")
    best: float | None = Field(description="Mean score of the first hit.")
    relevance: float | None = Field(description="Mean relevance of the most relevant hit.")


class PhotoCount(BaseModel):
    kind: str = Field(description="What the photos were seen to show; empty if nothing was.")
    searches: int
    nothing: int = Field(description="Searches that found nothing.")
    low: int = Field(description="Searches that found products, none of them a close match.")
    clicked: int = Field(description="Searches with a click.")


class PhotoDay(BaseModel):
    day: str
    kind: str
    searches: int


class Rate(BaseModel):
    key: str = Field(description="The surface, position or version.")
    seen: int
    clicks: int
    baskets: int
    bought: int
    click_through: float | None = Field(description="Clicks per item seen.")


class DayCount(BaseModel):
    day: str
    words: int
    photo: int
    item: int
    blend: int


class AnalyticsReport(BaseModel):
    """What people looked for, found and clicked in the last days."""

    request_id: str
    days: int
    searches: int
    events: int
    top: list[WordsCount] = Field(description="The most frequent words.")
    in_vain: list[WordsCount] = Field(
        description="Words that most often found nothing, or nothing close."
    )
    by_day: list[DayCount]
    photos: list[PhotoCount] = Field(description="Searches by photo, by what they show.")
    photos_by_day: list[PhotoDay]
    by_surface: list[Rate]
    by_position: list[Rate]
    by_version: list[Rate]
