"""Whether an answer is what the OpenAPI document declares for it."""

from __future__ import annotations

from typing import Any

import httpx

Schema = dict[str, Any]
TYPES = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
    "array": list,
    "object": dict,
}


def faults(value: Any, schema: Schema, document: Schema, at: str = "$") -> list[str]:
    """Where `value` breaks `schema`; the keywords that our document uses, unknown fields too."""
    if "$ref" in schema:
        return faults(value, document["components"]["schemas"][name_of(schema)], document, at)
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        tried = [faults(value, option, document, at) for option in options]
        return [] if [] in tried else tried[0]
    if "type" in schema and not is_a(value, schema["type"]):
        return [f"{at}: not {schema['type']}"]
    found = [] if value in schema.get("enum", [schema.get("const", value)]) else [f"{at}: value"]
    if isinstance(value, list):
        for index, item in enumerate(value):
            found += faults(item, schema.get("items", {}), document, f"{at}[{index}]")
    if isinstance(value, dict):
        found += object_faults(value, schema, document, at)
    return found


def object_faults(value: Schema, schema: Schema, document: Schema, at: str) -> list[str]:
    properties, more = schema.get("properties", {}), schema.get("additionalProperties", False)
    found = [f"{at}.{name}: missing" for name in schema.get("required", []) if name not in value]
    for name, item in value.items():
        part = properties.get(name, more)
        if part is False:
            found.append(f"{at}.{name}: not declared")
        elif part is not True:
            found += faults(item, part, document, f"{at}.{name}")
    return found


def is_a(value: Any, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def name_of(schema: Schema) -> str:
    name: str = schema["$ref"].rsplit("/", 1)[1]
    return name


def check(response: httpx.Response, path: str, document: Schema) -> None:
    operation = document["paths"][path][response.request.method.lower()]
    declared = operation["responses"][str(response.status_code)]
    media_type = response.headers["content-type"].partition(";")[0]
    schema = declared["content"][media_type]["schema"]
    if media_type.endswith("json"):
        assert faults(response.json(), schema, document) == []
