"""What nginx answers if it refuses a request itself: the service's own words and page.

nginx does so if a request is too large, too frequent or not HTTP, and while the service is away.
The answers are variables of `deploy/errors.conf`, which this prints; `deploy/nginx.conf` sends
them.
"""

from __future__ import annotations

import hashlib
import html
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.http.addresses import PAGES, PRODUCT
from app.http.problems import FRAMEWORK_DETAILS, problem_of
from app.storefront.html_templates import STATIC
from app.storefront.html_templates import Pages as Templates
from app.storefront.interface.interface_words import words_of
from app.storefront.shop.shop_settings import ShopSettings
from twinset.errors import ConfigError

HEADER = "# Made by `make deploy/errors.conf` from the service's own words; included by nginx.conf."
# nginx reads no longer text from a file.
MAX_TEXT_BYTES = 4000
_COLOURS = ("color-scheme", "--paper", "--ink", "--quiet", "--accent", "--on-ink")


@dataclass(frozen=True)
class Refusal:
    """What is said for a status: `detail` to programs, `sentence` to people."""

    status: int
    code: str
    detail: str
    sentence: str
    retry_after_s: int | None = None


def refusals() -> Iterator[Refusal]:
    """A refusal for each status that nginx gives by itself; the last one stands for any other
    status."""
    words = words_of("en")
    for status in (400, 404, 405, 408, 413):
        code, detail = FRAMEWORK_DETAILS[status]
        yield Refusal(status, code, detail, words.error(code, detail))
    busy = "Too many requests; wait a moment."
    yield Refusal(429, "rate_limited", busy, busy, 1)
    away = words("error.not_ready")
    yield Refusal(503, "not_ready", "The service does not answer.", away, 2)


def configuration() -> str:
    """The file: for each of nginx's variables `$edge_...`, when it holds what."""
    known = list(refusals())
    page, policy = _page()
    documents = {one.status: _problem(one) for one in known}
    sentences = {one.status: html.escape(one.sentence) for one in known}
    waits = {one.status: str(one.retry_after_s or "") for one in known}
    blocks = [
        _map("$uri $http_accept", "answer", [(_of_people(), "page")], "problem"),
        _by_status("problem", documents),
        _by_status("sentence", sentences),
        _by_status("retry_after", waits),
        _map("$status", "page", [], page),
        _map("$status", "policy", [], policy),
    ]
    return "\n\n".join([HEADER, *blocks]) + "\n"


def _of_people() -> str:
    """A pattern for the addresses that answer browsers with pages; see `app.http.addresses`."""
    pages = "|".join(sorted(re.escape(path) for path in PAGES))
    return rf"~^(({pages})|{re.escape(PRODUCT)}.*) .*text/html"


def _problem(refusal: Refusal) -> str:
    document = problem_of("$request_id", refusal.status, refusal.code, refusal.detail)
    return document.model_dump_json(exclude_none=True)


def _page() -> tuple[str, str]:
    """The page, and the Content-Security-Policy that goes with it."""
    design = (STATIC / "design.css").read_text(encoding="utf-8")
    colours = "\n".join(
        match[0] for name in _COLOURS if (match := re.search(rf"(?m)^  {name}: .*;$", design))
    )
    # The sentence is nginx's own variable, so that one page does for every status.
    text = Templates(ShopSettings()).render(
        "edge.html", "en", colours=colours, sentence="$edge_sentence"
    )
    style = re.search(r"<style>(.*)</style>", text, re.DOTALL)
    assert style is not None  # noqa: S101 - narrows for the type checker
    digest = b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    sources = f"default-src 'none'; style-src 'sha256-{digest}'"
    return text, f"{sources}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _by_status(name: str, values: dict[int, str]) -> str:
    *pairs, (_, last) = values.items()
    return _map("$status", name, [(str(status), value) for status, value in pairs], last)


def _map(source: str, name: str, pairs: Sequence[tuple[str, str]], default: str) -> str:
    lines = [f"    {_quoted(key)} {_quoted(value)};" for key, value in pairs]
    body: Iterable[str] = (*lines, f"    default {_quoted(default)};")
    return "\n".join((f"map {_quoted(source)} $edge_{name} {{", *body, "}"))


def _quoted(text: str) -> str:
    """A text quoted for nginx, with nginx's variables in it left as they are."""
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise ConfigError(f"nginx reads at most {MAX_TEXT_BYTES} bytes of one text")
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def main() -> None:
    """Print the file: `python -m app.storefront.proxy_errors`."""
    import sys

    sys.stdout.write(configuration())


if __name__ == "__main__":
    main()
