"""Index versions while the service runs: list them, compare them, make one live, go back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.live.live_catalogue import LiveCatalogue
from app.live.version_comparison import Comparison, compare
from app.service_errors import WorseCandidate
from twinset.encoders import Encoder
from twinset.errors import ArtefactError, Conflict, NotFound
from twinset.index.index_versions import (
    IndexVersion,
    current_version,
    earlier_version,
    go_back,
    set_current,
)
from twinset.index.kept_report import read_report
from twinset.index.shared.version_files import known_manifests
from twinset.store.audit_trail import Act


@dataclass(frozen=True)
class ListedVersion:
    """A version in the index folder: its name, its manifest, and whether it is live."""

    name: str
    manifest: Mapping[str, Any]
    live: bool


class Versions:
    """The versions in the index folder of one process's catalogue.

    Calls block. Changes run one at a time, see `LiveCatalogue.run_alone`.
    """

    def __init__(self, live: LiveCatalogue) -> None:
        self._live = live
        self._index_dir = live.settings.index

    def listed(self) -> list[ListedVersion]:
        """What the manifests say, newest first."""
        current = current_version(self._index_dir)
        found = []
        for name, manifest in reversed(known_manifests(self._index_dir).items()):
            if manifest:
                found.append(ListedVersion(name, manifest, name == current))
        return found

    def activate(self, name: str, force: bool, who: str) -> Comparison | None:
        """Make a version the live one, and return how it compares; None if it was live already.
        `who` did it, by the audit trail.

        Raises:
            NotFound: there is no such version.
            WorseCandidate: it is worse than the live one, and `force` is false.
            Conflict: it is damaged, or its encoder is missing.
        """
        if name not in known_manifests(self._index_dir):
            raise NotFound("There is no such index version.")
        before = current_version(self._index_dir)
        if name == before:
            return None
        encoder, base = self._prepare(name)
        comparison = compare(self._live.overlay.base, base)
        faults = comparison.faults(self._live.settings.activation_margin)
        if faults and not force:
            raise WorseCandidate("The version is worse than the live one: " + "; ".join(faults))
        detail = f"instead of {before}" + ("; " + "; ".join(faults) if faults else "")
        with self._live.switching(encoder, base):
            self._live.note(Act(who, "activate", name, detail))
            set_current(self._index_dir, name, instead_of=before)
        return comparison

    def roll_back(self, who: str) -> str:
        """Make the version live that was live before, and return its name. `who` did it.

        Raises:
            Conflict: no version was live before, or that one is damaged.
        """
        name = earlier_version(self._index_dir)
        before = current_version(self._index_dir)
        with self._live.switching(*self._prepare(name)):
            self._live.note(Act(who, "rollback", name, f"instead of {before}"))
            go_back(self._index_dir, name)
        return name

    def report(self, name: str) -> bytes:
        """The page of a version's evaluation.

        Raises:
            NotFound: the version has none.
            Conflict: it is damaged.
        """
        try:
            return read_report(self._index_dir, name)
        except ArtefactError as error:
            raise Conflict(f"{error.path.name}: {error.reason}.") from None

    def _prepare(self, name: str) -> tuple[Encoder, IndexVersion]:
        try:
            return self._live.prepare(name)
        except ArtefactError as error:
            # The service is well; it is the version that is not.
            raise Conflict(
                f"The version cannot go live; {error.path.name}: {error.reason}."
            ) from None
