"""A key that stands in a shop's page, where everyone can read it."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from twinset.errors import InvalidInput
from twinset.filters import parse_filter

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
_MIN_KEY = 16


class PublicKey(BaseModel):
    """One browser key, as an entry of `TWINSET_PUBLIC_KEYS`.

    Example:
        >>> PublicKey(key="browser-key-0123456789", origins=["https://shop.example"], rate=5)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: SecretStr
    filter: str | None = None
    origins: tuple[str, ...] = Field(min_length=1)
    rate: float = Field(gt=0)

    @field_validator("key")
    @classmethod
    def _check_key(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if len(text) < _MIN_KEY or not (text.isascii() and text.isprintable()) or " " in text:
            raise ValueError(f"a key has at least {_MIN_KEY} printable ASCII characters, no space")
        return value

    @field_validator("origins")
    @classmethod
    def _check_origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_ORIGIN.fullmatch(value) for value in values):
            raise ValueError("an origin is https://host or https://host:port")
        return values

    @field_validator("filter")
    @classmethod
    def _check_filter(cls, value: str | None) -> str | None:
        try:
            if value is not None:
                parse_filter(value)
        except InvalidInput as error:
            raise ValueError(f"the filter does not parse: {error}") from None
        return value
