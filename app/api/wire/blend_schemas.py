"""Wire models of `POST /recommend`: things to be like and unlike."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from app.api.wire.schemas import Box, EditOptions, Filter, Given, ImageFile, ItemId, Words
from app.recommend import query
from app.recommend.query import MAX_SIGNALS

Weight = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]


class Signal(Given):
    """One thing to be like or unlike: exactly one of an image, a text or an item."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: ImageFile | None = Field(
        None, description="An image file in base64 or as a data: address."
    )
    box: Box | None = Field(
        None,
        description="Beside an image: the part of it to look at, as fractions of its sides.",
        examples=[[0.1, 0.2, 0.9, 1]],
    )
    kind: Filter | None = Field(
        None,
        max_length=256,
        description="Beside an image: the kind of item to look for, one of the catalogue's.",
        examples=["Dresses"],
    )
    text: Words | None = None
    item_id: ItemId | None = None
    weight: Weight | None = Field(
        None,
        description="How much it counts. By default 1, and 0.5 for all negative signals together "
        "(0.2 if every positive signal is a text).",
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(side is not None for side in (self.image, self.text, self.item_id)) != 1:
            raise ValueError("give exactly one of image, text and item_id")
        if self.box is not None and self.image is None:
            raise ValueError("a box belongs to an image")
        if self.kind is not None and self.image is None:
            raise ValueError("a kind belongs to an image")
        return self

    def to_query(self) -> query.Signal:
        """The signal as the domain reads it."""
        return query.Signal(self.image, self.box, self.text, self.item_id, self.weight, self.kind)


class BlendQuery(EditOptions):
    """What the items should be like, and what they should be unlike."""

    positive: list[Signal] = Field(min_length=1, max_length=MAX_SIGNALS)
    negative: list[Signal] = Field(default_factory=list, max_length=MAX_SIGNALS)
