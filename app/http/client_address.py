"""Who asks: the address that limits and counts go by."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

_HOME = 64  # an IPv6 customer has at least a /64 to choose addresses from


class Clients:
    """Tells clients apart, believing X-Forwarded-For from `proxies` (networks) alone."""

    def __init__(self, proxies: Sequence[str]) -> None:
        self._proxies = [ip_network(proxy) for proxy in proxies]

    def name(self, scope: Scope) -> str:
        """The client's address, or the network of one that has many.

        Read from the right: each proxy appends the address that it saw, so the last one that is
        no proxy of ours is the client, and what stands left of it is the client's own claim.
        """
        peer = scope.get("client")
        address = _parse(peer[0]) if peer else None
        if address is None:
            return "unknown"
        hops = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
        for hop in reversed(hops):
            if not self._is_proxy(address):
                break
            said = _parse(hop.strip())
            if said is None:
                break
            address = said
        return _network(address)

    def _is_proxy(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in proxy for proxy in self._proxies)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text[:64])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _network(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((int(address), _HOME), strict=False))
