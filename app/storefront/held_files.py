"""The files that pages load, held in memory as they are sent.

There are few and they never change while a service runs. Read and packed for each request, they
took twice the processor time of the page itself.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api.reading.etags import holds
from app.http.bodies.compression import takes_gzip
from app.storefront.page_addresses import LONG, STYLES, files_digest

_LEVEL = 9  # packed once
_PACKED = frozenset({".css", ".js", ".svg", ".txt"})
mimetypes.add_type("font/woff2", ".woff2")


@dataclass(frozen=True)
class HeldFile:
    """A file's bytes, packed too if that makes them fewer, and its media type."""

    data: bytes
    packed: bytes | None
    media_type: str
    tag: str

    @classmethod
    def of(cls, name: str, data: bytes) -> HeldFile:
        """What is held of a file of this name."""
        packed = gzip.compress(data, _LEVEL) if Path(name).suffix in _PACKED else None
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return cls(data, packed, kind, f'"{hashlib.sha256(data).hexdigest()[:32]}"')

    def response(self, request: Request, lasts: bool) -> Response:
        """The whole file, whatever range is asked for; 304 if the caller holds it."""
        headers = {
            "Cache-Control": LONG if lasts else "no-cache",
            "Vary": "Accept-Encoding",
            "ETag": self.tag,
            "Accept-Ranges": "none",
        }
        if holds(request.headers.get("if-none-match"), self.tag):
            return Response(status_code=304, headers=headers)
        body = self.data
        accepted = request.headers.get("accept-encoding", "")
        if self.packed is not None and takes_gzip(accepted.encode("latin-1")):
            body = self.packed
            headers["Content-Encoding"] = "gzip"
        return Response(body, headers=headers, media_type=self.media_type)


class HeldFiles:
    """An application that hands out the files of a folder.

    A browser keeps a file for good if its address holds the digest of the release. If it does not,
    the browser asks each time, so that a page never mixes releases. `STYLES` is not in the folder:
    it is all style sheets that every page needs in one, because each further one delays the paint.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _files(self) -> Mapping[str, HeldFile]:
        paths = [path for path in self._folder.rglob("*") if path.is_file()]
        held = {str(path.relative_to(self._folder)): path.read_bytes() for path in paths}
        name, parts = STYLES
        held[name] = b"\n".join(held[part] for part in parts)
        return {name: HeldFile.of(name, data) for name, data in held.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if request.method not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        path = scope["path"].removeprefix(scope.get("root_path", "")).strip("/")
        first, _, rest = path.partition("/")
        lasts = first == files_digest(self._folder)
        found = self._files.get(rest if lasts else path)
        if found is None:
            raise HTTPException(404)
        await found.response(request, lasts)(scope, receive, send)
