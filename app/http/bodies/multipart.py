"""Multipart bodies, parsed in memory: an upload never reaches a disk."""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import AsyncGenerator, AsyncIterator

from python_multipart.multipart import MAX_BOUNDARY_LENGTH, parse_options_header
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.service_errors import IncompleteBody, MalformedBody, UnsupportedBody

MAX_PARTS = 1200
_FILE_TYPES = (b"image/", b"application/octet-stream")
# Names and values in order, text as `str` and files as `bytes`.
Parts = list[tuple[str, str | bytes]]


class _Reader(MultiPartParser):
    """starlette's parser for what clients really send.

    A part is a file if it has any kind of file name or an image type, and text has to be UTF-8.
    """

    spool_max_size = 0  # of SpooledTemporaryFile: never move to the disk
    started = ended = False

    def on_part_begin(self) -> None:
        self.started = True
        super().on_part_begin()

    def on_headers_finished(self) -> None:
        part = self._current_part
        headers = dict(part.item_headers)
        disposition = part.content_disposition or b""
        kind = headers.get(b"content-type", b"").lower()
        is_file = kind.startswith(_FILE_TYPES) or b"filename*" in disposition.lower()
        if is_file and b"filename" not in parse_options_header(disposition)[1]:
            part.content_disposition = disposition + b'; filename="photo"'
        super().on_headers_finished()

    def on_part_end(self) -> None:
        if self._current_part.file is None:
            try:
                self._current_part.data.decode("utf-8")
            except UnicodeDecodeError:
                raise MultiPartException("A form field is not UTF-8 text.") from None
        super().on_part_end()

    def on_end(self) -> None:
        self.started = self.ended = True

    def close(self) -> None:
        """Let go of every file, one that did not end included."""
        for file in self._files_to_close_on_error:
            file.close()


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type header names.

    Raises:
        UnsupportedBody: the body is not multipart/form-data.
        MalformedBody: the boundary is missing, or too long to be one.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise UnsupportedBody("Send the image as multipart/form-data.")
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= MAX_BOUNDARY_LENGTH or not boundary.isascii():
        raise MalformedBody("The multipart boundary is missing or not usable.")
    return boundary


async def read_form(stream: AsyncIterator[bytes], content_type: str) -> Parts:
    """The parts of a body.

    Raises:
        UnsupportedBody, MalformedBody: see `boundary_of`; or the body breaks the format, holds
            text that is not UTF-8, or has more than `MAX_PARTS` parts.
        IncompleteBody: it ends before its closing boundary.
    """
    body = _from_first_boundary(stream, b"--" + boundary_of(content_type))
    headers = Headers({"content-type": content_type})
    reader = _Reader(headers, body, max_files=MAX_PARTS, max_fields=MAX_PARTS)
    try:
        found = (await reader.parse()).multi_items()
        parts = [(n, v if isinstance(v, str) else _decoded(v)) for n, v in found]
    except (MultiPartException, Base64Error):
        raise MalformedBody("The multipart body cannot be parsed.") from None
    finally:
        reader.close()
    if not reader.started:
        raise MalformedBody("The multipart body has no parts.")
    if not reader.ended:
        raise IncompleteBody
    return parts


def _decoded(part: UploadFile) -> bytes:
    """The bytes of a file, which mail libraries write in base64."""
    data: bytes = part.file.read()
    coding = part.headers.get("content-transfer-encoding", "").strip().lower()
    return a2b_base64(data) if coding == "base64" else data


async def _from_first_boundary(
    stream: AsyncIterator[bytes], delimiter: bytes
) -> AsyncGenerator[bytes, None]:
    """The body without the text before its first part, which is to be ignored (RFC 2046, 5.1.1)."""
    marker, held, found = b"\n" + delimiter, b"\n", False
    async for piece in stream:
        if found:
            yield piece
            continue
        held += piece
        start = held.find(marker)
        found = start >= 0
        if found:
            yield held[start + 1 :]
        held = b"" if found else held[1 - len(marker) :]
