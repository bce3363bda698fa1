"""The one mapping from errors to HTTP statuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.service_errors import (
    CursorExpired,
    Forbidden,
    InvalidCursor,
    MalformedBody,
    Overloaded,
    Unauthorized,
    UnknownField,
    UnsupportedBody,
)
from twinset.errors import (
    ArtefactError,
    Conflict,
    FilterError,
    ImageError,
    InvalidInput,
    NotFound,
    NotReady,
    StorageFull,
    TwinsetError,
    UnsupportedImage,
)

# The nearest ancestor of an error's class decides.
STATUS: Mapping[type[TwinsetError], int] = {
    FilterError: 400,
    UnknownField: 400,
    InvalidCursor: 400,
    MalformedBody: 400,
    UnsupportedBody: 415,
    UnsupportedImage: 415,
    ImageError: 422,
    InvalidInput: 422,
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    CursorExpired: 410,
    Overloaded: 429,
    StorageFull: 507,
    ArtefactError: 503,
    NotReady: 503,
    TwinsetError: 500,
}


def status_of(error: TwinsetError) -> int:
    """The HTTP status of a domain error."""
    return status_of_class(type(error))


def status_of_class(kind: type[TwinsetError]) -> int:
    """The status of an error class; if the class has none itself, that of its nearest ancestor."""
    return next(STATUS[one] for one in kind.__mro__ if one in STATUS)


def status_of_code(code: str) -> int:
    """The HTTP status that goes with the code of a domain error."""
    kind = next(kind for kind in error_classes() if kind.code == code)
    return status_of_class(kind)


def error_classes(root: type[TwinsetError] = TwinsetError) -> Iterator[type[TwinsetError]]:
    """Every class of Twinset's errors that has a code of its own."""
    if "code" in vars(root):
        yield root
    for child in root.__subclasses__():
        yield from error_classes(child)
