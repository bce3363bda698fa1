"""Connections to web servers, kept between requests; each goes to an address that was judged.

The standard library's client: a thousand questions whether a picture changed take a sixth of the
processor time that httpx needs for them, and a nightly run is mostly such questions.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from threading import Lock
from urllib.parse import SplitResult, quote

import certifi

_CONNECT_S = 10.0
_MOST_IDLE = 32
# What stands in addresses as it is; letters beyond ASCII and blanks are written as %C3%BC and %20.
_KEPT_SIGNS = "/%:=&?~#+!$,;'@()*[]|"
Key = tuple[str, str, int]


class FetchFault(Exception):
    """Why an address gave nothing; `str` is the reason, without the address."""


class KeptConnections:
    """Asks web servers, and keeps what connections they leave open; safe across threads.

    A name is resolved once and the address is judged: private, loopback, link-local and other
    special ranges are refused unless the host is among `allowed`. Connections go to that address.
    """

    def __init__(self, allowed: Collection[str], timeout_s: float) -> None:
        self._allowed, self._timeout_s = allowed, timeout_s
        self._idle: dict[Key, list[_Connection]] = defaultdict(list)
        self._resolved: dict[tuple[str, int], str] = {}
        self._lock = Lock()

    @contextmanager
    def ask(
        self, address: SplitResult, headers: Mapping[str, str]
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer to a GET, its body not read yet; a body that is read whole frees its
        connection for the next request.

        Raises:
            FetchFault: if the address cannot be one of the web, or must not be asked.
            OSError, http.client.HTTPException: if the server does not answer as it should.
        """
        key = _key_of(address)
        path = quote(address.path or "/", safe=_KEPT_SIGNS)
        target = path + (f"?{quote(address.query, safe=_KEPT_SIGNS)}" if address.query else "")
        named = {"Host": _host_header(address), **headers}
        connection, response = self._answer(key, target, named)
        try:
            yield response
        except BaseException:
            connection.close()
            raise
        if response.isclosed() and not response.will_close:
            with self._lock:
                if len(self._idle[key]) < _MOST_IDLE:
                    self._idle[key].append(connection)
                    return
        connection.close()

    def close(self) -> None:
        """Close the connections that are kept."""
        with self._lock:
            kept = [one for idle in self._idle.values() for one in idle]
            self._idle.clear()
        for connection in kept:
            connection.close()

    def _answer(
        self, key: Key, target: str, headers: Mapping[str, str]
    ) -> tuple[_Connection, http.client.HTTPResponse]:
        """A connection and its answer. A kept one may have been closed by the server meanwhile."""
        with self._lock:
            kept = self._idle[key].pop() if self._idle[key] else None
        if kept is not None:
            try:
                return kept, kept.get(target, headers)
            except (OSError, http.client.HTTPException):
                kept.close()
        fresh = self._connect(key)
        try:
            return fresh, fresh.get(target, headers)
        except BaseException:
            fresh.close()
            raise

    def _connect(self, key: Key) -> _Connection:
        scheme, host, port = key
        context = self._context if scheme == "https" else None
        connection = _Connection(host, self._resolve(host, port), port, context)
        try:
            connection.connect()
        except BaseException:
            connection.close()
            with self._lock:
                self._resolved.pop((host, port), None)  # the name may have moved
            raise
        connection.sock.settimeout(self._timeout_s)
        return connection

    def _resolve(self, host: str, port: int) -> str:
        """An address of the host that may be asked, in numbers."""
        known = self._resolved.get((host, port))
        if known is not None:
            return known
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise FetchFault("has an unknown host") from None
        numeric = str(found[0][4][0]).partition("%")[0]
        if host not in self._allowed and not ipaddress.ip_address(numeric).is_global:
            raise FetchFault("lies in a private network; allow it with --allow-host")
        self._resolved[host, port] = numeric
        return numeric

    @cached_property
    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
        context.set_alpn_protocols(["http/1.1"])
        return context


class _Connection(http.client.HTTPConnection):
    """A connection to the server `numeric`, which is asked as `host`."""

    def __init__(self, host: str, numeric: str, port: int, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=_CONNECT_S)
        self._numeric, self._context = numeric, context

    def connect(self) -> None:
        self.sock = socket.create_connection((self._numeric, self.port), _CONNECT_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)

    def get(self, target: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        """The answer to a GET, its body not read yet."""
        self.request("GET", target, headers=dict(headers))
        return self.getresponse()


def _key_of(address: SplitResult) -> Key:
    try:
        port = address.port
    except ValueError:
        port = 0
    if address.scheme not in ("http", "https") or not address.hostname or port == 0:
        raise FetchFault("is not an http or https address")
    return address.scheme, address.hostname.lower(), port or _usual_port(address.scheme)


def _usual_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _host_header(address: SplitResult) -> str:
    """The host as the server knows it: of letters beyond ASCII as DNS writes them."""
    named = address.netloc.rpartition("@")[2]
    try:
        return named if named.isascii() else named.encode("idna").decode()
    except UnicodeError:
        raise FetchFault("has an unknown host") from None
