"""Examples in the OpenAPI document, derived from its schemas, so that no answer lacks one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
# What a field of this name holds, if its schema does not say.
_KNOWN: Mapping[str, object] = {
    "request_id": "7f9c0e2ab3d1",
    "id": "1042",
    "variants": ["1043"],
    "same_picture": ["1044"],
    "score": 0.83,
    "took_ms": 3.2,
    "version": "20260101T000000Z-0123abcd",
    "index": "20260101T000000Z-0123abcd",
    "name": "compact",
    "field": "gender",
    "route": "/items/{id}",
    "method": "GET",
    "status": 200,
    "time": "2026-01-01T00:00:00Z",
    "value": "Women",
}
_BY_TYPE: Mapping[str, object] = {"string": "text", "boolean": True, "null": None}
_DEEPEST = 8


def example_of(
    schema: Schema, schemas: Mapping[str, Schema], name: str = "", depth: int = 0
) -> Any:
    """A value that the schema allows: its own example or default if it has one, else the plainest.

    `schemas` are those that it may refer to; `name` is the field that it describes.
    """
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    for given in (schema.get("examples"), schema.get("enum"), [schema.get("const")]):
        if given and given[0] is not None:
            return given[0]
    if schema.get("default") not in (None, [], {}):
        return schema["default"]
    if name in _KNOWN and fits(_KNOWN[name], schema):
        return _KNOWN[name]
    for options in (schema.get("anyOf"), schema.get("oneOf")):
        if options:
            return example_of(options[0], schemas, name, depth + 1)
    return _plainest(schema, schemas, depth)


def fits(value: object, schema: Schema) -> bool:
    """True if a known value is of the schema's type."""
    kinds = {str: "string", float: "number", int: "integer", list: "array"}
    options = schema.get("anyOf", [schema])
    return any(option.get("type") == kinds.get(type(value)) for option in options)


def _plainest(schema: Schema, schemas: Schema, depth: int) -> Any:
    kind = schema.get("type")
    if kind == "array":
        item = schema.get("items", {})
        return [example_of(item, schemas, "", depth + 1)] if depth < _DEEPEST else []
    if kind == "object":
        fields = schema.get("properties", {}).items()
        return {name: example_of(field, schemas, name, depth + 1) for name, field in fields}
    if kind in ("integer", "number"):
        least = schema.get("minimum", 1)
        return max(int(least), 1) if kind == "integer" else max(float(least), 0.5)
    return _BY_TYPE.get(str(kind), "text")
