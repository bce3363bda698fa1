"""Wire models of completions and synonyms."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.wire.schemas import Given
from twinset.words.synonyms.synonym_file import Source
from twinset.words.synonyms.synonyms import DEFAULT_LINE, MAX_LINE, MAX_LINES

_EXAMPLE = [DEFAULT_LINE, "kicks, sneakers", "purse => handbag, wallet"]
Line = Annotated[str, StringConstraints(max_length=MAX_LINE, pattern=r"^[^\r\n\x00]*$")]


class WireSuggestion(BaseModel):
    """A query that begins like what was typed."""

    text: str = Field(examples=["red dresses"])
    part: str = Field(
        description="What completes it: `kind`, `brand`, `colour` or another part, `word` or "
        "`title` of the items, or `query` if others search so.",
        examples=["kind"],
    )
    field: str | None = Field(
        None, description="The field of the value, if it is one.", examples=["articleType"]
    )


class SuggestionList(BaseModel):
    """Completions, best first."""

    request_id: str
    suggestions: list[WireSuggestion]
    corrected: str | None = Field(
        None, description="What was completed instead of what was typed, if nothing begins so."
    )
    took_ms: float


class SynonymLines(Given):
    """Synonyms as lines of a file: `a, b` mean the same, `a => b` reads a as b."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lines: list[Line] = Field(
        max_length=MAX_LINES,
        description=f"`{DEFAULT_LINE}` brings in the list of Twinset; `#` begins a comment.",
        examples=[_EXAMPLE],
    )


class SynonymList(BaseModel):
    """The synonyms that count now."""

    request_id: str
    source: Source = Field(description="Set live, from the shop's own file, or from Twinset.")
    lines: list[str] = Field(examples=[_EXAMPLE])
