"""The operator's desk, before a service with an admin key and index versions of its own."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.support.browser_pages import faults
from tests.support.running_service import running_service, twinset
from twinset.index.index_versions import current_version, open_version
from twinset.index.shared.version_line import list_versions

KEY = "an-admin-key-of-a-test"
READER = "a-read-key-of-a-test"


@pytest.fixture(scope="module")
def index(compact, sample_shop, embedded_sample, tmp_path_factory):
    """Three versions: two of the whole shop, the live one with a report, and one of a quarter."""
    (source, rows), (catalogue, embeddings) = sample_shop, embedded_sample
    folder = tmp_path_factory.mktemp("operated")
    index = shutil.copytree(source, folder / "index")
    whole = pa.Table.from_pylist(list(rows.values()))
    schema = pq.read_schema(catalogue)
    report = folder / "report"
    report.mkdir()
    (report / "report.html").write_text(
        "<title>A report</title><style>b { color: red }</style><b>!</b>"
    )
    encoder = {"encoder": {"fingerprint": open_version(index).fingerprint}}
    (report / "report.json").write_text(json.dumps(encoder))
    _build(embeddings, catalogue, index, "--report", report)
    part = folder / "part.parquet"
    pq.write_table(whole.slice(0, len(whole) // 4).cast(schema), part)
    shutil.copytree(embeddings, folder / "emb")  # so that nothing has to be encoded again
    twinset("export", "--encoder", compact, "--catalog", part, "--out", folder / "emb", "--force")
    _build(folder / "emb", part, index, "--no-activate")
    return index


def _build(embeddings, catalogue, out, *more):
    twinset("build", "--embeddings", embeddings, "--catalog", catalogue, "--out", out, *more)


@pytest.fixture(scope="module")
def operated(compact, index):
    keys = {"TWINSET_ADMIN_KEY": KEY, "TWINSET_READ_KEYS": READER, "TWINSET_COMPACT_SHARE": "0"}
    with running_service(compact, index, environment=keys) as (client, _):
        yield client


@pytest.fixture
def visit(chromium, operated):
    visitor = Visitor(chromium, str(operated.base_url))
    yield visitor
    visitor.leave()


@pytest.fixture
def desk(visit):
    """The page, opened with the key."""
    page = visit("/operator")
    page.locator("#key").fill(KEY)
    page.locator("#who").fill("Anna <b>Ö</b>")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#versions tr")).to_have_count(3)
    return page


def live_row(page):
    return page.locator("#versions tr", has_text="Live")


def test_versions_are_activated_compared_and_gone_back_from(visit, desk, index):
    visit.forgive()  # the browser logs the 409
    first, second, part = list_versions(index)
    expect(live_row(desk)).to_contain_text(second)

    asked, refused = [], ["worse than the live one"]

    def answer(dialog):
        asked.append(dialog.message)
        no = any(words in dialog.message for words in refused)
        dialog.dismiss() if no else dialog.accept()

    desk.on("dialog", answer)

    def activate(version):
        row = desk.locator("#versions tr", has_text=version)
        row.get_by_role("button", name="Activate").click()

    activate(first)
    expect(live_row(desk)).to_contain_text(first)
    expect(desk.locator("#done")).to_have_text(f"{first} is live now.")
    expect(desk.locator("#comparison")).to_contain_text("ndcg at 10")
    assert current_version(index) == first

    activate(part)
    expect(desk.locator("#notice")).to_contain_text("40 items, not 160")
    assert asked[1] == f"Let {part} answer from now on?"
    assert "worse than the live one" in asked[2]
    assert current_version(index) == first

    refused.clear()
    activate(part)
    expect(live_row(desk)).to_contain_text(part)
    expect(desk.locator("#notice")).to_be_hidden()
    assert current_version(index) == part

    for version in (first, second):
        desk.get_by_role("button", name="Roll back").click()
        expect(desk.locator("#done")).to_have_text(f"{version} is live again.")
        assert current_version(index) == version


def test_what_went_wrong_stays_to_be_read(visit, desk, index):
    """Figures are read every five seconds; they take away only what they said themselves."""
    visit.forgive()
    desk.on("dialog", lambda dialog: dialog.accept())
    desk.route("**/rollback", lambda route: route.fulfill(status=409, json={"detail": "No way."}))
    desk.get_by_role("button", name="Roll back").click()
    expect(desk.locator("#notice")).to_have_text("No way.")
    with desk.expect_response("**/metrics"):
        pass
    desk.wait_for_timeout(300)
    expect(desk.locator("#notice")).to_have_text("No way.")


def test_figures_and_errors_are_live(desk, operated):
    answer = operated.get("/items/none", headers={"Authorization": f"Bearer {READER}"})
    assert answer.status_code == 404
    errors = desk.locator("#errors tbody tr", has_text=answer.headers["x-request-id"])
    expect(errors).to_contain_text("not_found")
    expect(errors).to_contain_text("GET /items/{id}")
    expect(desk.locator("#routes")).to_contain_text("/items/{id}")
    expect(desk.locator("#figures")).to_contain_text("Requests a second")
    desk.get_by_role("button", name="Of the service").click()
    expect(errors).to_have_count(0)
    desk.get_by_role("button", name="Of callers").click()
    expect(errors).to_contain_text("No such item")


def test_the_last_hour_the_state_and_the_trail_are_shown(desk, operated):
    reader = {"Authorization": f"Bearer {READER}"}
    for _ in range(3):
        operated.get("/items/S0001", headers=reader)
    operated.delete("/items/S0009", headers={"Authorization": f"Bearer {KEY}"})
    desk.reload()
    expect(desk.get_by_role("img", name="Requests a minute over the last hour")).to_be_visible()
    expect(desk.get_by_role("img", name="Time of requests over the last hour")).to_be_visible()
    assert desk.locator("#requests-chart rect").count() >= 1
    expect(desk.locator("#hour")).to_contain_text("95 % within")
    expect(desk.locator("#status")).to_contain_text("Feed taken")
    expect(desk.locator("#status")).to_contain_text("MB")
    removed = desk.locator("#trail tbody tr", has_text="removed S0009")
    expect(removed).to_contain_text("key ")
    assert KEY not in desk.content()
    # What is done here is noted under the name that was given, and read anew at once.
    desk.locator("#item-id").fill("S0012")
    desk.get_by_role("button", name="Look it up").click()
    desk.get_by_role("button", name="Mark as").click()
    expect(desk.locator("#trail tbody tr", has_text="changed S0012")).to_contain_text("Anna bOb")


def test_a_query_is_explained(desk):
    desk.locator("#try-words").fill("black watch under 500")
    desk.get_by_role("button", name="Try it").click()
    expect(desk.locator("#try-summary")).to_contain_text("“under 500” as the filter price < 500")
    first = desk.locator("#tried tbody tr").first
    expect(first).to_contain_text("words +0.")
    assert desk.locator("#tried tbody tr").count() == 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit, desk, scheme):
    visit.forgive()  # the browser logs the 401
    desk.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    assert faults(desk) == []
    assert faults(visit("/", color_scheme=scheme)) == []  # where one signs in


def test_a_report_opens_in_a_tab_of_its_own(desk, index):
    with desk.context.expect_page() as opened:
        desk.get_by_role("link", name="Report").click()
    report = opened.value
    expect(report).to_have_title("A report")
    # Its own styles work, which the storefront's policy would forbid.
    assert report.locator("b").evaluate("b => getComputedStyle(b).color") == "rgb(255, 0, 0)"


def test_a_wrong_key_is_told_and_forgotten(visit):
    visit.forgive()
    page = visit("/operator")
    page.locator("#key").fill("a wrong key, long enough")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).not_to_be_empty()
    expect(page.locator("#desk")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("alert")).to_be_hidden()


def test_without_an_admin_key_the_desk_says_so(chromium, service):
    visitor = Visitor(chromium, str(service.base_url))
    visitor.forgive()
    page = visitor("/operator")
    page.locator("#key").fill("any key that is long")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_contain_text("Administration is off")
    visitor.leave()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_shopper_signs_in_where_the_shop_has_keys(visit, scripts):
    visit.forgive()  # the browser logs the 401
    page = visit("/search?q=black+watch", java_script_enabled=scripts)
    page.locator("#key").fill("not the key of this shop")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#sentence")).to_contain_text("not a key")
    page.locator("#key").fill(READER)
    page.get_by_role("button", name="Sign in").click()
    assert page.url.endswith("/search?q=black+watch")
    tiles = page.locator(".grid .tile")
    expect(tiles).to_have_count(24)
    if scripts:
        assert tiles.first.locator("img").evaluate("i => i.decode().then(() => i.naturalWidth)") > 0
        page.locator("#q").fill("red dress")
        expect(page.locator("h1")).to_have_text("Red dress")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("This shop needs a key.")


def test_a_session_that_ends_asks_for_the_key_again(visit):
    visit.forgive()
    page = visit("/")
    page.locator("#key").fill(READER)
    page.get_by_role("button", name="Sign in").click()
    page.locator("#q").wait_for()
    page.wait_for_load_state("networkidle")  # its scripts hear the typing
    page.context.clear_cookies()
    page.locator("#q").fill("hat")
    expect(page.locator("h1")).to_have_text("This shop needs a key.")


def test_the_catalogue_is_examined_and_an_item_changed(desk, operated, sample_shop):
    desk.on("dialog", lambda dialog: dialog.accept())
    expect(desk.locator("#findings tr")).to_have_count(8)
    desk.get_by_role("button", name="Look at every picture").click()
    expect(desk.locator("#findings tr")).to_have_count(11)
    expect(desk.locator("#findings tr", has_text="Unreadable pictures")).to_contain_text("0")
    expect(desk.locator("#findings")).to_contain_text("Without picture")
    desk.locator("#item-id").fill("S0007")
    desk.get_by_role("button", name="Look it up").click()
    expect(desk.locator("#item-title")).to_have_text(sample_shop[1]["S0007"]["title"])
    key = {"Authorization": f"Bearer {KEY}"}
    before = operated.get("/items/S0007", headers=key).json()["item"]["available"]
    word = "sold out" if before else "in stock"
    desk.get_by_role("button", name=f"Mark as {word}").click()
    expect(desk.locator("#done")).to_have_text(f"S0007 is {word} now.")
    assert operated.get("/items/S0007", headers=key).json()["item"]["available"] is not before
    desk.get_by_role("button", name="Remove from the index").click()
    expect(desk.locator("#done")).to_have_text("S0007 is removed.")
    assert operated.get("/items/S0007", headers=key).status_code == 404
    assert not faults(desk)


def test_without_events_there_is_nothing_on_visitors(desk):
    expect(desk.locator("#findings tr")).to_have_count(8)
    expect(desk.locator("#analytics")).to_be_hidden()
