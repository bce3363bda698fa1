"""Request bodies in gzip, decoded as they arrive and never more than a piece at a time."""

from __future__ import annotations

import zlib

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

_PIECE_BYTES = 256 * 1024
_GZIP_ONLY = 31  # of zlib's window bits


def gunzipped(receive: Receive) -> Receive:
    """The messages of a body in gzip, decoded; who counts their bytes counts what they unfold to.

    Raises:
        HTTPException: 400, the body is not gzip, or ends early.
    """
    inflater, held, more = zlib.decompressobj(_GZIP_ONLY), b"", True

    async def read() -> Message:
        nonlocal inflater, held, more
        while True:
            if not held and more:
                message = await receive()
                if message["type"] != "http.request":
                    return message
                held, more = message.get("body", b""), message.get("more_body", False)
            if held and inflater.eof:  # another member follows (RFC 1952, section 2.2)
                inflater = zlib.decompressobj(_GZIP_ONLY)
            try:
                data = inflater.decompress(held, _PIECE_BYTES)
            except zlib.error:
                raise HTTPException(400) from None
            held = inflater.unused_data or inflater.unconsumed_tail
            ended = not (held or more) and len(data) < _PIECE_BYTES
            if ended and not inflater.eof:
                raise HTTPException(400)
            if data or ended:
                return {"type": "http.request", "body": data, "more_body": not ended}

    return read
