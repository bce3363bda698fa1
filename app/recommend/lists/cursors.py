"""Cursors: the place in a list as a text that callers send back, bound to what they asked.

A cursor says of which version and up to which write the list was made, so that every worker and
every replica can go on with it. It is no secret and opens nothing: its code makes sure that it
comes back with the same question, as it was written.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass

from app.service_errors import CursorExpired, InvalidCursor

LASTS_S = 600
MAX_LENGTH = 256
_NUMBERS = struct.Struct(">IQI")  # offset, sequence, seconds since 1970
_CODE_BYTES = 16
# Clocks of replicas may differ by so much.
_AHEAD_S = 60


@dataclass(frozen=True)
class Place:
    """Where a list goes on: the items to pass over, and the state of the catalogue it is made of.

    `begun` is when its first page was answered, in seconds since 1970.
    """

    version: str
    sequence: int
    offset: int
    begun: int

    def write(self, key: bytes, asked: bytes) -> str:
        """The cursor; `asked` is everything that decides the list."""
        said = _NUMBERS.pack(self.offset, self.sequence, self.begun) + self.version.encode()
        return urlsafe_b64encode(said + _code(key, said, asked)).decode().rstrip("=")


def read_cursor(text: str, key: bytes, asked: bytes, now: float) -> Place:
    """The place that a cursor stands for.

    Raises:
        InvalidCursor: it was not written by this service for this question.
        CursorExpired: its ten minutes are over.
    """
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (NotBase64, ValueError):
        raise InvalidCursor from None
    said, code = data[:-_CODE_BYTES], data[-_CODE_BYTES:]
    right = len(said) > _NUMBERS.size and hmac.compare_digest(code, _code(key, said, asked))
    if not right:
        raise InvalidCursor
    offset, sequence, begun = _NUMBERS.unpack(said[: _NUMBERS.size])
    if not now - LASTS_S <= begun <= now + _AHEAD_S:
        raise CursorExpired
    return Place(said[_NUMBERS.size :].decode(), sequence, offset, begun)


def _code(key: bytes, said: bytes, asked: bytes) -> bytes:
    # The length tells where one ends and the other begins.
    content = len(said).to_bytes(4) + said + asked
    return hashlib.blake2b(content, digest_size=_CODE_BYTES, key=key).digest()
