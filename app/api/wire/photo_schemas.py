"""The form of a search by photo."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from app.api.wire.schemas import Box, EditOptions, Filter, blank_is_absent, parse_box
from app.recommend.photos.photo_search import PhotoQuery


class ImageOptions(EditOptions):
    """The form fields beside the image."""

    box: Annotated[
        Box | None,
        BeforeValidator(parse_box),
        BeforeValidator(blank_is_absent),
    ] = Field(
        None,
        description="The part of the image to search with, `x1,y1,x2,y2` as fractions of its "
        "width and height.",
    )
    kind: Annotated[Filter | None, BeforeValidator(blank_is_absent)] = Field(
        None,
        max_length=256,
        description="The kind of item to look for, one of the catalogue's: others come after it.",
        examples=["Dresses"],
    )
    understand: bool = Field(
        True,
        description="Let what the photo is seen to show steer: its kind counts for more than the "
        "room around it. Without it the picture is compared as it is.",
    )
    regions: bool = Field(
        False,
        description="Name the box of each garment in `regions`. A photo of several is answered by "
        "items of each in turns, and says so, without being asked too.",
    )

    def to_look(self) -> PhotoQuery:
        """How the domain looks at the photo."""
        anything = self.min_relevance == 0
        return PhotoQuery(self.box, self.kind, self.understand, anything, self.regions)
