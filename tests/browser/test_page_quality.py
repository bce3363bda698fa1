"""What Lighthouse would look at, on every page, of the sample shop and of one like real catalogues:
weight, requests, first paint, layout shifts, accessibility, and what a keyboard reaches.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass, field
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from app.recommend.recommender import Recommender
from app.settings import Settings
from app.state import State
from tests.browser.conftest import PATIENCE_MS
from tests.support.browser_pages import violations
from tests.support.small_shop import Server, as_version, picture
from twinset.encoders import HashEncoder
from twinset.index import ExactIndex

WIDTHS = (360, 1280)
MOST_SHIFT = 0.05
MOST_REQUESTS, MOST_KIB = 45, 600
SCRIPTS_AND_STYLES_KIB = 160  # what a page needs beside pictures
SLOWEST_PAINT_MS = 5000  # a page that waits for scripts or others takes far longer on any machine
WATCH = """
window.moved = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
# Fonts are in use, and what that moved was told to the observer.
SETTLED = """() => document.fonts.ready.then(() => new Promise(
  (done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100)))))"""
FOUND = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null;
  const loaded = performance.getEntriesByType("resource");
  return {
    paint, moved: window.moved, wide: document.documentElement.scrollWidth,
    blocking: loaded.filter((one) => one.renderBlockingStatus === "blocking")
      .map(({ name }) => name),
    elsewhere: loaded.map((one) => new URL(one.name)).filter((one) => /^http/.test(one.protocol))
      .filter((one) => one.origin !== location.origin).map(String),
  };
}"""
REACHABLE = """() => {
  const all = document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']");
  const seen = [...all].filter((one) => one.checkVisibility({ visibilityProperty: true })
    && !one.disabled && one.tabIndex >= 0 && one.type !== "hidden"
    && !(one.type === "radio" && !one.checked));
  seen.forEach((one, place) => one.setAttribute("data-place", place));
  return seen.length;
}"""
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmütze"


@pytest.fixture(scope="module")
def real_like(tmp_path_factory):
    """A shop as catalogues are: no prices or stock, small pictures, some missing, long titles."""
    chance, folder, encoder = random.Random(3), tmp_path_factory.mktemp("real"), HashEncoder(64)
    kinds = ("Tshirts", "Casual Shoes", "Sarees", "Innerwear Vests", "Free Gifts")
    rows = [
        {
            "id": f"{15000 + n}",
            "title": f"{LONG} {n} Men's" if n % 7 == 0 else f"Turtle Check Men Navy Blue Shirt {n}",
            "gender": chance.choice(("Men", "Women", "Boys", "Unisex")),
            "masterCategory": chance.choice(("Apparel", "Accessories", "Footwear")),
            "articleType": chance.choice(kinds),
            "baseColour": chance.choice(("Navy Blue", "Black", "Grey Melange", LONG)),
            "year": 2000 + n % 19,
            "usage": chance.choice(("Casual", "Ethnic", None)),
        }
        for n in range(60)
    ]
    pictures = [None if n % 9 == 4 else picture(n, "JPEG", (60, 80)) for n in range(len(rows))]
    lengths = [len(one or b"") for one in pictures]
    places = {
        "offset": pa.array([sum(lengths[:n]) for n in range(len(rows))], pa.int64()),
        "length": pa.array(lengths, pa.int64()),
        "type": ["image/jpeg"] * len(rows),
    }
    pq.write_table(pa.Table.from_pylist(rows), folder / "items.parquet")
    pq.write_table(pa.table(places), folder / "images.parquet")
    (folder / "images.bin").write_bytes(b"".join(one or b"" for one in pictures))
    images = [one and Image.open(io.BytesIO(one)) for one in pictures]
    vectors = encoder.encode_items(images, [row["title"] for row in rows])
    version = as_version(folder, ExactIndex(vectors.item))
    version = type(version)(
        **{**vars(version), "encoder_name": encoder.name, "fingerprint": encoder.fingerprint}
    )
    state = State(Settings())
    state.recommender = Recommender(encoder, version, state.settings, state.metrics)
    with Server(state) as address:
        yield address


@dataclass
class Opened:
    """A page with what was measured of it while it loaded."""

    page: object
    width: int
    bytes: dict[str, int] = field(default_factory=dict)
    requests: int = 0

    def check_load(self):
        found = self.page.evaluate(FOUND)
        assert found["moved"] <= MOST_SHIFT
        assert found["wide"] <= self.width
        assert found["elsewhere"] == []
        names = [name.split("?")[0].rsplit("/", 1)[1] for name in found["blocking"]]
        assert [name for name in names if not name.endswith(".css") and name != "theme.js"] == []
        assert found["paint"] is not None
        assert found["paint"] < SLOWEST_PAINT_MS
        assert self.requests <= MOST_REQUESTS
        assert sum(self.bytes.values()) <= MOST_KIB * 1024
        files = sum(size for kind, size in self.bytes.items() if kind != "Image")
        assert files <= SCRIPTS_AND_STYLES_KIB * 1024, self.bytes

    def violations(self, scheme):
        self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = violations(self.page)
        return [f"{one['id']}: {node['target']}" for one in found for node in one["nodes"]]


@pytest.fixture
def opened(chromium):
    """`opened(origin, path, width)`: a page in a fresh browser, measured from its first byte.

    Files whose addresses `late` matches come a second later than they could.
    """
    contexts = []

    def open_page(origin, path, width, late=None):
        context = chromium.new_context(viewport={"width": width, "height": 800})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(WATCH)
        if late:
            page.route(late, lambda route: (page.wait_for_timeout(1000), route.continue_()))
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        shown, kinds = Opened(page, width), {}

        def finished(event):
            kind = kinds.get(event["requestId"], "Other")
            shown.bytes[kind] = shown.bytes.get(kind, 0) + event["encodedDataLength"]
            shown.requests += 1

        session.on(
            "Network.responseReceived",
            lambda event: kinds.update({event["requestId"]: event["type"]}),
        )
        session.on("Network.loadingFinished", finished)
        page.goto(origin + path)
        page.wait_for_load_state("networkidle")
        page.evaluate(SETTLED)
        return shown

    yield open_page
    for context in contexts:
        context.close()


SAMPLE = (
    "/",
    "/search?q=red+dress&f.gender=Women&low=10",
    "/product/S0001",
    "/docs",
    "/product/none",
    "/operator",
    "/widget",
    "/search?low=99999",
)
REAL = (
    "/",
    "/search",
    "/product/15007?language=de",
    f"/search?f.baseColour={quote(LONG)}&language=fr",
)


def check(opened, origin, path, full):
    for width in WIDTHS:
        shown = opened(origin, path, width)
        shown.check_load()
        # Colours do not depend on the width, so the dark ones are looked at once.
        schemes = ("light", "dark") if full else ("dark",) if width == WIDTHS[0] else ("light",)
        for scheme in schemes:
            assert shown.violations(scheme) == [], (width, scheme)
    for width in (768, 1920):
        shown.page.set_viewport_size({"width": width, "height": 800})
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width


# Pages that have another one's parts alone.
LIKE_OTHERS = ("/product/none", "/search?low=99999")


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, marks=pytest.mark.long) if p in LIKE_OTHERS else p for p in SAMPLE],
)
def test_a_page_of_the_sample_is_light_steady_and_accessible(opened, service, path, full):
    check(opened, str(service.base_url).rstrip("/"), path, full)


@pytest.mark.parametrize(
    "path", [*REAL[:3], *(pytest.param(p, marks=pytest.mark.long) for p in REAL[3:])]
)
def test_so_is_one_of_a_catalogue_as_they_are(opened, real_like, path, full):
    check(opened, real_like, path, full)


@pytest.mark.parametrize(("path", "width"), [("/", 1280), ("/search", 360)])
def test_a_late_font_moves_nothing(opened, real_like, path, width):
    page = opened(real_like, path, width, late="**/*.woff2").page
    assert page.evaluate("window.moved") < 0.01


@pytest.mark.parametrize("path", ["/", "/search?q=dress&f.gender=Women", "/product/S0001", "/docs"])
def test_a_keyboard_reaches_everything(opened, service, path):
    page = opened(str(service.base_url).rstrip("/"), path, 1280).page
    count = page.evaluate(REACHABLE)
    assert count > 20
    places = set()
    for _ in range(count + 10):
        page.keyboard.press("Tab")
        places.add(page.evaluate("document.activeElement?.getAttribute('data-place')"))
    missed = [n for n in range(count) if str(n) not in places]
    outer = [
        page.locator(f"[data-place='{n}']").evaluate("n => n.outerHTML.slice(0, 90)")
        for n in missed
    ]
    assert outer == []
