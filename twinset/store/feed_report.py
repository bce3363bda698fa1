"""What the last feed brought: how many products, and which rows and values were left out.

An import writes its report beside the catalogue. A build puts it into the manifest of the version;
who writes a feed into a running service sends it there. Operators then see the later of the two.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from twinset.artefacts import write_text_atomically
from twinset.store.shared_texts import NotShared, share_text, shared_text

SUMMARY_SUFFIX, REJECTED_SUFFIX = ".report.json", ".rejected.jsonl"
FEED_FILE = "feed.json"
MOST_ROWS, MOST_REASONS = 100, 50
_LONGEST = 200  # letters of a text that the feed decides


@dataclass(frozen=True)
class FeedRow:
    """A row that was left out: where it stands, its id if it has one, and why."""

    file: str
    line: int | None
    id: str | None
    reason: str


@dataclass(frozen=True)
class FeedReport:
    """What an import made of a feed.

    `at` is when it was imported and `as_of` when the shop wrote it, in ISO 8601. `rejected` counts
    rows left out and `warnings` values left out, by reason; `rows` are the first rows left out.
    """

    system: str
    at: str
    as_of: str | None
    accepted: int
    rejected: Mapping[str, int]
    warnings: Mapping[str, int]
    rows: tuple[FeedRow, ...] = ()

    def to_manifest(self) -> dict[str, Any]:
        """As plain values; the inverse of `of`."""
        return asdict(self)

    @classmethod
    def of(cls, stored: Any) -> Self | None:
        """Read what `to_manifest` gave; None if nothing, or something else, was stored."""
        try:
            rows = tuple(FeedRow(**row) for row in stored["rows"])
            return cls(**{**stored, "rows": rows})
        except (KeyError, TypeError):
            return None


def report_beside(catalogue: Path) -> FeedReport | None:
    """The report that the import of a catalogue left beside it; None if there is none."""
    path = _beside(catalogue, SUMMARY_SUFFIX)
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
        return FeedReport(
            system=str(summary["system"])[:_LONGEST],
            at=at,
            as_of=summary.get("as_of"),
            accepted=int(summary["accepted"]),
            rejected=_commonest(summary["rejected"]),
            warnings=_commonest(summary["warnings"]),
            rows=_rows_beside(catalogue) if summary["rejected"] else (),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def move_report(source: Path, target: Path) -> Path | None:
    """Let the report beside the catalogue `source` lie beside `target` instead.

    Returns the file there that lists the rows left out; None if none was.
    """
    summary, rejected = (_beside(source, one) for one in (SUMMARY_SUFFIX, REJECTED_SUFFIX))
    listed = _beside(target, REJECTED_SUFFIX)
    if rejected.exists():
        rejected.replace(listed)
        said = json.loads(summary.read_text(encoding="utf-8")) | {"report": str(listed)}
        write_text_atomically(summary, json.dumps(said, indent=2, ensure_ascii=False))
    else:
        listed.unlink(missing_ok=True)
    summary.replace(_beside(target, SUMMARY_SUFFIX))
    return listed if listed.exists() else None


def _beside(catalogue: Path, suffix: str) -> Path:
    return catalogue.with_name(catalogue.name + suffix)


def keep_report(index_dir: Path, report: FeedReport) -> None:
    """Keep the report of a feed that was written into a service, for all services of the store.

    Raises:
        NotReady: if the store does not answer.
    """
    text = json.dumps(report.to_manifest())
    share_text(FEED_FILE, text)
    write_text_atomically(index_dir / FEED_FILE, text)


def latest_report(index_dir: Path, manifest: Mapping[str, Any]) -> FeedReport | None:
    """The later of a version's report and the one that was kept; None if there is neither.

    Raises:
        NotReady: if the store does not answer.
    """
    found = (FeedReport.of(manifest.get("feed")), FeedReport.of(_kept(index_dir)))
    return max((one for one in found if one is not None), key=lambda one: one.at, default=None)


def _kept(index_dir: Path) -> Any:
    try:
        text = shared_text(FEED_FILE)
    except NotShared:
        path = index_dir / FEED_FILE
        text = path.read_text(encoding="utf-8") if path.exists() else None
    return None if text is None else json.loads(text)


def _commonest(counts: Mapping[str, int]) -> dict[str, int]:
    """The commonest reasons, the commonest first; the others are counted together."""
    ordered = Counter({str(name): int(count) for name, count in counts.items()}).most_common()
    kept = {name[:_LONGEST]: count for name, count in ordered[:MOST_REASONS]}
    others = sum(count for _, count in ordered[MOST_REASONS:])
    return kept | ({"other reasons": others} if others else {})


def _rows_beside(catalogue: Path) -> tuple[FeedRow, ...]:
    path = _beside(catalogue, REJECTED_SUFFIX)
    rows = []
    with path.open(encoding="utf-8") as file:
        for line, _ in zip(file, range(MOST_ROWS), strict=False):
            row = json.loads(line)
            name = None if row["id"] is None else str(row["id"])[:_LONGEST]
            reason = str(row["reason"])[:_LONGEST]
            rows.append(FeedRow(Path(str(row["file"])).name, row["line"], name, reason))
    return tuple(rows)
