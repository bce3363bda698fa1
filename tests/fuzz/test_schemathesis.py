"""Requests generated from the OpenAPI document: each is answered as the document says."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

pytestmark = pytest.mark.fuzz
# 2,000 cases over the operations in a full run.
FULL, SHORT = 2000, 110
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]


@schemathesis.serializer("application/x-ndjson")
def lines_of_json(_: schemathesis.SerializationContext, value: Any) -> bytes:
    """Each element on a line of its own; what is no list is sent as it is."""
    lines = value if isinstance(value, list) else [value]
    return b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines)


def test_every_operation_answers_as_declared(address: str, full: bool) -> None:
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    operations = [result.ok() for result in schema.get_all_operations()]
    varied = [
        one for one in operations if one.definition.raw.keys() & {"parameters", "requestBody"}
    ]
    share = -(-(FULL if full else SHORT) // len(varied))
    count = 0
    for operation in operations:

        @settings(
            max_examples=share,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            nonlocal count
            count += 1
            response = case.call(base_url=address)
            case.validate_response(response, checks=CHECKS)

        ask()
    assert count >= 0.9 * (FULL if full else SHORT)  # some operations have few cases
    assert httpx.get(f"{address}/readyz").status_code == 200
