"""Wire models of requests and responses: the HTTP surface, as the OpenAPI document declares it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Base64Bytes,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WrapValidator,
    model_validator,
)

from app.recommend import query
from app.recommend.lists.cursors import MAX_LENGTH
from app.recommend.query import MAX_ID, MAX_OFFSET, MAX_TASTES, MAX_TEXT, RELEVANCE
from twinset.text.base64_text import read_base64
from twinset.text.text_folding import plain
from twinset.words.query.parts import Switches

MAX_LIMIT = 100
MAX_VALUES = 1000  # of a field, in an answer with counts
MAX_FIELDS = 100  # of one object; no kind of request has a fifth of them

ItemId = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID)]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=128)]


def _visible(value: str) -> str:
    if not plain(value).strip():
        raise ValueError("must hold a character that can be seen")
    return value


Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT, pattern=r"\S"),
    AfterValidator(_visible),
]
Sort = Annotated[str, StringConstraints(min_length=1, max_length=129)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
LanguageTag = Annotated[
    str, StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")
]


def blank_is_absent(value: object) -> object:
    # HTML forms send empty fields.
    return None if isinstance(value, str) and not value.strip() else value


def _encodable(value: str) -> str:
    # JSON can carry half of a surrogate pair, which is no text.
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode text") from None
    return value


Filter = Annotated[str, AfterValidator(_encodable)]


class Given(BaseModel):
    """What a caller sends; refused at once if an object has very many fields.

    To name each unknown field would take a hundred times the memory of the body, and seconds in
    which no other request is answered.
    """

    @model_validator(mode="before")
    @classmethod
    def _few_fields(cls, value: object) -> object:
        if isinstance(value, dict) and len(value) > MAX_FIELDS:
            raise ValueError(f"has more than {MAX_FIELDS} fields")
        return cls._without_empty(value) if isinstance(value, dict) else value

    @classmethod
    def _without_empty(cls, value: dict[str, object]) -> dict[str, object]:
        """Treat a field as absent if it is null or empty text, as many clients write it."""
        empty = [
            name
            for name, given in value.items()
            if (given is None or (isinstance(given, str) and not given.strip()))
            and name in cls.model_fields
        ]
        return {name: value[name] for name in value if name not in empty} if empty else value


class ListOptions(Given):
    """The common fields of every list of items; what is not given has its default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(10, ge=1, le=MAX_LIMIT, description="How many items to return.")
    offset: int = Field(0, ge=0, le=MAX_OFFSET, description="How many items to pass over first.")
    filter: Annotated[Filter | None, BeforeValidator(blank_is_absent)] = Field(
        None,
        description="A condition that every item must meet.",
        examples=['gender = "Women" AND price 10 TO 50'],
    )
    exclude_ids: list[ItemId] = Field(
        default_factory=list,
        max_length=1000,
        description="Items to leave out. In a query string or a form, repeat the parameter.",
    )
    group_by: Annotated[FieldName | None, BeforeValidator(blank_is_absent)] = Field(
        None,
        description="Return the best item of each value of this field; `group_id` gives one of "
        "each style. Items without a value stand alone.",
    )
    fields: list[FieldName] = Field(
        default_factory=list,
        max_length=100,
        description="Fields of `item` to return, by default all. In a query string or a form, "
        "repeat the parameter.",
    )
    sort: Annotated[Sort, BeforeValidator(blank_is_absent)] = Field(
        RELEVANCE,
        description="`relevance`, or a field to sort by, with a minus before it for the largest "
        "first: `price`, `-year`, `title`. Text is sorted without regard to case and accents, "
        "numbers in it by size. Items without a value stand last. Without `min_score` a search "
        "sorts its 1,000 best items.",
        examples=["price"],
    )
    facets: list[FieldName] = Field(
        default_factory=list,
        max_length=100,
        description="Fields to count over everything that matches, each without the filter's own "
        "conditions on it. In a query string or a form, repeat the parameter.",
    )
    cursor: Annotated[str | None, BeforeValidator(blank_is_absent)] = Field(
        None,
        max_length=MAX_LENGTH,
        description="`page.cursor` of the page before, to read the same list on whatever was "
        "written since. Every field that decides the list must stay as it was; `offset` is left "
        "out. Lasts ten minutes.",
    )
    facet_limit: int = Field(50, ge=1, le=MAX_VALUES, description="Values of each facet.")

    def to_query(self) -> query.ListQuery:
        """What the domain reads of these options."""
        return query.ListQuery(**self._common())

    def _common(self) -> dict[str, Any]:
        return {
            "limit": self.limit,
            "offset": self.offset,
            "filter": self.filter,
            "exclude_ids": tuple(self.exclude_ids),
            "group_by": self.group_by,
            "sort": self.sort,
            "facets": tuple(self.facets),
            "facet_limit": self.facet_limit,
        }


