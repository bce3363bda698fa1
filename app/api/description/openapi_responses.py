"""What the OpenAPI document says of refusals: an example of each, and their codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.api.error_status import error_classes, status_of_class
from app.http.problems import FRAMEWORK_DETAILS, MEDIA_TYPE, title_of
from twinset.errors import ImageError
from twinset.images.formats import TITLES

Responses = dict[int | str, dict[str, Any]]
# Typical problems of the other statuses, as examples in the OpenAPI document.
_EXAMPLES: Mapping[int, tuple[str, str]] = {
    **FRAMEWORK_DETAILS,
    403: ("forbidden", "This key is for reading alone."),
    409: ("worse_candidate", "The version is worse than the live one: recall@10 0.91, not 0.99."),
    410: ("cursor_expired", "This list is no longer kept: begin it again without the cursor."),
    415: ("unsupported_image", f"The file is not a {TITLES} image."),
    422: ("invalid_image", "The image is damaged or incomplete."),
    503: ("not_ready", "The service is starting."),
    507: ("storage_full", "There is no room left to store the write."),
}
NOT_CHANGED: Responses = {304: {"description": "Not changed since the given ETag."}}


def responses(*statuses: int) -> Responses:
    """The `responses` argument of a route that can fail with these statuses."""
    return {status: documented(status) for status in statuses}


def documented(status: int) -> dict[str, Any]:
    """One of those responses, as the OpenAPI document has it."""
    schema = {"$ref": "#/components/schemas/Problem"}
    code, detail = _EXAMPLES[status]
    example = {
        "type": f"urn:twinset:problem:{code}",
        "title": title_of(status),
        "status": status,
        "detail": detail,
        "instance": "urn:twinset:request:7f9c0e2ab3d1",
        "code": code,
        "request_id": "7f9c0e2ab3d1",
        "errors": [],
    }
    content = {MEDIA_TYPE: {"schema": schema, "example": example}}
    return {"description": title_of(status), "content": content}


def codes_of(status: int, of_images: bool = True) -> list[str]:
    """The codes that go with a status, for the OpenAPI document."""
    fitting = {
        kind.code
        for kind in error_classes()
        if status_of_class(kind) == status and (of_images or not issubclass(kind, ImageError))
    }
    named = {FRAMEWORK_DETAILS[status][0]} if status in FRAMEWORK_DETAILS else set()
    return sorted(fitting | named | ({"invalid_request"} if status == 422 else set()))
