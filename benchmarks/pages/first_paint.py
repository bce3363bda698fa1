"""When pages first paint and how far they shift, in a browser, beside an older checkout.

    python -m benchmarks.pages.first_paint --index INDEX [--baseline DIR] [--baseline-index INDEX]
        [--rounds 9]

Both services run at once with the packages of this environment. Each page is loaded by turns from
one and the other, each time with an empty cache, so that what else the machine does meets both
alike; figures are medians over the rounds. Needs Chromium and Playwright.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import Browser, sync_playwright

from benchmarks.markdown_report import MarkdownTable, ratio, show
from benchmarks.service.servers import Server, fetch, running, twinset_command

NOW, BEFORE = "this tree", "baseline"
PAGES = ("/", "/search", "/search?q=red+dress", "/product/{id}")
WIDTHS = (360, 1280)
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_SETTLED_MS = 500  # after the load, for what scripts and late fonts move
_WATCH = """
window.moved = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
_PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length"
_READ = """() => ({
  first_byte: performance.getEntriesByType("navigation")[0].responseStart,
  paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
  moved: window.moved,
})"""


@dataclass(frozen=True)
class PageLoad:
    """One load: milliseconds to the first byte and to the first paint, and the layout shift."""

    first_byte: float
    paint: float
    moved: float


def main(
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
    index: Annotated[Path, typer.Option()] = Path("var/demo/index"),
    baseline: Annotated[Path | None, typer.Option(help="A checkout to compare with.")] = None,
    baseline_index: Annotated[Path | None, typer.Option(help="The checkout's own index.")] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 9,
    pages: Annotated[str, typer.Option(help="Addresses, with commas between.")] = ",".join(PAGES),
    item: Annotated[str, typer.Option(help="The item of a product's page.")] = "S0001",
    chromium: Annotated[str, typer.Option()] = shutil.which("chromium") or "/usr/bin/chromium",
) -> None:
    """Print medians for each page and width, and the ratio to the baseline."""
    with ExitStack() as stack:
        servers = {NOW: stack.enter_context(_started(twinset_command(encoder, index), None))}
        if baseline is not None:
            command = twinset_command(baseline / "models" / "compact", baseline_index or index)
            servers[BEFORE] = stack.enter_context(_started(command, baseline.resolve()))
        browser = stack.enter_context(_browser(chromium))
        table = MarkdownTable(
            *("page", "width", "service", "first byte ms", "first paint ms", "ratio", "shift")
        )
        for page in pages.replace("{id}", item).split(","):
            for width in WIDTHS:
                _measure(table, browser, servers, (page, width), rounds)
        show(table)


def _measure(
    table: MarkdownTable,
    browser: Browser,
    servers: dict[str, Server],
    view: tuple[str, int],
    rounds: int,
) -> None:
    page, width = view
    loads: dict[str, list[PageLoad]] = {name: [] for name in servers}
    for turn in range(-1, rounds):  # the first warms up and is not counted
        order = list(servers) if turn % 2 else list(reversed(servers))
        for name in order:
            load = load_page(browser, servers[name].address + page, width)
            if turn >= 0:
                loads[name].append(load)
    before = _median(loads.get(BEFORE, ()), "paint")
    for name, found in loads.items():
        paint = _median(found, "paint")
        table.add(
            f"`{page}`",
            width,
            name,
            f"{_median(found, 'first_byte'):.0f}",
            f"{paint:.0f}",
            ratio(paint, before) if name == NOW else "",
            f"{max(one.moved for one in found):.3f}",
        )


def load_page(browser: Browser, address: str, width: int) -> PageLoad:
    """Load a page with an empty cache, and wait until it is at rest."""
    context = browser.new_context(viewport={"width": width, "height": 800})
    try:
        page = context.new_page()
        page.add_init_script(_WATCH)
        page.goto(address, wait_until="load", timeout=120_000)
        page.wait_for_function(_PAINTED, timeout=120_000)  # a busy machine loads before it paints
        page.wait_for_timeout(_SETTLED_MS)
        return PageLoad(**page.evaluate(_READ))
    finally:
        context.close()


@contextmanager
def _started(command: Sequence[str], checkout: Path | None) -> Iterator[Server]:
    """The service of a checkout, or else of this tree, with the packages of this environment."""
    place = str(checkout or Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": place}
    with running([sys.executable, "-P", *command[1:]], "/readyz", environment) as server:
        fetch(server.address + "/")
        yield server


@contextmanager
def _browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield browser
        browser.close()


def _median(loads: Sequence[PageLoad], name: str) -> float:
    return statistics.median(getattr(one, name) for one in loads) if loads else 0.0


if __name__ == "__main__":
    typer.run(main)
