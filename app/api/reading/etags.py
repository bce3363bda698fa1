"""Conditional requests (RFC 9110, section 13): entity tags, and whether a caller holds one."""

from __future__ import annotations

import hashlib
import re

# Apache writes "x-gzip", Jetty "x--gzip", Caddy "x-zstd".
_PACKED = re.compile(r'--?(gzip|br|zstd|deflate)"$')


def tag_of(*parts: str) -> str:
    """A weak tag of everything that decides an answer.

    Two answers have the same tag even if their request id and time taken differ.
    """
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=16)
    return f'W/"{digest.hexdigest()}"'


def holds(header: str | None, tag: str) -> bool:
    """Whether an If-None-Match header names the tag, by weak comparison; `*` names every tag.

    A proxy that packs answers writes that into their tags, and passes them back as it wrote them.
    """
    if header is None:
        return False
    named = [_PACKED.sub('"', part.strip().removeprefix("W/")) for part in header.split(",")]
    return "*" in named or tag.removeprefix("W/") in named
