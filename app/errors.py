"""Errors that only the service raises; see `core.errors` for the tree that they join."""

from __future__ import annotations

from core.errors import InvalidInput, TwinsetError


class MalformedBody(InvalidInput):
    """A request body that cannot be taken apart into its parts or characters."""

    code = "malformed_body"


class UnsupportedBody(InvalidInput):
    """A request body of a media type that the route does not take."""

    code = "unsupported_media_type"


class UnknownField(InvalidInput):
    """`fields` or `group_by` names something that the catalogue lacks."""

    code = "unknown_field"


class Overloaded(TwinsetError):
    """The service holds as much work as it may; the same request can succeed a moment later."""

    code = "overloaded"
    retry_after_s = 1

    def __init__(self) -> None:
        super().__init__("The service is busy; try again in a moment.")
