"""The parts of the OpenAPI document that the framework cannot derive from signatures."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from app.api.description.openapi_examples import example_of
from app.api.description.openapi_responses import codes_of, documented
from app.api.reading.plain_query import fields_of
from app.api.wire.photo_schemas import ImageOptions
from app.http.addresses import PROBES
from app.http.problems import Problem
from app.settings import Settings
from twinset.images.formats import TITLES

_JSON = "application/json"
_REF = "#/components/schemas/{model}"
DESCRIPTION = (
    "Similar products for a fashion shop: by photo, by words, by item. "
    "Every route also answers under /v1."
)


def image_form() -> dict[str, Any]:
    """The `openapi_extra` of a route that takes an image with `ImageOptions`."""
    schema = ImageOptions.model_json_schema(ref_template=_REF)
    image = {"type": "string", "format": "binary", "description": f"{TITLES}."}
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
    lists = sorted(fields_of(ImageOptions)[1])
    encoding = {name: {"style": "form", "explode": True} for name in lists}
    content = {"multipart/form-data": {"schema": schema, "encoding": encoding}}
    return {"requestBody": {"required": True, "content": content}}


def describe(app: FastAPI, settings: Settings) -> None:
    """Make `app.openapi()` return the document, built on first use, and serve it."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app, settings)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]

    async def openapi_document(request: Request) -> Response:
        root = request.scope.get("root_path", "")
        servers = [{"url": (root + server["url"]).rstrip("/") or "/"} for server in app.servers]
        return Response(orjson.dumps(document() | {"servers": servers}), media_type=_JSON)

    app.add_route("/openapi.json", openapi_document, include_in_schema=False)


def _build(app: FastAPI, settings: Settings) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
        servers=app.servers,
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
        separate_input_output_schemas=False,
    )
    schemas = document["components"]["schemas"]
    problem = Problem.model_json_schema(ref_template=_REF)
    schemas |= problem.pop("$defs", {})
    schemas["Problem"] = problem
    _require_discriminators(schemas)
    for path, methods in document["paths"].items():
        for operation in methods.values():
            _add_responses(operation, _answered_outside(path, settings))
            _secure(path, operation, settings)
            _add_examples(operation, schemas)
            _name_codes(operation)
    if settings.read_keys:
        scheme = {"type": "http", "scheme": "bearer", "description": "One of TWINSET_READ_KEYS."}
        document["components"].setdefault("securitySchemes", {})["ReadKey"] = scheme
    return document


def _require_discriminators(schemas: dict[str, Any]) -> None:
    """Mark the field that tells alternatives apart as always present, which it is."""
    for schema in list(schemas.values()):
        for field in schema.get("properties", {}).values():
            choice = field.get("items", field)
            for reference in choice.get("discriminator", {}).get("mapping", {}).values():
                named = schemas[reference.rpartition("/")[2]]
                kind = choice["discriminator"]["propertyName"]
                named["required"] = sorted({kind, *named.get("required", [])})


def _secure(path: str, operation: dict[str, Any], settings: Settings) -> None:
    """Say which key an operation takes; an empty list says that it takes none."""
    if settings.read_keys and path not in PROBES:
        if "security" in operation:  # the admin key
            _add_responses(operation, {403})
        operation.setdefault("security", [{"ReadKey": []}])
    operation.setdefault("security", [])


def _add_examples(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        content = response.get("content", {}).get(_JSON)
        if status.startswith("2") and content is not None and "example" not in content:
            content["example"] = example_of(content.get("schema", {}), schemas)


def _name_codes(operation: dict[str, Any]) -> None:
    """Name the codes that go with each status, those of images only if an image is sent."""
    has_image = "image" in str(operation.get("requestBody"))
    for status, response in operation["responses"].items():
        codes = codes_of(int(status), has_image) if status >= "4" else []
        if codes:
            response["description"] += f". `code`: {', '.join(codes)}."


def _answered_outside(path: str, settings: Settings) -> set[int]:
    """Statuses that a request can get before it reaches its route.

    400, 408, 413 and 415 depend on what is sent; 401 and 429 occur if the settings have keys or a
    rate.
    """
    statuses = {400, 408, 413, 415}
    if path in PROBES:
        return statuses
    limited = {429} if settings.rate_limit else set()
    if settings.public_keys:
        limited |= {403, 429}
    return statuses | limited | ({401} if settings.read_keys else set())


def _add_responses(operation: dict[str, Any], statuses: set[int]) -> None:
    declared = operation["responses"]
    for status in statuses:
        declared.setdefault(str(status), documented(status))
    operation["responses"] = dict(sorted(declared.items()))
