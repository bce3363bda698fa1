"""The admin routes answer as the OpenAPI document declares them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.declared_answers import Schema
from tests.support.declared_answers import check as check_declared
from tests.support.further_versions import STAGED, newer
from tests.support.live_service import COUNT, Place
from tests.support.live_shop import products
from twinset.index.index_versions import current_version

NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture(scope="module")
def document(shared: httpx.Client) -> Schema:
    document: Schema = shared.get("/openapi.json").json()
    return document


CALLS: list[tuple[str, str, str, dict[str, Any], int]] = [
    ("PUT", "/items/{id}", "/items/o1", {"json": {"title": "hat"}}, 201),
    ("PUT", "/items/{id}", "/items/o1", {"json": {"title": "hat", "price": 3}}, 200),
    ("PUT", "/items/{id}", "/items/o2", {"json": {}}, 422),
    ("PUT", "/items/{id}", "/items/o2", {"json": {"x": 1}}, 400),
    ("PUT", "/items/{id}", "/items/o2", {"content": b"a"}, 415),
    ("PUT", "/items/{id}", "/items/o2", {"content": bytes(21_000_000)}, 413),
    ("PUT", "/items/{id}", "/items/o2", {"json": {}, "headers": {"Authorization": "x"}}, 401),
    ("PUT", "/items/{id}", "/items/o2", {"json": {}, "headers": {"Idempotency-Key": "a b"}}, 422),
    ("PATCH", "/items/{id}", "/items/o1", {"json": {"price": 2}}, 200),
    ("PATCH", "/items/{id}", "/items/o9", {"json": {"price": 2}}, 404),
    ("DELETE", "/items/{id}", "/items/o1", {}, 200),
    ("DELETE", "/items/{id}", "/items/o1", {}, 404),
    ("POST", "/items/batch", "/items/batch", {"content": b'{"op": 1}\n', "headers": NDJSON}, 200),
    ("POST", "/items/batch", "/items/batch", {"content": b"", "headers": NDJSON}, 422),
    ("GET", "/indexes", "/indexes", {}, 200),
    ("POST", "/indexes/rollback", "/indexes/rollback", {}, 409),
    ("GET", "/errors", "/errors", {}, 200),
    ("GET", "/errors", "/errors", {"headers": {"Authorization": "x"}}, 401),
    ("GET", "/indexes/{version}/report", "/indexes/a/report", {}, 422),
    ("POST", "/indexes/{version}/activate", "/indexes/a/activate", {}, 422),
    (
        "POST",
        "/indexes/{version}/activate",
        "/indexes/20200101T000000Z-00000000/activate",
        {},
        404,
    ),
]


def test_admin_calls_answer_as_declared(shared: httpx.Client, document: Schema) -> None:
    for method, path, url, options, status in CALLS:
        response = shared.request(method, url, **options)
        assert response.status_code == status, (method, url, response.text)
        check_declared(response, path, document)


def test_activations_answer_as_declared(
    place: Place, client: httpx.Client, document: Schema
) -> None:
    path = "/indexes/{version}/activate"
    versions = [newer(place, products(count), STAGED) for count in (COUNT, 5)]
    for version, status in ((versions[0], 200), (versions[0], 200), (versions[1], 409)):
        response = client.post(f"/indexes/{version}/activate")
        assert response.status_code == status
        check_declared(response, path, document)
    check_declared(client.post("/indexes/rollback"), "/indexes/rollback", document)
    assert current_version(place.index) < versions[0]


def test_every_admin_route_declares_its_key_and_its_body(document: Schema) -> None:
    tagged = [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if "admin" in operation["tags"]
    ]
    assert len(tagged) == 18
    for path, method, operation in tagged:
        assert operation["security"] == [{"AdminKey": []}]
        assert "401" in operation["responses"]
        has_body = method in ("put", "patch") or path.endswith("batch")
        assert ("requestBody" in operation) == has_body
    assert document["components"]["securitySchemes"]["AdminKey"]["scheme"] == "bearer"
