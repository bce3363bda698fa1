"""What `app.api.reading.fast_route` reads is what the framework reads of the same signature."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated
from urllib.parse import quote, urlencode

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Header, Query, Response
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app.api import error_responses
from app.api.dependencies import IfNoneMatch, ImageFormDep, ItemIdPath, SearchQuery
from app.api.reading.fast_route import DirectRoute
from app.api.reading.plain_query import QueryRoute

NAMES = ("limit", "offset", "filter", "exclude_ids", "group_by", "fields", "min_score", "odd")
VALUES = (
    "",
    " ",
    "1",
    "0",
    "-1",
    "100",
    "101",
    "1.5",
    "nan",
    "1e999",
    "a",
    "ü",
    "a&b=c",
    "x" * 300,
)
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=5)


async def echo(
    item_id: ItemIdPath, options: SearchQuery, if_none_match: IfNoneMatch = None
) -> Response:
    """All that it was given."""
    given = f"{item_id}|{if_none_match}|{options.model_dump_json()}"
    return Response(given)


async def echo_form(form: ImageFormDep) -> Response:
    """All that it was sent."""
    return Response(form.image + b"|" + form.options.model_dump_json().encode())


def serving(route_class: type[APIRoute]) -> FastAPI:
    app = FastAPI()
    error_responses.install(app)
    router = APIRouter(route_class=route_class)
    router.get("/items/{id:path}/echo")(echo)
    router.post("/form")(echo_form)
    app.include_router(router)

    @app.middleware("http")
    async def name_request(request, call_next):  # type: ignore[no-untyped-def]
        request.state.request_id = "1"
        return await call_next(request)

    return app


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[httpx.Client, httpx.Client]]:
    apps = serving(DirectRoute), serving(QueryRoute)
    with TestClient(apps[0]) as direct, TestClient(apps[1]) as framework:
        yield direct, framework


@settings(deadline=None)
@given(pairs=PAIRS)
def test_any_query_is_read_as_the_framework_reads_it(
    both: tuple[httpx.Client, httpx.Client], pairs: list[tuple[str, str]]
) -> None:
    answers = [client.get(f"/items/p1/echo?{urlencode(pairs)}") for client in both]
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    "query",
    ["limit", "limit=", "=1", "&&", "limit=%zz", "filter=%ff", "limit=1;offset=2", "a=1&a=2"],
)
def test_a_strange_query_is_read_as_the_framework_reads_it(
    both: tuple[httpx.Client, httpx.Client], query: str
) -> None:
    answers = [client.get(f"/items/p1/echo?{query}") for client in both]
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("item_id", ["a/b", "ü", "a b", "a|b"])
@pytest.mark.parametrize("headers", [{}, {"If-None-Match": '"1", "2"'}])
def test_path_and_header_are_read(
    both: tuple[httpx.Client, httpx.Client], item_id: str, headers: dict[str, str]
) -> None:
    path = f"/items/{quote(item_id, safe='')}/echo?limit=3&fields=a&fields=b"
    answers = [client.get(path, headers=headers) for client in both]
    assert answers[0].status_code == answers[1].status_code == 200
    assert answers[0].content == answers[1].content
    expected = f'{item_id}|{headers.get("If-None-Match")}|{{"limit":3,'
    assert answers[0].text.startswith(expected)


def test_an_upload_is_read(both: tuple[httpx.Client, httpx.Client]) -> None:
    answer = both[0].post("/form", files={"image": b"abc"}, data={"limit": "3"})
    assert answer.status_code == 200
    assert answer.text.startswith('abc|{"limit":3,')


@pytest.mark.parametrize(
    "upload",
    [
        {"files": {"image": b"abc"}, "data": {"limit": "3", "fields": ["a", "b"]}},
        {"files": {"image": b"abc"}, "data": {"limit": "0", "odd": "1"}},
        {"files": [("image", b"abc"), ("image", b"def")]},
        {"files": {"photo": b"abc"}},
        {"data": {"image": "abc"}},
        {"json": {"image": "abc"}},
        {"content": b"--b\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {"content": b"--b--\r\n", "headers": {"Content-Type": "multipart/form-data"}},
        {},
    ],
)
def test_an_upload_is_read_as_the_framework_reads_it(
    both: tuple[httpx.Client, httpx.Client], upload: dict[str, object]
) -> None:
    answers = [client.post("/form", **upload) for client in both]  # type: ignore[arg-type]
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].content == answers[1].content


def _ids(answer: httpx.Response, name: str) -> list[str]:
    """The ids of a list as an echo says that they were read."""
    assert answer.status_code == 200, answer.text
    options: dict[str, list[str]] = json.loads(answer.text[answer.text.index("{") :])
    return options[name]


@pytest.mark.parametrize(("name", "most"), [("exclude_ids", 1000), ("liked", 50), ("disliked", 50)])
def test_a_list_by_commas_is_as_long_as_one_by_repetition(
    both: tuple[httpx.Client, httpx.Client], name: str, most: int
) -> None:
    ids = [f"item-{number}" for number in range(most)]
    for client in both:
        for count in (1, 2, 60 if most > 60 else most, most):
            query = urlencode({name: ",".join(ids[:count])})
            read = _ids(client.get(f"/items/p1/echo?{query}"), name)
            assert read[:count] == ids[:count]
            assert read[count:] in ([], [",".join(ids[:count])])
        longer = urlencode({name: ",".join([*ids, "one more"])})
        refused = client.get(f"/items/p1/echo?{longer}")
        assert refused.status_code == 422
        assert f"at most {most} items" in refused.text
        form = {"files": {"image": b"abc"}, "data": {name: ",".join(ids)}}
        assert _ids(client.post("/form", **form), name) == ids  # type: ignore[arg-type]


def test_an_id_with_a_comma_is_read_as_one_too(both: tuple[httpx.Client, httpx.Client]) -> None:
    for client in both:
        answer = client.get("/items/p1/echo?liked=a,b&liked=c&liked=d,%20e")
        assert _ids(answer, "liked") == ["a", "b", "c", "d", "e", "a,b", "d, e"]


def test_both_are_described_alike() -> None:
    assert serving(DirectRoute).openapi() == serving(QueryRoute).openapi()


@pytest.mark.parametrize(
    "kind", [Annotated[int, Query()], Annotated[int, Header()], Annotated[list[str], Query()], int]
)
def test_what_it_cannot_read_is_refused_when_it_is_declared(kind: object) -> None:
    async def odd(value) -> Response:  # type: ignore[no-untyped-def]
        return Response()

    odd.__annotations__["value"] = kind
    with pytest.raises(TypeError, match="cannot read value"):
        APIRouter(route_class=DirectRoute).get("/odd")(odd)
