"""Fetching from addresses that a feed names, which its writer chose and the shop did not.

Only http and https; redirects are followed by hand and judged again; a name is resolved once, the
address is judged, and the connection goes to that address. Private, loopback, link-local and
other special ranges are refused unless their host is allowed by name.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

from importer.reading.feed_date import parse_date
from twinset.errors import CatalogueError

_REDIRECTS = 5
_TRIES = 3
_PAUSE_S = 0.5
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_BLOCK = 64 * 1024


class FetchFault(Exception):
    """Why an address gave nothing; `str` is the reason, without the address."""


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
    _client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        limits = httpx.Limits(max_connections=32, max_keepalive_connections=32)
        self._client = httpx.Client(
            timeout=httpx.Timeout(10.0, read=self.timeout_s),
            limits=limits,
            trust_env=False,
            headers={"User-Agent": "twinset-importer", "Accept": "*/*"},
        )

    def close(self) -> None:
        """Close the connections that are kept."""
        self._client.close()

    def get(self, address: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """The answer of an address, read whole; its status is 200 or 304.

        Raises:
            FetchFault: with the reason.
        """
        for attempt in range(_TRIES):
            try:
                response = self._follow(address, headers or {})
            except httpx.HTTPError as error:
                fault = "does not answer" if isinstance(error, httpx.TransportError) else "fails"
            else:
                if response.status_code in (200, 304):
                    return response
                fault = f"{response.status_code} {response.reason_phrase}".strip()
                if response.status_code not in _AGAIN:
                    raise FetchFault(fault)
            time.sleep(_PAUSE_S * 2**attempt if attempt < _TRIES - 1 else 0)
        raise FetchFault(fault)

    def feed(self, address: str, work: Path) -> Path:
        """A feed at an address, as a file in `work`.

        Raises:
            CatalogueError: if it cannot be fetched.
        """
        name = Path(urlsplit(address).path).name or "feed"
        host = (urlsplit(address).hostname or "").lower()
        whole = Downloads({*self.allowed, host}, max_bytes=5 * 1024**3, timeout_s=120.0)
        try:
            response = whole.get(address)
        except FetchFault as fault:
            raise CatalogueError(f"{address}: {fault}") from None
        finally:
            whole.close()
        path = work / name
        path.write_bytes(response.content)
        written = parse_date(response.headers.get("last-modified", ""))
        if written is not None:
            os.utime(path, (written.timestamp(), written.timestamp()))
        return path

    def _follow(self, address: str, headers: dict[str, str]) -> httpx.Response:
        for _ in range(_REDIRECTS + 1):
            response = self._ask(address, headers)
            if response.is_redirect and "location" in response.headers:
                address = urljoin(address, response.headers["location"])
                continue
            return response
        raise FetchFault("redirects too often")

    def _ask(self, address: str, headers: dict[str, str]) -> httpx.Response:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise FetchFault("is not an http or https address")
        try:
            port = parts.port
        except ValueError:
            raise FetchFault("is not an http or https address") from None
        numeric = self._resolve(
            parts.hostname.lower(), port or (443 if parts.scheme == "https" else 80)
        )
        host = f"[{numeric}]" if ":" in numeric else numeric
        target = parts._replace(netloc=host if port is None else f"{host}:{port}", fragment="")
        named = {"Host": parts.netloc.rpartition("@")[2], **headers}
        extensions = {"sni_hostname": parts.hostname}
        deadline = time.monotonic() + self.timeout_s
        with self._client.stream(
            "GET", target.geturl(), headers=named, extensions=extensions
        ) as response:
            content = self._read(response, deadline)
        return httpx.Response(
            response.status_code, headers=_plain_headers(response), content=content
        )

    def _read(self, response: httpx.Response, deadline: float) -> bytes:
        blocks, size = [], 0
        for block in response.iter_bytes(_BLOCK):
            size += len(block)
            if size > self.max_bytes:
                raise FetchFault("is too large")
            self._total += len(block)  # threads may lose a block's count, which matters to nobody
            if self._total > self.max_total_bytes:
                raise FetchFault("would be more than one import may fetch")
            if time.monotonic() > deadline:
                raise FetchFault("takes too long")
            blocks.append(block)
        return b"".join(blocks)

    def _resolve(self, host: str, port: int) -> str:
        """An address of the host that may be asked, in numbers."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise FetchFault("has an unknown host") from None
        numeric = str(found[0][4][0]).partition("%")[0]
        if host not in self.allowed and not ipaddress.ip_address(numeric).is_global:
            raise FetchFault("lies in a private network; allow it with --allow-host")
        return numeric


def _plain_headers(response: httpx.Response) -> dict[str, str]:
    kept = ("content-type", "etag", "last-modified", "location", "retry-after")
    return {name: response.headers[name] for name in kept if name in response.headers}
