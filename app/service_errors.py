"""Errors that only the service raises; see `twinset.errors` for the tree that they join."""

from __future__ import annotations

import math

from twinset.errors import Conflict, InvalidInput, TwinsetError


class MalformedBody(InvalidInput):
    """A request body that cannot be taken apart into its parts or characters."""

    code = "malformed_body"


class IncompleteBody(InvalidInput):
    """A request body that ends too early."""

    def __init__(self) -> None:
        super().__init__("The multipart body ends before its closing boundary.")


class UnsupportedBody(InvalidInput):
    """A request body of a media type that the route does not take."""

    code = "unsupported_media_type"


class UnsupportedCoding(UnsupportedBody):
    """A request body that is packed in another way than gzip."""


class UnknownField(InvalidInput):
    """`fields` or `group_by` names something that the catalogue lacks."""

    code = "unknown_field"


class Overloaded(TwinsetError):
    """The service holds as much work as it may; the same request can succeed a moment later."""

    code = "overloaded"

    def __init__(
        self, text: str = "The service is busy; try again in a moment.", retry_after_s: int = 1
    ) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class RateLimited(Overloaded):
    """A client asks more often than it may; in `seconds` it may again."""

    code = "rate_limited"

    def __init__(self, seconds: float) -> None:
        super().__init__("Too many requests; wait a moment.", math.ceil(seconds))


class Unauthorized(TwinsetError):
    """The key is missing or is not the right one."""

    code = "unauthorized"

    def __init__(self) -> None:
        super().__init__("This address needs a key, sent as Authorization: Bearer KEY.")


class Forbidden(TwinsetError):
    """The key is a right one, for something less."""

    code = "forbidden"

    def __init__(self, text: str = "This key is for reading alone.") -> None:
        super().__init__(text)


class WorseCandidate(Conflict):
    """An index version that does not reach the live one; it can be forced."""

    code = "worse_candidate"


class KeyReused(InvalidInput):
    """An Idempotency-Key that stands for another request."""

    code = "idempotency_key_reused"


class InvalidCursor(InvalidInput):
    """A cursor that is damaged, or that comes back with another question than it was given for."""

    code = "invalid_cursor"

    def __init__(self) -> None:
        super().__init__(
            "The cursor does not belong to this request: send it back as it came, with every other "
            "field that decides the list as before, and without an offset."
        )


class CursorExpired(TwinsetError):
    """A cursor of a state of the catalogue that this service cannot show any more."""

    code = "cursor_expired"

    def __init__(self) -> None:
        super().__init__("This list is no longer kept: begin it again without the cursor.")
