"""The words of HTML, as a shopper would read them."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

_MARKUP = re.compile(r"<[a-zA-Z!/]|&#?\w+;")
_TAG = re.compile(r"<[a-zA-Z!/]")
_HIDDEN = frozenset({"script", "style", "template", "noscript", "head", "iframe"})
_BREAKS = frozenset(
    [
        "p",
        "div",
        "br",
        "li",
        "ul",
        "ol",
        "tr",
        "td",
        "th",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "section",
        "article",
    ]
)


def plain_text(text: str) -> str:
    """A text without tags, with its entities resolved; a text without markup as it is."""
    if not _MARKUP.search(text):
        return text
    if "<" not in text:
        plain = unescape(text).replace("\u00a0", " ").strip()
        return plain_text(plain) if _TAG.search(plain) else plain
    # What follows the last `>` is no tag, and the parser would look for its end at each `<`.
    tags, end, rest = text.rpartition(">")
    reader = _Words()
    reader.feed(tags + end)
    reader.close()
    reader.handle_data(unescape(rest))
    words = "".join(reader.parts).replace("\u00a0", " ")
    lines = (" ".join(line.split()) for line in words.split("\n"))
    return "\n".join(line for line in lines if line)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - parser's
        self._hidden += tag in _HIDDEN
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN and self._hidden:
            self._hidden -= 1
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)
