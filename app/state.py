"""The mutable part of the service: what is live, and whether it is going away."""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass, field
from types import FrameType

from app.metrics import Metrics
from app.probe import SharedProbe
from app.recommender import Recommender
from app.settings import Settings
from core.errors import ArtefactError, TwinsetError


@dataclass
class State:
    """Held by one application. `failure` says why there is no recommender, where that is known."""

    settings: Settings
    metrics: Metrics = field(default_factory=Metrics)
    recommender: Recommender | None = None
    failure: TwinsetError | None = None
    draining: bool = False
    probe: SharedProbe = field(default_factory=SharedProbe)

    def start(self) -> None:
        """Open the artefacts unless a recommender was given.

        Refused artefacts do not end the process: /readyz names the file, and whoever runs the
        service decides. `twinset serve` checks them before it gets here.
        """
        if self.recommender is None:
            try:
                self.recommender = Recommender.open(self.settings, self.metrics)
            except ArtefactError as error:
                self.failure = error
                return
        version = self.recommender.version
        self.metrics.show_index(version.encoder_name, version.name, len(version))

    def stop(self) -> None:
        """Stop the recommender's threads."""
        if self.recommender is not None:
            self.recommender.close()


def drain_on_sigterm(state: State) -> None:
    """Mark the service as draining when SIGTERM comes, then do what was done before.

    The server closes its socket a moment later and lets running requests finish; a probe on an
    open connection sees at once that no more should be sent.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # signals reach the main thread alone, as where a test runs the server
    before = signal.getsignal(signal.SIGTERM)

    def drain(number: int, frame: FrameType | None) -> None:
        state.draining = True
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGTERM, drain)
