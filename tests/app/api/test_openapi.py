"""The OpenAPI document says exactly what is sent."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest

from tests.support.bad_requests import LIMIT
from tests.support.declared_answers import Schema, check, faults, name_of
from tests.support.small_shop import picture


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> Schema:
    document: Schema = client.get("/openapi.json").json()
    return document


GETS = [
    ("/items", "/items?limit=3"),
    ("/items", "/items?group_by=gender"),
    ("/items", "/items?fields=price"),
    ("/items", "/items?limit=0"),
    ("/items", "/items?filter=nofield=1"),
    ("/items/{id}", "/items/p1"),
    ("/items/{id}", "/items/none"),
    ("/items/{id}/similar", "/items/p1/similar?group_by=group_id"),
    ("/items/{id}/similar", "/items/none/similar"),
    ("/items/{id}/similar", "/items/p1/similar?limit=x"),
    ("/items/{id}/image", "/items/p1/image"),
    ("/items/{id}/image", "/items/none/image"),
    ("/facets", "/facets"),
    ("/facets", "/facets?fields=nofield"),
    ("/livez", "/livez"),
    ("/readyz", "/readyz"),
    ("/metrics", "/metrics"),
]


@pytest.mark.parametrize(("path", "url"), GETS)
def test_gets_answer_as_declared(
    client: httpx.Client, document: Schema, path: str, url: str
) -> None:
    check(client.get(url), path, document)


@pytest.mark.parametrize("body", [{"query": "hat"}, {"query": ""}, {"query": "a", "filter": "="}])
def test_by_text_answers_as_declared(client: httpx.Client, document: Schema, body: Schema) -> None:
    check(client.post("/recommend/by-text", json=body), "/recommend/by-text", document)


@pytest.mark.parametrize("signal", [{"text": "hat"}, {"item_id": "none"}, {"image": "aGk="}, {}])
def test_blend_answers_as_declared(client: httpx.Client, document: Schema, signal: Schema) -> None:
    response = client.post("/recommend", json={"positive": [signal]})
    check(response, "/recommend", document)


@pytest.mark.parametrize("data", [picture(1), b"text", b"", bytes(LIMIT)])
def test_by_image_answers_as_declared(client: httpx.Client, document: Schema, data: bytes) -> None:
    response = client.post("/recommend/by-image", files={"image": data})
    check(response, "/recommend/by-image", document)


def test_the_upload_form_is_declared(document: Schema) -> None:
    body = document["paths"]["/recommend/by-image"]["post"]["requestBody"]
    schema = body["content"]["multipart/form-data"]["schema"]
    common = {"limit", "offset", "filter", "exclude_ids", "min_score", "group_by", "fields"}
    common |= {
        "sort",
        "facets",
        "facet_limit",
        "cursor",
        "diversity",
        "liked",
        "disliked",
        "explain",
        "same",
        "min_relevance",
    }
    own = {"image", "box", "edit", "kind", "understand", "regions"}
    assert set(schema["properties"]) == common | own
    similar = document["paths"]["/items/{id}/similar"]["get"]["parameters"]
    assert {p["name"] for p in similar if p["in"] == "query"} == common | {"edit"}


def test_every_reference_resolves(document: Schema) -> None:
    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [name_of(node)] if isinstance(node.get("$ref"), str) else []
            return own + [name for child in node.values() for name in references(child)]
        return (
            [name for child in node for name in references(child)] if isinstance(node, list) else []
        )

    assert set(references(document)) <= set(document["components"]["schemas"])


def test_operation_ids_are_unique_and_plain(document: Schema) -> None:
    ids = [op["operationId"] for item in document["paths"].values() for op in item.values()]
    assert len(set(ids)) == len(ids)
    assert all(name.isidentifier() for name in ids)


def operations(document: Schema) -> list[tuple[str, Schema]]:
    methods = [(path, found) for path, found in document["paths"].items()]
    return [(f"{m} {path}", one) for path, found in methods for m, one in found.items()]


def test_every_operation_says_which_key_it_takes(document: Schema) -> None:
    assert [name for name, one in operations(document) if "security" not in one] == []
    assert document["paths"]["/items"]["get"]["security"] == []
    assert document["paths"]["/indexes"]["get"]["security"] == [{"AdminKey": []}]


def test_every_answer_has_an_example_that_its_schema_allows(document: Schema) -> None:
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            for media_type, content in response.get("content", {}).items():
                if media_type.endswith("json"):
                    found = faults(content["example"], content["schema"], document, name)
                    assert found == [], status


def test_every_refusal_names_its_codes(document: Schema) -> None:
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "4":
                code = response["content"]["application/problem+json"]["example"]["code"]
                assert "`code`:" in response["description"], (name, status)
                assert code in response["description"] or status in ("415", "422")


def test_the_printed_document_is_the_served_one(document: Schema) -> None:
    command = [sys.executable, "-m", "app.openapi_document"]
    printed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert printed == document
