"""What a browser holds in place of a key: a cookie that ends by itself and is no key.

Nothing is stored. A token is `EXPIRES.MAC`, the MAC made with the key that was typed, so it ends at
its time, with its key, and at once in every replica; a key cannot be had from it.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Iterable

from pydantic import SecretStr

from app.http.keys import is_key
from app.settings import Settings

COOKIE = "twinset-session"
LASTS_S = 12 * 3600
_DIGITS = 12


class Sessions:
    """Makes tokens and judges them. `clock` gives seconds since 1970."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._admin = [settings.admin_key] if settings.admin_key else []
        self._keys = [*settings.read_keys, *self._admin]
        self._clock = clock

    @property
    def possible(self) -> bool:
        """Whether there is any key to sign in with."""
        return bool(self._keys)

    def begin(self, key: str) -> str | None:
        """A token for whoever knows a key, None where it is none of ours."""
        right = [one for one in self._keys if is_key(f"Bearer {key}", one)]
        expires = int(self._clock()) + LASTS_S
        return f"{expires}.{_mac(right[0], expires)}" if right else None

    def may_read(self, token: str) -> bool:
        """Whether it stands for any key."""
        return self._stands_for(token, self._keys)

    def may_operate(self, token: str) -> bool:
        """Whether it stands for the admin key."""
        return self._stands_for(token, self._admin)

    def _stands_for(self, token: str, keys: Iterable[SecretStr]) -> bool:
        text, _, mac = token.partition(".")
        if not (text.isascii() and text.isdigit() and len(text) < _DIGITS and mac.isascii()):
            return False
        expires = int(text)
        # All are compared, so that time does not tell which.
        matches = sum([hmac.compare_digest(mac, _mac(key, expires)) for key in keys])
        return matches > 0 and self._clock() < expires


def _mac(key: SecretStr, expires: int) -> str:
    message = f"twinset session until {expires}".encode()
    return hmac.new(key.get_secret_value().encode(), message, hashlib.sha256).hexdigest()
