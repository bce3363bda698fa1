"""Settings of the service, from arguments or from the environment (`TWINSET_ENCODER`, ...)."""

from __future__ import annotations

import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.public_key import PublicKey
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
    pixel at worst). Each worker process has bounds of its own. `docs/settings.md` is made from the
    text below each setting: `python -m app.settings_page`.

    Example:
        >>> Settings(encoder=Path("models/compact"), index=Path("index"), workers=2)
    """

    model_config = SettingsConfigDict(
        env_prefix="TWINSET_", frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    encoder: Path = Path("models/compact")
    """Encoder folder; `twinset serve --encoder` sets it."""
    index: Path = Path("index")
    """Index folder; `twinset serve --index` sets it."""
    synonyms: Path | None = None
    """A file of words that mean the same, in place of the list that comes with Twinset;
    `twinset serve --synonyms` sets it. Its line `@default` brings that list in. What is set by
    `PUT /synonyms` counts before it."""
    device: str = "auto"
    """Where the encoder runs: `cpu`, `cuda`, or `auto` for a GPU if there is one."""
    workers: Positive = 1
    """Processes that share the cores; `twinset serve --workers` sets it."""

    admin_key: Annotated[SecretStr, Field(max_length=4096), AfterValidator(_key)] | None = None
    """Opens the admin routes and everything that a read key opens: at least 16 printable ASCII
    characters. Without a key the admin routes are off."""
    max_writes: Positive = 64
    """Writes that wait or run; further ones get 429."""
    activation_margin: Annotated[float, Field(ge=0, le=1)] = 0.02
    """How much worse than the live version an index version may be, by recall, precision or NDCG,
    and still go live unforced."""
    compact_share: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Live writes are folded into a new version when they changed this share of the items; 0 turns
    it off."""
    compact_least: Positive = 1000
    """The fewest changed items that are folded."""

    max_body_bytes: Positive = 20 * 1024 * 1024
    """The largest request body; set `client_max_body_size` in `deploy/nginx.conf` to the same."""
    max_held_bytes: Positive = 64 * 1024 * 1024
    """Bytes of all request bodies at a time, in each worker; when full, uploads get 429."""
    max_uploads: Positive = 48
    """Images that wait or are decoded."""
    max_pixels: Positive = 25_000_000
    """Pixels of an image that is not a JPEG."""
    max_jpeg_pixels: Positive = 64_000_000
    """Pixels of a JPEG, which is decoded at a fraction of its size."""
    min_side: Positive = 16
    """The fewest pixels of a side of an image."""
    max_side: Positive = 12_000
    """The most pixels of a side of an image."""

    max_batch: Positive = 16
    """The most inputs that the encoder takes in one call."""
    max_queue: Positive = 64
    """Inputs that wait for the encoder, of images and of texts each."""
    max_searches: Positive = 256
    """Searches that wait or run."""
    queue_s: Annotated[float, Field(gt=0)] = 1.5
    """Seconds that an input waits for its decoding and the encoder, or for a search; then 429."""
    kept_embeddings: Positive = 2048
    """Embeddings kept of images, and as many of texts; each takes about 2 KB."""
    kept_snapshots: Positive = 8
    """States of the catalogue before a write that are kept for cursors, in each worker; each takes
    some 10 bytes an item for each field that filters use. What is not kept is made again from the
    log of writes."""
    max_left_bytes: Annotated[int, Field(ge=0)] = 256 * 1024 * 1024
    """Index versions that are no longer live, kept ten minutes for cursors, in each worker: their
    vectors and fields. Cursors of what does not fit get 410 after a switch."""
    max_fragment_bytes: Positive = 16 * 1024 * 1024
    """Items kept as JSON, in each worker."""
    max_picture_bytes: Positive = 16 * 1024 * 1024
    """Pictures kept that were narrowed for pages, in each worker."""
    shutdown_s: Positive = 10
    """Seconds for requests in flight after SIGTERM."""
    header_s: Positive = 10
    """Seconds for a request line and its headers; then 408."""
    body_s: Positive = 15
    """Seconds for a body, besides the time that `body_rate` grants; then 408."""
    body_rate: Positive = 16 * 1024
    """Each time this many bytes of a body have come, the client has one more second."""
    write_s: Positive = 30
    """Seconds in which a client must read on; then the connection is cut."""

    read_keys: Keys = ()
    """Keys that open everything but administration, each of at least 16 printable ASCII
    characters, sent as `Authorization: Bearer KEY`. Give several to replace one without a gap.
    Without keys everyone may read."""
    public_keys: tuple[PublicKey, ...] = ()
    """Browser keys, a JSON list: `[{"key": "...", "filter": "available = true", "origins":
    ["https://shop.example"], "rate": 5}]`. Each reads lists and items that match its filter, for
    pages of its origins, so many times a second for each client; it opens nothing else."""
    rate_limit: Annotated[float, Field(ge=0)] = 0
    """Requests a second from one client, counted by each worker; 0 sets no limit."""
    rate_burst: Positive = 20
    """Requests that a client may send at once after a rest."""
    trusted_proxies: Networks = ()
    """Networks whose X-Forwarded-For, -Proto and -Prefix are believed:
    `10.0.0.0/8,127.0.0.1`."""
    cache_seconds: Annotated[int, Field(ge=0, le=86_400)] = 0
    """How long browsers and a CDN may keep a list of similar items; 0 lets nobody keep it, and so
    does a read key. Above 150 the `page.cursor` of a kept list may have expired."""
    root_path: Annotated[str, Field(pattern=r"^((/[A-Za-z0-9._~-]{1,64}){1,8})?$")] = ""
    """The path at which a proxy serves this, as `/shop`; every address in answers and pages begins
    with it. A trusted proxy may say it of each request."""
    cors_origins: Origins = ()
    """Origins whose pages may read answers: `https://shop.example,https://www.shop.example`."""
    shop: Path | None = None
    """A TOML file with the storefront's name, logo, colours, currency and links; see
    `docs/storefront.md`."""
    events: bool = False
    """Take what shoppers did (`POST /events`) and count searches, for `GET /analytics`; kept in the
    index folder, without anything that names a shopper."""
    events_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """Days for which events and searches are kept."""
    otel: bool = False
    """Send a span of each request, with its address and query string, to
    `OTEL_EXPORTER_OTLP_ENDPOINT`; needs the extra `otel`."""

    @property
    def cache_headers(self) -> dict[str, str]:
        """Who may keep a list of similar items, for how long; nobody if it takes a key."""
        seconds = 0 if self.read_keys or self.public_keys else self.cache_seconds
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
