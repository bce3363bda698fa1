"""Fetching from addresses that a feed names, which its writer chose and the shop did not.

Only http and https; redirects are followed by hand and judged again, as each address is: see
`KeptConnections`.
"""

from __future__ import annotations

import base64
import http.client
import os
import ssl
import time
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from importer.pictures.kept_connections import FetchFault, KeptConnections
from importer.reading.feed_date import parse_date
from twinset.errors import CatalogueError

_REDIRECTS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_TRIES = 3
_PAUSE_S = 0.5
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_BLOCK = 64 * 1024
_HEADERS = {"User-Agent": "twinset-importer", "Accept": "*/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Answer:
    """What an address answered; the names of `headers` are in small letters."""

    status: int
    reason: str
    headers: Mapping[str, str]
    content: bytes


@dataclass
class Downloads:
    """Fetches files within limits; safe to share between threads.

    `allowed` are hosts that may lie in a private network, as the user named them. `timeout_s` is
    for one file, `max_bytes` for its size, `max_total_bytes` for all files together.
    """

    allowed: Collection[str] = ()
    max_bytes: int = 30 * 1024 * 1024
    timeout_s: float = 30.0
    max_total_bytes: int = 200 * 1024**3
    _total: int = field(init=False, default=0)
    _connections: KeptConnections = field(init=False)

    def __post_init__(self) -> None:
        self._connections = KeptConnections(self.allowed, self.timeout_s)

    def close(self) -> None:
        """Close the connections that are kept."""
        self._connections.close()

    def get(self, address: str, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer of an address, read whole; its status is 200 or 304.

        Raises:
            FetchFault: with the reason.
        """
        for attempt in range(_TRIES):
            try:
                answer = self._follow(address, headers or {})
            except ssl.SSLCertVerificationError:
                raise FetchFault("has a certificate that is not trusted") from None
            except (OSError, http.client.HTTPException):
                fault = "does not answer"
            else:
                if answer.status in (200, 304):
                    return answer
                fault = f"{answer.status} {answer.reason}".strip()
                if answer.status not in _AGAIN:
                    raise FetchFault(fault)
            time.sleep(_PAUSE_S * 2**attempt if attempt < _TRIES - 1 else 0)
        raise FetchFault(fault)

    def feed(self, address: str, work: Path) -> Path:
        """A feed at an address, as a file in `work`.

        Raises:
            CatalogueError: if it cannot be fetched.
        """
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
        whole = Downloads({*self.allowed, host}, max_bytes=5 * 1024**3, timeout_s=120.0)
        try:
            answer = whole.get(address)
        except FetchFault as fault:
            shown = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
            raise CatalogueError(f"{shown}: {fault}") from None
        finally:
            whole.close()
        path = work / (Path(parts.path).name or "feed")
        path.write_bytes(answer.content)
        written = parse_date(answer.headers.get("last-modified", ""))
        if written is not None:
            os.utime(path, (written.timestamp(), written.timestamp()))
        return path

    def _follow(self, address: str, headers: Mapping[str, str]) -> Answer:
        for _ in range(_REDIRECTS + 1):
            answer = self._ask(address, headers)
            if answer.status not in _MOVED or "location" not in answer.headers:
                return answer
            address = urljoin(address, answer.headers["location"])
        raise FetchFault("redirects too often")

    def _ask(self, address: str, headers: Mapping[str, str]) -> Answer:
        try:
            parts = urlsplit(address)
        except ValueError:
            raise FetchFault("is not an http or https address") from None
        deadline = time.monotonic() + self.timeout_s
        named = {**_HEADERS, **_credentials(parts), **headers}
        with self._connections.ask(parts, named) as response:
            content = self._read(response, deadline)
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, response.reason, found, self._unpacked(content, found))

    def _read(self, response: http.client.HTTPResponse, deadline: float) -> bytes:
        blocks, size, left = [], 0, response.length
        while left != 0:
            # Never more than is left: on some Pythons `read1` waits for what does not come.
            block = response.read1(_BLOCK if left is None else min(_BLOCK, left))
            if not block:
                break
            size += len(block)
            left = None if left is None else left - len(block)
            if size > self.max_bytes:
                raise FetchFault("is too large")
            self._total += len(block)  # threads may lose a block's count, which matters to nobody
            if self._total > self.max_total_bytes:
                raise FetchFault("would be more than one import may fetch")
            if time.monotonic() > deadline:
                raise FetchFault("takes too long")
            blocks.append(block)
        if left:
            raise http.client.IncompleteRead(b"".join(blocks), left)
        response.close()
        return b"".join(blocks)

    def _unpacked(self, content: bytes, headers: Mapping[str, str]) -> bytes:
        """The content as it was before a server packed it, which it was not asked to."""
        if headers.get("content-encoding", "").strip().lower() not in ("gzip", "x-gzip", "deflate"):
            return content
        unpacking = zlib.decompressobj(wbits=47)  # gzip or zlib, by its first bytes
        try:
            plain = unpacking.decompress(content, self.max_bytes + 1)
        except zlib.error:
            raise FetchFault("is damaged") from None
        if len(plain) > self.max_bytes:
            raise FetchFault("is too large")
        return plain


def _credentials(address: SplitResult) -> dict[str, str]:
    """The name and the password in `https://name:password@shop.example/feed.csv`."""
    if address.username is None:
        return {}
    both = f"{unquote(address.username)}:{unquote(address.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}
