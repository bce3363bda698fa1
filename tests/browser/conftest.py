"""A real browser before a real service over the sample shop."""

import os
import shutil
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import sync_playwright

from tests.support.running_service import running_service

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 20_000  # generous: other programs share the machine


class ShopPage(BaseHTTPRequestHandler):
    """A product's page in a shop of its own, with what its server's `html` says."""

    def do_GET(self):
        body = self.server.html.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="package")
def shop():
    """A shop's own server. On this machine too: a browser lets no public page ask a local one."""
    with ThreadingHTTPServer(("127.0.0.1", 0), ShopPage) as server:
        server.origin = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="package")
def service(compact, sample_shop, shop):
    """An HTTP client of the service that the browser visits."""
    index, _ = sample_shop
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWINSET_CORS_ORIGINS", shop.origin)
        with running_service(compact, index) as (client, _):
            yield client


@pytest.fixture(scope="session")
def rows(sample_shop):
    """The products by id, with their pictures."""
    return sample_shop[1]


# Not for the session: while it runs, no other test of the process could run an event loop.
@pytest.fixture(scope="package")
def chromium():
    """The browser; without one, these tests are skipped."""
    if not os.access(CHROMIUM, os.X_OK):
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, service):
    """`visit(path, **options)` opens a page of a fresh browser; no page may log an error.

    `visit.forgive()` allows what a test provokes: a status of 4xx, a lost connection.
    """
    visitor = Visitor(chromium, str(service.base_url))
    yield visitor
    visitor.leave()


class Visitor:
    def __init__(self, browser, origin):
        self._browser, self._origin = browser, origin
        self._contexts, self._errors, self._forgiven = [], [], False

    def __call__(self, path, **options):
        options = {"viewport": {"width": 1280, "height": 900}, **options}
        context = self._browser.new_context(base_url=self._origin, **options)
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: m.type == "error" and self._errors.append(m.text))
        page.on("pageerror", lambda error: self._errors.append(str(error)))
        page.goto(path)
        return page

    def forgive(self):
        self._forgiven = True

    def leave(self):
        for context in self._contexts:
            context.close()
        assert self._forgiven or not self._errors
