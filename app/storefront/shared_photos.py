"""Photos that shoppers share by a link: in memory, for a while, by a key that cannot be guessed."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict

_MOST_BYTES = 32 * 1024 * 1024


class SharedPhotos:
    """Keeps small photos for `lasts_s` seconds; the oldest go first if they are too many.

    Nothing reaches the disk, and a restart forgets all of them.

    Example:
        >>> photos = SharedPhotos(lasts_s=60)
        >>> photos.get(photos.keep(b"..."))
        b'...'
    """

    def __init__(self, lasts_s: int, most_bytes: int = _MOST_BYTES) -> None:
        self.lasts_s = lasts_s
        self._most_bytes, self._bytes = most_bytes, 0
        self._photos: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, photo: bytes) -> str:
        """Keep a photo; returns its key."""
        key, now = secrets.token_urlsafe(16), time.monotonic()
        with self._lock:
            self._photos[key] = now + self.lasts_s, photo
            self._bytes += len(photo)
            self._forget(now)
        return key

    def get(self, key: str) -> bytes | None:
        """The photo of a key; None if its time is over, or there never was one."""
        with self._lock:
            self._forget(time.monotonic())
            kept = self._photos.get(key)
        return None if kept is None else kept[1]

    def _forget(self, now: float) -> None:
        while self._photos:
            until, photo = next(iter(self._photos.values()))
            if until > now and self._bytes <= self._most_bytes:
                return
            self._photos.popitem(last=False)
            self._bytes -= len(photo)