class SearchOptions(ListOptions):
    """The common fields of every search."""

    min_score: float | None = Field(
        None,
        ge=-1,
        le=1,
        allow_inf_nan=False,
        description="Leave out items whose cosine similarity is lower.",
    )

    min_relevance: Fraction | None = Field(
        None,
        description="Leave out items whose `relevance` is lower; 0.5 keeps what is more likely "
        "right than wrong.",
    )

    diversity: Fraction = Field(
        0.0,
        description="How much variety is worth: above 0, products that are all but the same do not "
        "crowd the first 100 places. Without effect on a list that is sorted by a field.",
    )

    liked: list[ItemId] = Field(
        default_factory=list,
        max_length=MAX_TASTES,
        description="Items that the shopper liked in this session: the list moves towards them. "
        "Nothing is stored, and ids that are unknown by now are passed over.",
    )
    disliked: list[ItemId] = Field(
        default_factory=list,
        max_length=MAX_TASTES,
        description="Items that the shopper disliked: the list moves away from them, and they are "
        "left out themselves.",
    )
    explain: bool = Field(False, description="Give each hit the parts that its score adds up to.")
    same: Literal["one", "all"] = Field(
        "one",
        description="`one` gives items with the same picture one place, that of the best, which "
        "lists the others as `same_picture`; `all` gives each its own. With a `group_by` other "
        "than `group_id`, each value has its place either way.",
    )

    def to_query(self) -> query.SearchQuery:
        """What the domain reads of these options."""
        return query.SearchQuery(
            **self._common(),
            min_score=self.min_score,
            min_relevance=self.min_relevance,
            diversity=self.diversity,
            liked=tuple(self.liked),
            disliked=tuple(self.disliked),
            explain=self.explain,
            repeats=self.same == "all",
        )


class EditOptions(SearchOptions):
    """The common fields of searches by photo and by item, which words can change."""

    edit: Words | None = Field(
        None,
        description="Words that change what is searched with: what the catalogue knows (`in red`, "
        "`for men`, `striped`, `cheaper`, `in stock`) changes that alone, and the kind, gender, "
        "colour and pattern stay; other words are composed with the picture. `understood` says "
        "what was kept and changed.",
        examples=["in red"],
    )

    def to_query(self) -> query.SearchQuery:
        """What the domain reads of these options."""
        asked = super().to_query()
        return asked if self.edit is None else replace(asked, edit=self.edit)


def parse_box(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


def _has_area(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    if not (box[0] < box[2] and box[1] < box[3]):
        raise ValueError("box must have x1 < x2 and y1 < y2")
    return box


Box = Annotated[tuple[Fraction, Fraction, Fraction, Fraction], AfterValidator(_has_area)]


class TextQuery(SearchOptions):
    query: Words = Field(description="What to look for.", examples=["red summer dress"])
    understand: bool | Annotated[list[FieldName], Field(max_length=50)] = Field(
        True,
        description="Which parts of the words are read as more than their meaning: all, none, or "
        "those named (`colour`, `kind`, `brand`, `gender`, `price`, `size`, `availability`, "
        "`negation`, `spelling`, `synonyms`, any field). A name with `-` before it means all but "
        "that part.",
        examples=[["colour", "price"], ["-spelling"]],
    )

    lang: Annotated[LanguageTag | None, BeforeValidator(blank_is_absent)] = Field(
        None,
        description="The language of the query, such as `de` or `pt-BR`, if it is known; else it "
        "is found by the words.",
        examples=["de"],
    )

    def to_switches(self) -> Switches:
        """Which parts may be understood, as the domain reads it."""
        if isinstance(self.understand, bool):
            return Switches(off=not self.understand)
        return Switches(tuple(self.understand), off=not self.understand)


def _decode(value: object, _: object) -> bytes:
    if not isinstance(value, str | bytes):
        raise ValueError("must be base64 of an image file")
    return read_base64(value)


ImageFile = Annotated[Base64Bytes, WrapValidator(_decode)]


class FacetOptions(Given):
    model_config = ConfigDict(extra="forbid", frozen=True)

    filter: Annotated[Filter | None, BeforeValidator(blank_is_absent)] = None
    fields: list[FieldName] = Field(
        default_factory=list,
        max_length=100,
        description="Fields to count, by default all that can be filtered; repeat the parameter.",
    )
    limit: int = Field(50, ge=1, le=MAX_VALUES, description="Values per field.")

    def to_query(self) -> query.FacetQuery:
        """What the domain reads of these options."""
        return query.FacetQuery(self.filter, tuple(self.fields), self.limit)
