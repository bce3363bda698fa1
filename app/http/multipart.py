"""Multipart bodies, taken apart in memory.

The framework's own parser spools uploads to temporary files. An upload here never reaches a disk:
its size is bounded by the body limit, so it can stay where it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass, field
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header

from app.service_errors import MalformedBody, UnsupportedBody

MAX_PARTS = 1200
MAX_BOUNDARY = 70  # RFC 2046, section 5.1.1


@dataclass
class Part:
    """One part of a body; a part with a file name is a file, whatever the name is."""

    name: str = ""
    is_file: bool = False
    data: bytearray = field(default_factory=bytearray)

    def text(self) -> str:
        """The part as UTF-8 text; MalformedBody where it is not."""
        try:
            return self.data.decode("utf-8")
        except UnicodeDecodeError:
            raise MalformedBody("A form field is not UTF-8 text.") from None


@dataclass(frozen=True)
class Form:
    """The parts of a body in order; `complete` when its closing boundary was there."""

    parts: list[Part]
    complete: bool


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type header names.

    Raises:
        UnsupportedBody: the body is not multipart/form-data.
        MalformedBody: there is no boundary, or none that may be one.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise UnsupportedBody("Send the image as multipart/form-data.")
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= MAX_BOUNDARY or not boundary.isascii():
        raise MalformedBody("The multipart boundary is missing or not usable.")
    return boundary


async def read_form(stream: AsyncIterable[bytes], boundary: bytes) -> Form:
    """Take a body apart as it arrives, so that it is in memory once.

    A body that breaks the format is read to its end all the same: only then is it known not to be
    too large, and its sender ready for an answer.

    Raises:
        MalformedBody: it breaks the format, or has more than `MAX_PARTS` parts.
    """
    reader = _Reader()
    parser = MultipartParser(boundary, reader.callbacks())  # type: ignore[arg-type]
    fault: MalformedBody | None = None
    async for piece in stream:
        if fault is None:
            fault = _feed(parser, piece)
    if fault is not None:
        raise fault
    if parser.state in (MultipartState.START, MultipartState.START_BOUNDARY):
        raise MalformedBody("The multipart body has no parts.")
    return Form(reader.parts, parser.state == MultipartState.END)


def _feed(parser: MultipartParser, piece: bytes) -> MalformedBody | None:
    """What is wrong with the body up to here."""
    try:
        parser.write(piece)
    except FormParserError:
        return MalformedBody("The multipart body cannot be parsed.")
    except MalformedBody as error:
        return error
    return None


class _Reader:
    """Collects parts from the parser's events."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._header = bytearray()
        self._value = bytearray()

    def callbacks(self) -> dict[str, Callable[..., Any]]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_part_data": lambda data, start, end: self.parts[-1].data.extend(data[start:end]),
        }

    def _begin(self) -> None:
        if len(self.parts) == MAX_PARTS:
            raise MalformedBody("The multipart body has too many parts.")
        self.parts.append(Part())

    def _end_header(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            self.parts[-1].name = options.get(b"name", b"").decode("utf-8", "replace")
            self.parts[-1].is_file = b"filename" in options
        self._header.clear()
        self._value.clear()
