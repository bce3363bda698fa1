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
_USED_BY_ATTRIBUTE = re.compile(rb"\s([A-Za-z_][\w.-]*):[A-Za-z_][\w.-]*\s*=\s*[\"']")
_VALUE = re.compile(rb"\"[^\"]*\"|'[^']*'")
_DECLARED = re.compile(rb"\sxmlns:([A-Za-z_][\w.-]*)\s*=")
# What may stand above the root: spaces, instructions, comments, a DOCTYPE.
_HEAD = re.compile(rb"(?:[^<]+|<\?.*?\?>|<!--.*?-->|<!(?!--)[^>]*>)*+", re.DOTALL)
_TEXT = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
_BUILT_IN = frozenset([b"xml", b"xmlns"])


class Reads(Protocol):
    """What an XML parser reads."""

    def read(self, size: int = -1, /) -> bytes: ...


class _Prefixed:
    """A file whose first bytes are others than those on the disk."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        self._start, self._rest = start, rest

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:
            whole, self._start = self._start + self._rest.read(), b""
            return whole
        if not self._start:
            return self._rest.read(size)
        block, self._start = self._start[:size], self._start[size:]
        return block


def declared(file: IO[bytes]) -> Reads:
    """The rest of a file, whose root declares each prefix that stands in its first 256 KiB, before
    the name of an element or of an attribute; the file itself if its root declares them all.

    What an element below the root declares for itself still holds there. A prefix that comes later
    for the first time stays undeclared.
    """
    place = file.tell()
    start = file.read(_LOOKED_AT)
    head = _HEAD.match(start)
    root = None if head is None else _ROOT.match(start, head.end())
    missing = [] if root is None else sorted(_used(start) - _declared_by(start, root.end()))
    if not missing or root is None:
        file.seek(place)
        return file
    added = b"".join(b' xmlns:%b="%b"' % (name, _home(name)) for name in missing)
    return _Prefixed(start[: root.end()] + added + start[root.end() :], file)


def _used(start: bytes) -> set[bytes]:
    bare = _TEXT.sub(b"", start)
    return {*_USED.findall(bare), *_USED_BY_ATTRIBUTE.findall(bare)} - _BUILT_IN


def _declared_by(start: bytes, end_of_name: int) -> set[bytes]:
    """The prefixes that the root declares, whose attributes begin at a place."""
    attributes = _VALUE.sub(b"", start[end_of_name:]).partition(b">")[0]
    return {*_DECLARED.findall(attributes)}


def _home(prefix: bytes) -> bytes:
    return _GOOGLE.encode() if prefix == b"g" else b"urn:undeclared:" + prefix
