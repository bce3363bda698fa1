"""XML whose prefixes, such as the `g:` of Google feeds, are used without being declared.

Plugins that write feeds by hand leave `xmlns:g` out, and Google reads such feeds all the same.
"""

from __future__ import annotations

import re
from typing import IO, Protocol

_GOOGLE = "http://base.google.com/ns/1.0"
_LOOKED_AT = 256 * 1024
_ROOT = re.compile(rb"<[A-Za-z_][\w.-]*(?::[\w.-]+)?(?=[\s/>])")
_USED = re.compile(rb"</?([A-Za-z_][\w.-]*):[A-Za-z_]")
_DECLARED = re.compile(rb"xmlns:([A-Za-z_][\w.-]*)\s*=")
_TEXT = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)


class Reads(Protocol):
    """What an XML parser reads."""

    def read(self, size: int = -1, /) -> bytes: ...


class _Prefixed:
    """A file whose first bytes are others than those on the disk."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        self._start, self._rest = start, rest

    def read(self, size: int = -1, /) -> bytes:
        if not self._start:
            return self._rest.read(size)
        if size < 0:
            size = len(self._start)
        block, self._start = self._start[:size], self._start[size:]
        return block


def declared(file: IO[bytes]) -> Reads:
    """The rest of a file, with a declaration of each prefix that its beginning uses
    and does not declare; the file itself if every prefix is declared."""
    place = file.tell()
    start = file.read(_LOOKED_AT)
    bare = _TEXT.sub(b"", start)
    missing = sorted({*_USED.findall(bare)} - {*_DECLARED.findall(bare)} - {b"xml"})
    root = _ROOT.search(start, _after_head(start))
    if not missing or root is None:
        file.seek(place)
        return file
    added = b"".join(b' xmlns:%b="%b"' % (name, _home(name)) for name in missing)
    return _Prefixed(start[: root.end()] + added + start[root.end() :], file)


def _after_head(start: bytes) -> int:
    """Where the first element may begin: after comments that stand above it."""
    place = 0
    while (comment := start.find(b"<!--", place)) >= 0:
        root = _ROOT.search(start, place)
        if root is not None and root.start() < comment:
            break
        end = start.find(b"-->", comment)
        if end < 0:
            return len(start)
        place = end
    return place


def _home(prefix: bytes) -> bytes:
    return _GOOGLE.encode() if prefix == b"g" else b"urn:undeclared:" + prefix
