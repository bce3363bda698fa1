"""What the service says that it understood of a query of words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from app.recommend.photos.photo_search import PhotoLook
from twinset.edits.kept_values import Kept
from twinset.words.query import parts
from twinset.words.query.parts import SPELLING, Effect


class UnderstoodPart(BaseModel):
    """What some words of the query ask of a field."""

    part: str = Field(
        description="Names the part in `understand`: the role of the field, such as `colour`, "
        "`kind` or `price`, or else its name; `negation` if it is unwanted."
    )
    field: str
    words: str = Field(description="The words of the query that said so.")
    values: list[str] = Field(description="Values of the field; none for a price.")
    near: list[str] | None = Field(
        None, description="Values that fit less well, as Unisex does if men's things are wanted."
    )
    filter: str | None = Field(None, description="The condition, if the part filters.")

    @classmethod
    def of(cls, part: parts.Part) -> Self:
        return cls(
            part=part.name,
            field=part.field,
            words=part.words,
            values=list(part.values),
            near=list(part.near) or None,
            filter=part.condition,
        )


class Reworded(BaseModel):
    """Words of the query that were read as others."""

    model_config = ConfigDict(populate_by_name=True)

    before: str = Field(serialization_alias="from", validation_alias="from")
    after: str = Field(serialization_alias="to", validation_alias="to")


class KeptValues(BaseModel):
    """What stays of a photo or an item that words change."""

    part: str = Field(description="The role of the field, such as `kind` or `colour`.")
    field: str
    values: dict[str, float] = Field(
        description="Its values and how sure each is: 1 for an item's own; a photo's are told from "
        "the items that look like it."
    )


class QueryLanguage(BaseModel):
    """A language other than English."""

    code: str = Field(description="ISO 639 code.", examples=["de"])
    confidence: float = Field(ge=0, le=1, description="1 if `lang` was given.")
    spoken: bool = Field(
        description="False if the encoder does not understand this language. A dictionary may "
        "still read it: see `translated`."
    )
    translated: str | None = Field(
        None,
        description="The query in English, as far as it could be read; other words stay as typed.",
    )

    @classmethod
    def of(cls, found: parts.Understood) -> Self | None:
        """The language of a query, as it is sent; None if it is English."""
        language = found.language
        if language is None:
            return None
        return cls(
            code=language.code,
            confidence=round(language.confidence, 3),
            spoken=language.spoken,
            translated=found.translated,
        )


class SteeringKind(BaseModel):
    """The kind whose items come earlier in a search by photo."""

    field: str
    value: str
    confidence: float = Field(ge=0, le=1, description="1 if the caller named the kind.")


class PhotoUnderstood(BaseModel):
    """What the service read out of a photo, beside its likeness."""

    kind: SteeringKind

    @classmethod
    def of(cls, look: PhotoLook) -> Self | None:
        """What steers, as it is sent; None if nothing does."""
        if look.steered is None or look.field is None:
            return None
        guess = look.steered
        return cls(
            kind=SteeringKind(field=look.field, value=guess.kind, confidence=guess.confidence)
        )


class Understood(BaseModel):
    """What the service read out of a query of words, beside its meaning."""

    words: str = Field(description="What is left to compare by meaning, corrected.")
    preferred: list[UnderstoodPart] = Field(description="Items with these values come earlier.")
    filtered: list[UnderstoodPart] = Field(description="Only items that meet these are returned.")
    unwanted: list[UnderstoodPart] = Field(description="Items with these values are left out.")
    not_applied: list[UnderstoodPart] = Field(
        description="Filters that were understood but not applied, because no item meets them."
    )
    corrected: list[Reworded] = Field(description="Slips of the keyboard.")
    synonyms: list[Reworded] = Field(
        description="Words that the catalogue does not use, and what was read instead."
    )
    language: QueryLanguage | None = Field(
        None, description="The language of the query; left out if it is English."
    )
    kept: list[KeptValues] | None = Field(
        None, description="With `edit`: what stays. `preferred` and `filtered` are what changes."
    )

    @classmethod
    def of(cls, found: parts.Understood, kept: Sequence[Kept] | None = None) -> Self:
        """What the domain understood, as it is sent; `kept` is what an edit does not change."""
        return cls(
            words=found.words,
            preferred=_with(Effect.PREFER, found.parts),
            filtered=_with(Effect.FILTER, found.parts),
            unwanted=_with(Effect.EXCLUDE, found.parts),
            not_applied=[UnderstoodPart.of(part) for part in found.unmet],
            corrected=[_reworded(one) for one in found.reworded if one.reason == SPELLING],
            synonyms=[_reworded(one) for one in found.reworded if one.reason != SPELLING],
            kept=None
            if kept is None
            else [KeptValues(part=o.name, field=o.field, values=dict(o.shares)) for o in kept],
            language=QueryLanguage.of(found),
        )


def _with(effect: Effect, found: Iterable[parts.Part]) -> list[UnderstoodPart]:
    return [UnderstoodPart.of(part) for part in found if part.effect is effect]


def _reworded(one: parts.Rewording) -> Reworded:
    return Reworded(before=one.before, after=one.after)
