"""The report of an evaluation that a version may hold."""

from __future__ import annotations

import hashlib
from pathlib import Path

from twinset.errors import ArtefactError, NotFound
from twinset.index.shared.version_line import is_version, peek_manifest

REPORT_PAGE, REPORT_FIGURES = "report.html", "report.json"


def read_report(index_dir: Path, name: str) -> bytes:
    """The page of a version's evaluation.

    Raises:
        NotFound: if there is no such version, or it has none.
        ArtefactError: if it is damaged.
    """
    path = index_dir / name / REPORT_PAGE
    files = peek_manifest(index_dir, name).get("files") if is_version(name) else None
    if not isinstance(files, dict) or REPORT_PAGE not in files:
        raise NotFound("There is no evaluation report of such a version.")
    try:
        data = path.read_bytes()
    except OSError:
        raise ArtefactError(path, "is missing or cannot be read") from None
    if hashlib.sha256(data).hexdigest() != files[REPORT_PAGE]:
        raise ArtefactError(path, "does not match its checksum; it was damaged or replaced")
    return data
