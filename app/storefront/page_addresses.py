"""Addresses in pages: below the path that the service is mounted at, files named by content."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

_ATTRIBUTE = re.compile(r'(?<=[ "\'])((?:href|src|action|data-address|srcset)=")([^"]*)')
_IN_SET = re.compile(r"(^|, )/(?!/)")
_FILES = "/static/"
# One style sheet for every page, and what it is put together from.
STYLES = ("pages.css", ("design.css", "storefront.css", "words.css", "colours.css"))
LONG = "public, max-age=31536000, immutable"


@cache
def files_digest(folder: Path) -> str:
    """A name for the content of all static files, so that a new release has new addresses."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def placed(html: str, root: str, digest: str) -> str:
    """The page with its own addresses, which templates write from "/", as addresses of this
    service.

    Text of the catalogue is escaped, so it holds no quotation mark that could begin an attribute.
    """

    def place(match: re.Match[str]) -> str:
        value = match[2]
        if value.startswith(_FILES):
            value = f"{_FILES}{digest}/{value.removeprefix(_FILES)}"
        return match[1] + _IN_SET.sub(rf"\g<1>{root}/", value)

    return _ATTRIBUTE.sub(place, html)
