"""A caller that asks a service all the time while something happens to it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

import httpx


class Asking(threading.Thread, ABC):
    """Asks one question after the other until `stop`; notes each answer that is mixed or no 200."""

    def __init__(self, base_url: str, editions: dict[str, str], number: int) -> None:
        super().__init__()
        self._url, self._editions, self._number = base_url, editions, number
        self.stop = threading.Event()
        self.answers, self.faults = 0, []  # type: ignore[var-annotated]

    def run(self) -> None:
        with httpx.Client(base_url=self._url, timeout=60) as client:
            while not self.stop.is_set():
                try:
                    self._ask(client)
                except Exception as error:
                    self.faults.append(repr(error))
                self.answers += 1

    @abstractmethod
    def _ask(self, client: httpx.Client) -> None:
        """Ask one question, and add what is wrong with its answer to `faults`."""
