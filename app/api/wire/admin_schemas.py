"""Request and response models of the admin routes."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from app.live.version_switch import ListedVersion
from twinset.index.kept_report import REPORT_PAGE


class ErrorInfo(BaseModel):
    """One request that was answered with an error."""

    time: datetime
    request_id: str
    method: str
    route: str = Field(description="The route's template; `unmatched` if there is none.")
    status: int
    code: str = Field(description="Of the problem document.")


class ErrorList(BaseModel):
    """Errors, newest first."""

    request_id: str
    errors: list[ErrorInfo]


class WriteResult(BaseModel):
    """A write that is durable, and visible to the next request of this worker."""

    request_id: str
    id: str
    sequence: int = Field(ge=1, description="Place in the log of live writes; later ones win.")


class LineResult(BaseModel):
    """What became of one line of a batch."""

    line: int = Field(ge=1, description="From 1, blank lines not counted.")
    id: str = Field(description="Empty if the line holds no valid id.")
    status: int = Field(description="As a request of its own would be answered.")
    sequence: int | None = None
    code: str | None = Field(None, description="Why the line was refused.")
    detail: str | None = None


class BatchResult(BaseModel):
    """The lines that were written are durable together; the others changed nothing."""

    request_id: str
    written: int
    refused: int
    results: list[LineResult]


class VersionInfo(BaseModel):
    """An index version, as its manifest describes it."""

    version: str
    live: bool
    items: int | None
    kind: str | None
    recall_at_10: float | None = Field(description="As its build measured it against exact search.")
    encoder: str | None
    fingerprint: str | None
    as_of: str | None = Field(description="When its catalogue was taken; later writes win over it.")
    folded_from: str | None = Field(description="The version that it holds with its live writes.")
    has_report: bool = Field(description="Whether `/indexes/{version}/report` is there.")

    @classmethod
    def of(cls, listed: ListedVersion) -> Self:
        """The version as its manifest describes it; a field is null if the manifest lacks it."""
        manifest = listed.manifest
        encoder, writes = manifest.get("encoder") or {}, manifest.get("live") or {}
        return cls(
            version=listed.name,
            live=listed.live,
            items=manifest.get("count"),
            kind=manifest.get("index_kind"),
            recall_at_10=manifest.get("recall_at_10"),
            encoder=encoder.get("name"),
            fingerprint=encoder.get("fingerprint"),
            as_of=writes.get("as_of"),
            folded_from=manifest.get("folded_from"),
            has_report=REPORT_PAGE in (manifest.get("files") or ()),
        )


class Writes(BaseModel):
    """The live writes over the live version."""

    sequence: int = Field(description="The latest write that this worker shows.")
    changed: int = Field(description="Items that differ from the version.")
    unapplied: int = Field(
        description="Of those, how many Milvus does not hold yet; 0 if the index is not in Milvus."
    )


class IndexList(BaseModel):
    """Versions, newest first."""

    request_id: str
    versions: list[VersionInfo]
    writes: Writes


class QualityInfo(BaseModel):
    """How good a version is; null if it cannot be measured."""

    version: str
    items: int
    recall_at_10: float | None
    precision_at_10: float | None = Field(
        description="Share of an item's ten nearest that are of its category."
    )
    ndcg_at_10: float | None


class ComparisonInfo(BaseModel):
    """Both versions, asked the same questions."""

    questions: int
    live: QualityInfo
    candidate: QualityInfo


class Activation(BaseModel):
    """The version that is live now."""

    request_id: str
    version: str
    comparison: ComparisonInfo | None = Field(
        None, description="Null after a rollback, and if the version was live already."
    )


class FindingInfo(BaseModel):
    """One thing to mend in the catalogue."""

    name: str = Field(examples=["without_picture"])
    sentence: str
    count: int
    examples: list[str] = Field(description="Ids of the first few items.")


class CatalogueHealth(BaseModel):
    """What is missing in the catalogue, or contradicts itself."""

    request_id: str
    items: int
    findings: list[FindingInfo]
