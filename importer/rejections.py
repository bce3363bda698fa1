"""The list of rows left out of an import."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from importer.catalogue_rows import text_or_none
from importer.column_mapping import ColumnMap
from importer.reading.records import Record
from importer.values.kinds import BadValue

_SHOWN_ID_LENGTH = 80


class Rejections:
    """The report of rows left out, written as they come, and how many there are by reason."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reasons: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._file = self.path.open("w", encoding="utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if not self.reasons:
            self.path.unlink()

    @property
    def kept(self) -> Path | None:
        """The file, or None if no row was left out."""
        return self.path if self.reasons else None

    def add(self, record: Record, columns: ColumnMap, reason: str) -> None:
        """Note one row."""
        self.reasons[reason] += 1
        entry = {
            "file": record.file,
            "line": record.line,
            "id": _shown_id(record.fields.get(columns.fixed["id"])),
            "reason": reason,
        }
        self._file.write(json.dumps(entry) + "\n")

    def describe(self) -> str:
        """The commonest reason, and the file that lists the others."""
        if not self.reasons:
            return "the source has no rows"
        reason, count = self.reasons.most_common(1)[0]
        return f"{count} rows: {reason}; see {self.path}"


def _shown_id(value: Any) -> str | None:
    try:
        text = text_or_none(value)
    except BadValue:
        return None
    return None if text is None else text[:_SHOWN_ID_LENGTH]
