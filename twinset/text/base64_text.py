"""Files in JSON: base64, as programs and pages write it."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from urllib.parse import unquote

_URL_SAFE = str.maketrans("-_", "+/", " \t\r\n")


def read_base64(text: str | bytes) -> bytes:
    """The bytes of a base64 text: plain or URL-safe, padded or not, or a `data:` address of it.

    Raises:
        ValueError: if it is none of these.
    """
    plain = text if isinstance(text, str) else text.decode("ascii")
    if plain[:5].lower() == "data:":
        kind, _, plain = plain.partition(",")
        if not kind.lower().endswith(";base64"):
            raise ValueError("must be a data: address in base64")
        plain = unquote(plain)
    plain = plain.translate(_URL_SAFE).rstrip("=")
    try:
        return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except Base64Error:
        raise ValueError("must be base64") from None
