"""Wire models of what the last feed brought."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from twinset.store.feed_report import MOST_REASONS, MOST_ROWS, FeedReport, FeedRow

_Short = Annotated[str, StringConstraints(max_length=256)]
_Counts = Annotated[dict[_Short, Annotated[int, Field(ge=0)]], Field(max_length=MOST_REASONS + 1)]


class FeedRowInfo(BaseModel):
    """A row of the feed that was left out."""

    file: _Short
    line: Annotated[int, Field(ge=0)] | None
    id: _Short | None
    reason: _Short = Field(examples=["id is a duplicate"])


class Feed(BaseModel):
    """What an import made of a feed."""

    system: _Short = Field(examples=["Google Merchant"])
    at: AwareDatetime = Field(description="When it was imported.")
    as_of: AwareDatetime | None = Field(description="When the shop wrote it.")
    accepted: int = Field(ge=0, description="Products that came in.")
    rejected: _Counts = Field(description="Rows left out, by reason, the commonest first.")
    warnings: _Counts = Field(description="Values left out of products that came in, by reason.")
    rows: list[FeedRowInfo] = Field(max_length=MOST_ROWS, description="The first rows left out.")

    @classmethod
    def of(cls, report: FeedReport) -> Self:
        """The wire form of a report."""
        return cls.model_validate(report.to_manifest())

    def report(self) -> FeedReport:
        """The report that it stands for, in times of UTC, so that times sort as texts."""
        at, as_of = (
            None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")
            for moment in (self.at, self.as_of)
        )
        return FeedReport(
            system=self.system,
            at=at or "",
            as_of=as_of,
            accepted=self.accepted,
            rejected=self.rejected,
            warnings=self.warnings,
            rows=tuple(FeedRow(**vars(row)) for row in self.rows),
        )


class FeedInfo(BaseModel):
    """What the last feed brought; null if nobody said."""

    request_id: str
    feed: Feed | None
