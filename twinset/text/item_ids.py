"""What can be the id of a product."""

from __future__ import annotations

MAX_ID_BYTES = 256
# Addresses of the service below an item's own.
RESERVED_ID_ENDS = ("/image", "/similar")


def id_fault(text: str) -> str | None:
    """Why `text` cannot be a product's id, or None if it can.

    An id is printable, within `MAX_ID_BYTES`, and has one address: `a/image` would share that of
    the picture of `a`, and clients remove `.` and `..` from an address before they send it.
    """
    if not text or text.isspace():
        return "id is missing"
    if len(text.encode("utf-8", "surrogatepass")) > MAX_ID_BYTES:
        return f"id is longer than {MAX_ID_BYTES} bytes"
    if not text.isprintable():
        return "id has control characters"
    if text.endswith(RESERVED_ID_ENDS):
        return "id ends in /image or /similar, which are addresses of the service"
    if text in (".", ".."):
        return "id is . or .., which no client sends as they are"
    return None
