"""Cursors of lists whose vectors a server keeps: PostgreSQL, or Milvus."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from index_builder.build import BuildOptions
from tests.support.further_versions import newer
from tests.support.lists_read_on import Ask, by_item, by_text, change, page, plain_list, read_on
from tests.support.live_service import COUNT, Place, serving
from tests.support.live_shop import ENCODER, build, products
from tests.support.postgres import database
from tests.support.raw_client import check
from twinset.index.engines import engine_in


@pytest.fixture(params=["pgvector", "milvus"])
def shop(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """A shop in either of the two, with an earlier version."""
    folder = tmp_path / "shop"
    place = Place(folder / "encoder", folder / "index")
    if request.param == "milvus":
        request.getfixturevalue("milvus")
        yield _filled(place, "milvus")
    else:
        with database(request.getfixturevalue("postgres_server")) as address:
            monkeypatch.setenv("TWINSET_STORE", address)
            yield _filled(place, "pgvector")


def _filled(place: Place, kind: str) -> Place:
    build(place.index.parent, products(COUNT), options=BuildOptions(kind))
    ENCODER.save(place.encoder)
    return place


@pytest.mark.parametrize("ask", [by_text, by_item, plain_list])
def test_a_list_is_read_on_under_writes_and_a_switch(ask: Ask, shop: Place) -> None:
    with serving(shop) as client:
        change(client, 14)
        whole = page(ask, client, limit=100)["items"]
        first = page(ask, client, limit=7)

        def write_and_switch(number: int) -> None:
            change(client, number)
            if number == 2:
                _switch(client, shop)

        assert read_on(ask, [client], first, write_and_switch) == whole
        assert page(ask, client, limit=100)["items"] != whole


def test_a_list_whose_vectors_were_dropped_is_410(shop: Place) -> None:
    with serving(shop) as client:
        cursor = page(by_text, client, limit=7)["page"]["cursor"]
        left = shop.index / page(by_text, client)["model"]["index"]
        _switch(client, shop)
        assert by_text(client, limit=7, cursor=cursor).status_code == 200
        engine_in(left).drop(left)
        # What was asked for before is kept, and needs no vectors.
        assert by_text(client, limit=7, cursor=cursor).status_code == 200
        check(by_text(client, limit=6, cursor=cursor), 410, "cursor_expired")
        assert page(by_text, client, limit=7)["items"]


def _switch(client: httpx.Client, shop: Place) -> None:
    """Let a version of more items go live."""
    live = shop.index / page(by_text, client)["model"]["index"]
    options = BuildOptions(engine_in(live).kinds[0], activate=False)
    second = newer(shop, products(COUNT + 9, seed=3), options)
    activate = f"/indexes/{second}/activate"
    answer = client.post(activate, params={"force": True}, timeout=60)
    assert answer.status_code == 200, answer.text
