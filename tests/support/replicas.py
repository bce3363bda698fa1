"""Services on one PostgreSQL, each with an index folder of its own, as on several machines."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from pathlib import Path
from typing import Any

import httpx

from tests.support.live_service import KEY, Place
from tests.support.running_service import running_service

HEADERS = {"Authorization": f"Bearer {KEY}"}
_EMBEDDED = re.compile(r"^twinset_items_embedded_total (\S+)$", re.MULTILINE)


class Replica:
    """One service; it is killed and started again on the same folder.

    `store` and `files` are where all of them find their log and the files of versions. `url` is
    empty while the service is down; `embedded` counts the items that it embedded before it was
    killed.
    """

    def __init__(self, place: Place, store: str, files: Path, **environment: str) -> None:
        self._place = place
        shared = {"TWINSET_STORE": store, "TWINSET_FILES": str(files)}
        self._environment = {"TWINSET_ADMIN_KEY": KEY, **shared, **environment}
        self._stack = contextlib.ExitStack()
        self.url, self.embedded = "", 0

    def start(self) -> None:
        places = (self._place.encoder, self._place.index)
        client, self._process = self._stack.enter_context(
            running_service(*places, environment=self._environment)
        )
        self.url = str(client.base_url)

    def kill(self) -> None:
        self.embedded += self.embedded_now()
        self.url = ""
        os.kill(self._process.pid, signal.SIGKILL)
        self.close()

    def embedded_now(self) -> int:
        """Items that were embedded since the service started."""
        found = _EMBEDDED.search(httpx.get(f"{self.url}/metrics", timeout=30).text)
        return 0 if found is None else int(float(found[1]))

    def close(self) -> None:
        self._stack.close()


def shown(url: str, ids: list[str]) -> dict[str, Any]:
    """What a service says of these ids, of a query, and of what is live."""
    with httpx.Client(base_url=url, timeout=30) as client:
        said = {item_id: client.get(f"/items/{item_id}").json() for item_id in ids}
        found = client.post("/recommend/by-text", json={"query": "red dress", "limit": 50}).json()
    return {
        "items": {
            item_id: answer.get("item", answer.get("code")) for item_id, answer in said.items()
        },
        "found": [(hit["id"], hit["score"]) for hit in found["items"]],
        "model": found["model"],
    }
