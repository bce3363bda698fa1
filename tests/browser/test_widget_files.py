"""The widget without a service: it reads the files that `twinset similar` wrote."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.support.browser_pages import similar
from tests.support.running_service import twinset

PAGE = """<!doctype html><link rel=icon href='data:,'>
<script type=module src='/widget.js'></script>
<twinset-similar item=S0001 source=. href='/p/{id}'></twinset-similar>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def files(sample_shop, tmp_path):
    """A plain file server with what the command wrote, and a page that shows it."""
    twinset(
        "similar", "--index", sample_shop[0], "--out", tmp_path / "out", "--group-by", "group_id"
    )
    (tmp_path / "out" / "page.html").write_text(PAGE)
    handler = partial(Quiet, directory=tmp_path / "out")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_widget_shows_what_the_files_say(visit, service, files):
    page = visit("/livez")
    page.goto(f"{files}/page.html")
    links = page.locator("twinset-similar a")
    expect(links).to_have_count(4)
    ids = [link.get_attribute("href").rsplit("/", 1)[1] for link in links.all()]
    assert ids == similar(service, "S0001", limit=4)
    expect(page.locator("twinset-similar img").first).to_have_js_property("complete", True)
    assert page.locator("twinset-similar img").first.evaluate("img => img.naturalWidth") > 0
    page.locator("twinset-similar").evaluate("node => node.setAttribute('item', 'nothing')")
    visit.forgive()
    expect(links).to_have_count(0)
