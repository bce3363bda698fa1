"""What a log of live writes has forgotten, and which index versions it is then too short for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twinset.errors import NotReady

MICROSECONDS = 1_000_000
# In the meta table of a log: the last write that was forgotten, and when that one was made.
TRIMMED, TRIMMED_TIME = "trimmed", "trimmed_time"


@dataclass(frozen=True)
class Trimmed:
    """A log has forgotten the writes up to this sequence, which were made up to this time.

    The time is in microseconds since 1970.
    """

    sequence: int
    time: int

    def checked(self, marker: int, moment: int) -> int:
        """The last sequence that an index version holds.

        `marker` is the last that is known from the writes that the log still has, `moment` when the
        version's catalogue was made.

        Raises:
            NotReady: if the version lacks writes that were forgotten.
        """
        if marker < self.sequence and moment < self.time:
            raise NotReady(
                "This index version is older than the writes that the store still has; build one "
                "from a later catalogue, or with --as-of if its catalogue holds them already."
            )
        return max(marker, self.sequence)


def moment_of(live: Mapping[str, Any]) -> int:
    """When the catalogue of a version was made, by `live` of its manifest, in microseconds since
    1970; -1 if that does not say so."""
    as_of = live.get("as_of")
    return -1 if as_of is None else int(datetime.fromisoformat(as_of).timestamp() * MICROSECONDS)
