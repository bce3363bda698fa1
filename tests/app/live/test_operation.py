"""What an operator looks at: errors of late, and the report of a version's evaluation."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

import httpx
import pytest

from app import state
from index_builder.build import BuildOptions
from index_builder.fold_writes import compact_index
from tests.support.declared_answers import check as check_declared
from tests.support.further_versions import newer
from tests.support.live_service import COUNT, KEY, Place, serving
from tests.support.live_shop import ENCODER, being_made, products, write
from tests.support.raw_client import check
from twinset.errors import ArtefactError
from twinset.index.index_versions import current_version
from twinset.index.kept_report import REPORT_FIGURES, REPORT_PAGE
from twinset.index.shared.version_line import list_versions
from twinset.live import log_database as database
from twinset.live.write_log import Entry, WriteLog

PAGE = "<!doctype html><style>b {}</style><b>good</b>"


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A folder as `twinset evaluate` writes one."""
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / REPORT_PAGE).write_text(PAGE)
    said = {"encoder": {"fingerprint": ENCODER.fingerprint}}
    (folder / REPORT_FIGURES).write_text(json.dumps(said))
    return folder


def test_errors_are_listed_for_the_admin_alone(place: Place) -> None:
    with serving(place) as client:
        asked = {"X-Request-ID": "the-one", "X-Words": "secret words"}
        refused = client.get("/items?filter=secret = 1", headers=asked)
        check(refused, 400, "invalid_filter")
        client.get("/product/secret", headers={"X-Request-ID": "a-page"})
        client.get("/secret", headers={"X-Request-ID": "no-route"})
        client.post("/search", content=bytes(21_000_000), headers={"X-Request-ID": "too-large"})
        client.get("/items")
        answer = client.get("/errors")
        assert answer.status_code == 200
        found = {
            one["request_id"]: (one["method"], one["route"], one["status"], one["code"])
            for one in answer.json()["errors"]
        }
        assert found == {
            "the-one": ("GET", "/items", 400, "invalid_filter"),
            "a-page": ("GET", "/product/{id}", 404, "not_found"),
            "no-route": ("GET", "unmatched", 404, "not_found"),
            "too-large": ("POST", "unmatched", 413, "body_too_large"),
        }
        assert "secret" not in answer.text
        check(client.get("/errors", headers={"Authorization": "Bearer x"}), 401)
    with serving(place, admin_key=None) as client:
        check(client.get("/errors"), 404)


def test_a_report_is_shown_with_the_version_that_it_came_with(place: Place, report: Path) -> None:
    plain = current_version(place.index)
    reported = newer(place, products(COUNT), BuildOptions(report=report))
    with serving(place) as client:
        document = client.get("/openapi.json").json()
        has = {v["version"]: v["has_report"] for v in client.get("/indexes").json()["versions"]}
        assert has == {plain: False, reported: True}
        answer = client.get(f"/indexes/{reported}/report")
        assert (answer.status_code, answer.text) == (200, PAGE)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy
        assert "script" not in policy
        assert answer.headers["cache-control"] == "no-store"
        for version, status in ((plain, 404), ("../x", 404), ("none", 422)):
            check(client.get(f"/indexes/{version}/report"), status)
        (place.index / reported / REPORT_PAGE).write_text("<b>forged</b>")
        damaged = client.get(f"/indexes/{reported}/report")
        check(damaged, 409, "conflict")
        check_declared(damaged, "/indexes/{version}/report", document)


def test_a_report_is_for_the_admin_and_his_browser(place: Place, report: Path) -> None:
    version = newer(place, products(COUNT), BuildOptions(report=report))
    path, reader = f"/indexes/{version}/report", "a-read-key-0123456789"
    with serving(place, read_keys=(reader,)) as client:
        browser = httpx.Client(base_url=client.base_url)
        check(browser.get(path), 401, "unauthorized")
        browser.post("/sign-in", data={"key": reader})
        check(browser.get(path), 401, "unauthorized")
        check(browser.get(path, headers={"Authorization": f"Bearer {reader}"}), 403)
        browser.post("/sign-in", data={"key": KEY})
        assert browser.get(path).text == PAGE
        # What changes something is not done by a cookie, which other pages could send along.
        check(browser.post("/indexes/rollback"), 401, "unauthorized")
        browser.close()
    with serving(place, admin_key=None) as client:
        check(client.get(path), 404)


def test_a_folded_version_takes_the_report_over(place: Place, report: Path) -> None:
    newer(place, products(COUNT), BuildOptions(report=report))
    write(WriteLog(place.index), Entry("p1", "patch", {"price": 1.0}))
    folded = compact_index(place.encoder, place.index, 3)
    assert folded is not None
    with serving(place) as client:
        assert client.get(f"/indexes/{folded.version}/report").text == PAGE


@pytest.mark.parametrize(
    "figures", ["{}", "no json", '{"encoder": {"fingerprint": "other"}}', "[]"]
)
def test_what_is_no_report_of_the_encoder_is_refused(
    place: Place, report: Path, figures: str
) -> None:
    (report / REPORT_FIGURES).write_text(figures)
    before = list_versions(place.index)
    with pytest.raises(ArtefactError, match=REPORT_FIGURES):
        newer(place, products(COUNT), BuildOptions(report=report))
    assert list_versions(place.index) == before


def test_a_report_without_its_page_is_refused_by_name(place: Place, report: Path) -> None:
    (report / REPORT_PAGE).unlink()
    with pytest.raises(ArtefactError, match=REPORT_PAGE):
        newer(place, products(COUNT), BuildOptions(report=report))


def test_a_worker_that_has_to_wait_for_the_log_is_ready_later(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_S", 0.1)
    monkeypatch.setattr(state, "_RETRY_S", 0.1)
    with contextlib.ExitStack() as stack:
        with being_made(place.index):
            client = stack.enter_context(serving(place))
            check(client.get("/readyz"), 503, "not_ready")
            check(client.get("/items"), 503, "not_ready")
            assert client.get("/livez").status_code == 200
        deadline = time.monotonic() + 20
        while client.get("/readyz").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert client.put("/items/new", json={"title": "a dress"}).status_code == 201
