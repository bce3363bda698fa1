"""What proxies of ours say of a request: who asks, by which scheme, and below which path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

PREFIX = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]{1,64}){1,8}")
_HOME = 64  # an IPv6 customer has at least a /64 to choose addresses from


class Proxies(ProxyHeadersMiddleware):
    """uvicorn's middleware, which takes X-Forwarded-For and -Proto, and here -Prefix, from the
    given networks alone."""

    def __init__(self, app: ASGIApp, networks: Sequence[str]) -> None:
        mapped = [
            f"::ffff:{net.network_address}/{96 + net.prefixlen}"  # of a socket that speaks IPv6 too
            for net in map(ip_network, networks)
            if isinstance(net, IPv4Network)
        ]
        super().__init__(app, [*map(str, map(ip_network, networks)), *mapped])  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        peer = scope.get("client")
        if scope["type"] == "http" and peer and peer[0] in self.trusted_hosts:
            prefix = dict(scope["headers"]).get(b"x-forwarded-prefix", b"").decode("latin-1")
            if PREFIX.fullmatch(prefix.rstrip("/")):
                scope["root_path"] = prefix.rstrip("/")
        await super().__call__(scope, receive, send)  # type: ignore[arg-type]


def client_name(scope: Scope) -> str:
    """Who asks, to count requests by: an address, or the network of an IPv6 customer."""
    peer = scope.get("client")
    try:
        address = ip_address(peer[0] if peer else "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((int(address), _HOME), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)
