"""The address of a request, brought into the one form that the routes know."""

from __future__ import annotations

from starlette.types import Scope


def settled(scope: Scope, root_path: str, versioned: tuple[str, ...]) -> Scope:
    """The scope with which a request is routed.

    The path begins with the one that the service is mounted at, as ASGI asks, whether or not the
    proxy left that out. One literal slash at its end is dropped; one that ends an id is encoded.
    Paths that begin like one of `versioned` are routed without /v1. HEAD is routed as GET: the
    server leaves the body out, by its own copy of the scope.
    """
    root, path = scope.get("root_path") or root_path, scope["path"]
    if len(path) > 1 and path[-1] == "/" and scope["raw_path"][-1:] == b"/":
        path = path[:-1]
    if root and (path == root or path.startswith(root + "/")):
        path = path[len(root) :] or "/"
    if path.startswith("/v1/") and path.startswith(versioned):
        path = path[3:]
    if scope["method"] == "HEAD":
        scope = {**scope, "method": "GET"}
    scope["path"], scope["root_path"] = root + path, root
    return scope


def route_path(scope: Scope) -> str:
    """The path below the one that the service is mounted at."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
