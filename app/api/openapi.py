"""The parts of the OpenAPI document that the framework cannot derive from signatures."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.schemas import ImageOptions
from app.http.access import PROBES
from app.http.problems import Problem, documented
from app.settings import Settings

_REF = "#/components/schemas/{model}"
DESCRIPTION = (
    "Similar products for a fashion shop: by photo, by words, by item. "
    "Every route also answers under /v1."
)


def image_form() -> dict[str, Any]:
    """The `openapi_extra` of a route that takes an image with `ImageOptions`."""
    schema = ImageOptions.model_json_schema(ref_template=_REF)
    image = {"type": "string", "format": "binary", "description": "JPEG, PNG, WebP or GIF."}
    # In a form the box is one text field.
    box = {
        "type": "string",
        "description": schema["properties"]["box"]["description"],
        "examples": ["0.1,0.2,0.9,1"],
    }
    schema["title"] = "ImageForm"
    schema["properties"] = {"image": image, **schema["properties"], "box": box}
    schema["required"] = ["image"]
    # Lists are repeated parts, as the form fields of a web page are.
    encoding = {name: {"style": "form", "explode": True} for name in ("exclude_ids", "fields")}
    content = {"multipart/form-data": {"schema": schema, "encoding": encoding}}
    return {"requestBody": {"required": True, "content": content}}


def describe(app: FastAPI, settings: Settings) -> None:
    """Make `app.api.openapi()` return the document, built on first use."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app, settings)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _build(app: FastAPI, settings: Settings) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
        servers=app.servers,
        separate_input_output_schemas=False,
    )
    schemas = document["components"]["schemas"]
    problem = Problem.model_json_schema(ref_template=_REF)
    schemas |= problem.pop("$defs", {})
    schemas["Problem"] = problem
    for path, methods in document["paths"].items():
        for operation in methods.values():
            _add_responses(operation, _answered_outside(path, settings))
            if settings.read_keys and path not in PROBES:
                if "security" in operation:  # the admin key
                    _add_responses(operation, {403})
                operation.setdefault("security", [{"ReadKey": []}])
    if settings.read_keys:
        scheme = {"type": "http", "scheme": "bearer", "description": "One of TWINSET_READ_KEYS."}
        document["components"].setdefault("securitySchemes", {})["ReadKey"] = scheme
    return document


def _answered_outside(path: str, settings: Settings) -> set[int]:
    """Statuses that a request can get before it reaches its route.

    400, 408 and 413 by what is sent, whatever the route; the others as the settings have it.
    """
    statuses = {400, 408, 413}
    if path in PROBES:
        return statuses
    limited = {429} if settings.rate_limit else set()
    return statuses | limited | ({401} if settings.read_keys else set())


def _add_responses(operation: dict[str, Any], statuses: set[int]) -> None:
    declared = operation["responses"]
    for status in statuses:
        declared.setdefault(str(status), documented(status))
    operation["responses"] = dict(sorted(declared.items()))


def main() -> None:
    """Print the document: `python -m app.api.openapi`."""
    import json
    import sys

    from app.main import create_app
    from app.settings import Settings

    json.dump(create_app(Settings()).openapi(), sys.stdout, indent=2)


if __name__ == "__main__":
    main()
