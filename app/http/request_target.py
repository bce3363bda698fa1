"""The address of a request, brought into the one form that the routes know."""

from __future__ import annotations

from starlette.types import Scope


def settled(scope: Scope, root_path: str) -> Scope:
    """The scope with which a request is routed.

    The path holds the path that the service is mounted at, whether or not the proxy left it out
    (as ASGI asks). One literal slash at its end is dropped; an id that ends with a slash is
    encoded. HEAD is routed as GET: the server leaves the body out, by its own copy of the scope.
    """
    root, path = scope.get("root_path") or root_path, scope["path"]
    if len(path) > 1 and path[-1] == "/" and scope["raw_path"][-1:] == b"/":
        path = path[:-1]
    if root and not (path == root or path.startswith(root + "/")):
        path = root + path
    if root and path == root:
        path += "/"
    if scope["method"] == "HEAD":
        scope = {**scope, "method": "GET"}
    scope["path"], scope["root_path"] = path, root
    return scope


def route_path(scope: Scope) -> str:
    """The path below the one that the service is mounted at."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
