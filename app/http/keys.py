"""Keys, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from pydantic import SecretStr

_PREFIX = "bearer "


def is_any_key(header: str, expected: Iterable[SecretStr]) -> bool:
    """Whether a header carries one of these keys; all are compared, in constant time."""
    return sum([is_key(header, key) for key in expected]) > 0


def is_key(header: str, expected: SecretStr) -> bool:
    """Whether an Authorization header carries this key, compared in constant time."""
    given = header[len(_PREFIX) :] if header[: len(_PREFIX)].lower() == _PREFIX else ""
    # Headers are latin-1 on the wire; digests are of one length whatever was sent.
    digests = (
        hashlib.sha256(text).digest()
        for text in (given.encode("latin-1", "replace"), expected.get_secret_value().encode())
    )
    return hmac.compare_digest(*digests)
