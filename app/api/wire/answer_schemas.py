"""Response models: what the service answers, as the OpenAPI document declares it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.api.wire.understood_schemas import PhotoUnderstood, Understood
from app.recommend.query import MAX_VARIANTS

Scalar = str | int | float | bool | list[str] | None


class Item(BaseModel):
    """The fields of a product: those named here, and every attribute of the catalogue."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "title": "Blue striped shirt",
                    "image_url": "/items/1042/image",
                    "price": 39.9,
                    "gender": "Women",
                    "baseColour": "Blue",
                }
            ]
        },
    )
    __pydantic_extra__: dict[str, Scalar]

    title: str | None = None
    image_url: str | None = Field(None, description="Relative to this service; null if none.")


class ScorePart(BaseModel):
    """What something adds to a score; less than nothing if it takes away."""

    part: str = Field(
        description="By vectors: `photo`, `item`, `words` (their meaning), `positive`, `negative` "
        "(a signal), `edited` (a photo or item as changed), `liked`, `disliked`. Beside them: "
        "`lexical` (words and codes of the item), `preference`, `changes and kept values`, "
        "`no picture`. `order`: found late by an approximate index.",
        examples=["words"],
    )
    of: str = Field("", description="Which signal, from 0, or the field of a preference.")
    value: float


class Hit(BaseModel):
    """An item in a ranked list."""

    id: str
    rank: int = Field(ge=1, description="Place in the whole list, from 1.")
    score: float = Field(
        ge=-1.001,
        le=1.001,
        description="Cosine similarity; by words, raised towards 1 by what fits the item.",
    )
    relevance: float | None = Field(
        None,
        ge=0,
        le=1,
        description="How often an item that scores as much is what was asked for: of the kind, and "
        "of the colour and gender that were said. Left out if nothing was calibrated.",
    )
    item: Item
    matched_image: str | None = Field(
        None,
        description="Of an item with several pictures, the one that the photo found it by; "
        "relative to this service. Left out if no photo was sent.",
        examples=["/items/1042/image?view=2"],
    )
    variants: list[str] = Field(
        default_factory=list,
        max_length=MAX_VARIANTS,
        description="With `group_by`: the other matching items of the group.",
    )
    same_picture: list[str] = Field(
        default_factory=list,
        max_length=MAX_VARIANTS,
        description="Other matching items with the same picture, which have no place of their own. "
        "Left out if there are none.",
    )
    explain: list[ScorePart] | None = Field(
        None, description="The parts of the score, if asked for; they add up to it within 1e-4."
    )
    same: dict[str, str] | None = Field(
        None,
        description="With `explain`: what the item has of what the query was itself seen to be of: "
        "values that words named, what a photo was told to show, what stays of an edit, the item's "
        "own, and those that several items share.",
    )
    differs: dict[str, str] | None = Field(
        None, description="With `explain`: what the item has instead of it."
    )


class Entry(BaseModel):
    """An item in a plain list."""

    id: str
    item: Item
    variants: list[str] = Field(
        default_factory=list,
        max_length=MAX_VARIANTS,
        description="With `group_by`: the other matching items of the group.",
    )


class Model(BaseModel):
    """What answered: the encoder, its version, and the version of the index."""

    name: str
    version: str
    index: str


class ValueCount(BaseModel):
    value: str | float | bool
    count: int


class ValuesFacet(BaseModel):
    """The most frequent values of a field, most frequent first."""

    kind: Literal["values"] = "values"
    field: str
    distinct: int = Field(description="How many values there are in all.")
    values: list[ValueCount]


class RangeFacet(BaseModel):
    """The smallest and largest value of a number field; null if no item has a value."""

    kind: Literal["range"] = "range"
    field: str
    min: float | None
    max: float | None


Facet = Annotated[ValuesFacet | RangeFacet, Field(discriminator="kind")]


class KindGuess(BaseModel):
    """A kind of the catalogue that a photo may show."""

    kind: str
    confidence: float = Field(ge=0, le=1, description="How often such a guess is right.")


class Region(BaseModel):
    """A part of a photo that shows a garment."""

    box: list[float] = Field(
        min_length=4,
        max_length=4,
        description="`x1, y1, x2, y2` as fractions of the photo's sides.",
    )
    kind: str | None = Field(None, description="Its likeliest kind, if kinds are known.")
    confidence: float | None = Field(None, ge=0, le=1)


class Page(BaseModel):
    limit: int
    offset: int
    exhausted: bool = Field(description="True when no further item follows this page.")
    cursor: str | None = Field(
        None,
        description="Of the next page, to read this very list on; left out on the last page, and "
        "with a browser key.",
    )
    total: int = Field(description="How long the whole list is: items, or with `group_by` groups.")


class Recommendations(BaseModel):
    """Items, most similar first."""

    request_id: str
    model: Model
    items: list[Hit]
    page: Page
    understood: Understood | PhotoUnderstood | None = Field(
        None,
        description="Left out unless words of the query were read as more than their meaning, or "
        "a kind steers the search by photo.",
    )
    kinds: list[KindGuess] | None = Field(
        None,
        description="What a photo is seen to show: kinds of the catalogue, likeliest first. Left "
        "out if no photo was sent, the encoder cannot tell, or the catalogue names no kinds.",
    )
    regions: list[Region] | None = Field(
        None,
        description="Parts of a photo that show a garment each: with `regions=true`, and if the "
        "items are those of several garments in turns.",
    )
    nothing_fits: bool = Field(
        False,
        description="True if a photo shows no garment, or if no item here is likely to be right "
        "(`relevance` 0.05). For a photo of something else no items are returned unless "
        "`min_relevance` is 0; otherwise they are, unless `min_relevance` leaves them out. Left "
        "out if false.",
    )
    facets: list[Facet] | None = Field(None, description="Left out unless asked for.")
    took_ms: float


class ItemList(BaseModel):
    """Items in catalogue order, or in that of the field to sort by."""

    request_id: str
    model: Model
    items: list[Entry]
    page: Page
    total: int = Field(description="Items, or with `group_by` groups, that match in all.")
    facets: list[Facet] | None = Field(None, description="Left out unless asked for.")
    took_ms: float


class ItemDetail(BaseModel):
    """One item, and the other items of its style (the same `group_id`)."""

    request_id: str
    id: str
    item: Item
    images: list[str] = Field(description="Every picture, the main one first.")
    variants: list[str] = Field(max_length=MAX_VARIANTS)


class Facets(BaseModel):
    request_id: str
    total: int = Field(description="Items that match the filter.")
    facets: list[Facet]
    took_ms: float


class Health(BaseModel):
    status: Literal["ok"] = "ok"
