"""The report of an evaluation, kept in the version whose encoder it is about."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from twinset.errors import ArtefactError
from twinset.index.kept_report import REPORT_FIGURES, REPORT_PAGE

_FILES = (REPORT_PAGE, REPORT_FIGURES)


def add_report(report: Path, staging: Path, fingerprint: str) -> None:
    """Copy what `twinset evaluate` wrote into a version that is being built.

    Raises:
        ArtefactError: if it is no report, or that of another encoder.
    """
    figures = report / REPORT_FIGURES
    try:
        encoder = json.loads(figures.read_text(encoding="utf-8"))["encoder"]["fingerprint"]
        for file in _FILES:
            shutil.copyfile(report / file, staging / file)
    except OSError as error:
        raise ArtefactError(Path(error.filename or figures), "is missing or unreadable") from None
    except (ValueError, KeyError, TypeError):
        raise ArtefactError(figures, "is no report of `twinset evaluate`") from None
    if encoder != fingerprint:
        raise ArtefactError(figures, "is about another encoder; evaluate this one")


def take_over_report(version: Path, staging: Path) -> None:
    """Copy the report of a version, if it has one, into one that takes over its vectors."""
    for file in _FILES:
        if (version / file).is_file():
            shutil.copyfile(version / file, staging / file)
