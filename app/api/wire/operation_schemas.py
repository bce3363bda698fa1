"""What the operator's page reads: the load of the last hour, the service's state, the trail."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Self

from pydantic import BaseModel, Field

from app.observability.load_history import Minute
from twinset.store.audit_trail import Act, ActKind


class LoadOfMinute(BaseModel):
    """Requests of one minute; times in milliseconds, null if none came."""

    began: datetime
    requests: int
    errors_4xx: int
    errors_5xx: int
    p50_ms: float | None = Field(description="Half of them took at most so long.")
    p95_ms: float | None
    p99_ms: float | None

    @classmethod
    def of(cls, minute: Minute) -> Self:
        """The wire form of a counted minute, or of an hour."""
        return cls(
            began=datetime.fromtimestamp(minute.began, UTC),
            requests=minute.requests,
            errors_4xx=minute.errors_4xx,
            errors_5xx=minute.errors_5xx,
            p50_ms=_ms(minute.percentile(0.5)),
            p95_ms=_ms(minute.percentile(0.95)),
            p99_ms=_ms(minute.percentile(0.99)),
        )


class LoadReport(BaseModel):
    """The last hour of the worker that answered, without probes, files and the operator's page."""

    request_id: str
    workers: int = Field(description="Each counts its own requests.")
    hour: LoadOfMinute
    minutes: list[LoadOfMinute] = Field(description="Sixty, oldest first; the last one runs.")


class StatusReport(BaseModel):
    """What answers now, how old it is, and what it takes."""

    request_id: str
    version: str
    items: int
    encoder: str
    built_at: datetime
    catalogue_as_of: datetime | None = Field(description="When its feed was taken.")
    versions: int = Field(description="In the index folder.")
    index_bytes: int = Field(description="Of the whole index folder.")
    free_bytes: int = Field(description="Left on its disk.")
    memory_bytes: int | None = Field(description="Of the worker that answered; null off Linux.")


class ActInfo(BaseModel):
    """One entry of the audit trail."""

    time: datetime
    who: str = Field(
        description="The name in `X-Operator`, if one was sent, and the first digits of the key's "
        "SHA-256.",
        examples=["Anna, key 5f0c1e9a"],
    )
    kind: ActKind
    subject: str = Field(description="The version or item.")
    detail: str

    @classmethod
    def of(cls, act: Act) -> Self:
        """The wire form of an act."""
        return cls(time=act.at, who=act.who, kind=act.kind, subject=act.subject, detail=act.detail)


class Trail(BaseModel):
    """What operators did, newest first."""

    request_id: str
    acts: list[ActInfo]


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 2)
