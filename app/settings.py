"""Settings of the service, from arguments or from the environment (`TWINSET_ENCODER`, ...)."""

from __future__ import annotations

import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from twinset.images.decode import ImageLimits

Positive = Annotated[int, Field(ge=1)]
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
_MIN_KEY = 16


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _networks(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        ip_network(value)
    return values


def _origins(values: tuple[str, ...]) -> tuple[str, ...]:
    if not all(_ORIGIN.fullmatch(value) for value in values):
        raise ValueError("an origin is https://host or https://host:port")
    return values


def _keys(values: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    for value in values:
        _key(value)
    return values


def _key(value: SecretStr) -> SecretStr:
    # Shorter ones can be guessed; others cannot stand in a header.
    text = value.get_secret_value()
    if len(text) < _MIN_KEY or not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError(f"a key has at least {_MIN_KEY} printable ASCII characters, and no space")
    return value


# In the environment each is a list with commas.
Networks = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_networks)]
Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_origins)]
Keys = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split), AfterValidator(_keys)]


class Settings(BaseSettings):
    """Everything that can be set; sizes in bytes, times in seconds.

    Beside the model and the index, memory is bounded by `max_held_bytes` of request bodies, which
    JSON takes three times over, and by one image of `max_pixels` while it is decoded (16 bytes a
    pixel at worst). At most `max_uploads` images wait; `max_fragment_bytes` of items are kept as
    JSON, `max_picture_bytes` of narrowed pictures, and the last `kept_embeddings` of images and of
    texts, about 2 KB each. A worker process counts for itself.
    """

    model_config = SettingsConfigDict(env_prefix="TWINSET_", frozen=True, extra="ignore")

    encoder: Path = Path("models/compact")
    index: Path = Path("index")
    device: str = "auto"
    workers: Positive = 1

    # At least 16 characters; without one the admin routes are off.
    admin_key: Annotated[SecretStr, Field(max_length=4096), AfterValidator(_key)] | None = None
    max_writes: Positive = 64
    # How much worse than the live version an index version may be and still go live unforced.
    activation_margin: Annotated[float, Field(ge=0, le=1)] = 0.02
    # Live writes are folded into a new version when they make up this share of the items, and
    # are at least so many; a share of 0 turns it off.
    compact_share: Annotated[float, Field(ge=0, le=1)] = 0.1
    compact_least: Positive = 1000

    max_body_bytes: Positive = 20 * 1024 * 1024
    max_held_bytes: Positive = 64 * 1024 * 1024
    max_uploads: Positive = 48
    max_pixels: Positive = 25_000_000
    # A JPEG is decoded at a fraction of its size.
    max_jpeg_pixels: Positive = 64_000_000
    min_side: Positive = 16
    max_side: Positive = 12_000

    max_batch: Positive = 16
    max_queue: Positive = 64
    max_searches: Positive = 256
    # How long an input may wait for the encoder, or an image for its decoding.
    queue_s: Annotated[float, Field(gt=0)] = 1.5
    kept_embeddings: Positive = 2048
    max_fragment_bytes: Positive = 16 * 1024 * 1024
    max_picture_bytes: Positive = 16 * 1024 * 1024
    shutdown_s: Positive = 10
    # How long a client may take over its headers, over its body (and a second more for each
    # `body_rate` bytes), and over reading an answer.
    header_s: Positive = 10
    body_s: Positive = 15
    body_rate: Positive = 16 * 1024
    write_s: Positive = 30

    read_keys: Keys = ()
    rate_limit: Annotated[float, Field(ge=0)] = 0
    rate_burst: Positive = 20
    trusted_proxies: Networks = ()
    # How long a CDN or a browser may keep a list of similar items; 0 lets nobody keep one.
    cache_seconds: Annotated[int, Field(ge=0, le=86_400)] = 0
    # The path that a proxy serves this at, as "/shop"; trusted proxies may say it of each request.
    root_path: Annotated[str, Field(pattern=r"^((/[A-Za-z0-9._~-]{1,64}){1,8})?$")] = ""
    cors_origins: Origins = ()
    # Sends a span of each request to OTEL_EXPORTER_OTLP_ENDPOINT; needs the extra `otel`.
    otel: bool = False

    @property
    def cache_headers(self) -> dict[str, str]:
        """Who may keep a list of similar items, for how long; nobody if it takes a key."""
        seconds = 0 if self.read_keys else self.cache_seconds
        if not seconds:
            return {"Cache-Control": "private, no-cache"}
        lasts = f"max-age={seconds}, s-maxage={seconds}, stale-while-revalidate={seconds}"
        return {"Cache-Control": f"public, {lasts}", "Vary": "Accept-Encoding"}

    @property
    def threads(self) -> int:
        """Threads of each pool, so that workers times threads stays within the cores."""
        return max(1, len(os.sched_getaffinity(0)) // self.workers)

    @property
    def image_limits(self) -> ImageLimits:
        return ImageLimits(self.max_pixels, self.max_jpeg_pixels, self.min_side, self.max_side)
