"""Where Milvus is, from the environment, and a client of it.

TWINSET_MILVUS_URI      http://host:19530, or a path that ends in .db for milvus-lite
TWINSET_MILVUS_TOKEN    user:password, where the server asks for it
TWINSET_MILVUS_ALIAS    name that always leads to the live version (twinset)
TWINSET_MILVUS_INDEX    HNSW, IVF_SQ8 or DISKANN (HNSW)
TWINSET_MILVUS_BUILD_S  seconds without progress after which a build gives up (600)
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Self
from urllib.parse import urlsplit

from twinset.errors import ConfigError, NotReady, VersionGone

INDEX_TYPES = ("HNSW", "IVF_SQ8", "DISKANN")
_TIMEOUT_S = 10.0
_LOGGED = 200
_NO_COLLECTION = 100  # an error code of Milvus
logger = logging.getLogger("twinset.milvus")


@dataclass(frozen=True)
class MilvusAddress:
    """Where to connect, and how collections are called and indexed there."""

    uri: str
    token: str = ""
    alias: str = "twinset"
    index_type: str = "HNSW"
    build_s: float = 600.0

    def __post_init__(self) -> None:
        if not self.is_lite and urlsplit(self.uri).scheme not in ("http", "https"):
            raise ConfigError("TWINSET_MILVUS_URI must be a URL, or a path that ends in .db")
        if not self.alias.isidentifier() or not self.alias.isascii():
            raise ConfigError("TWINSET_MILVUS_ALIAS must be a plain name")
        if self.index_type not in INDEX_TYPES:
            raise ConfigError(f"TWINSET_MILVUS_INDEX must be one of {', '.join(INDEX_TYPES)}")
        if not 0 < self.build_s < math.inf:
            raise ConfigError("TWINSET_MILVUS_BUILD_S must be a number of seconds above 0")

    @classmethod
    def from_environment(cls) -> Self:
        """Raises ConfigError if a variable is missing or does not fit."""
        uri = os.environ.get("TWINSET_MILVUS_URI", "")
        if not uri:
            raise ConfigError("this index is kept in Milvus; set TWINSET_MILVUS_URI")
        names = ("token", "alias", "index")
        given = {name: os.environ.get(f"TWINSET_MILVUS_{name.upper()}") for name in names}
        return cls(
            uri,
            given["token"] or cls.token,
            given["alias"] or cls.alias,
            given["index"] or cls.index_type,
            _seconds(os.environ.get("TWINSET_MILVUS_BUILD_S"), cls.build_s),
        )

    @property
    def is_lite(self) -> bool:
        """True if milvus-lite is meant, which serves one process at a time."""
        return self.uri.endswith(".db")

    @property
    def staleness_s(self) -> float:
        """How long a search may miss what was written: `common.gracefulTime` of a server."""
        return 0.0 if self.is_lite else 5.0


def _seconds(text: str | None, default: float) -> float:
    """A number of seconds; NaN, which no address takes, if the text is none."""
    try:
        return float(text) if text else default
    except ValueError:
        return math.nan


@cache
def connect(address: MilvusAddress) -> Any:
    """A `pymilvus.MilvusClient`, safe across threads; one per process and address.

    Raises:
        ConfigError: if pymilvus is not installed, or another process holds the milvus-lite file.
        NotReady: if nobody answers, or the token is refused.
    """
    try:
        from pymilvus import MilvusClient
        from pymilvus.exceptions import MilvusException
    except ImportError:
        raise ConfigError("Milvus needs pymilvus; install the extra `milvus`") from None
    # It logs a traceback for each error that it raises; `answering` logs a line.
    logging.getLogger("pymilvus.decorators").setLevel(logging.CRITICAL)
    if address.is_lite:
        _require_folder(address.uri)
        # What milvus-lite does not implement, pymilvus does without; it need not log a traceback.
        logging.getLogger("grpc._server").addFilter(_is_no_gap)
    # milvus-lite logs a traceback for what is said in one line below.
    with _silenced("milvus_lite.server_manager"):
        try:
            return MilvusClient(address.uri, token=address.token, timeout=_TIMEOUT_S)
        except MilvusException:
            if address.is_lite:
                raise ConfigError(_in_use(address.uri)) from None
            raise NotReady("Milvus does not answer at TWINSET_MILVUS_URI.") from None


def disconnect(address: MilvusAddress) -> None:
    """Close the client of an address, and let go of the file if it is milvus-lite."""
    connect(address).close()
    connect.cache_clear()
    if address.is_lite:
        from milvus_lite.server_manager import server_manager_instance

        server_manager_instance.release_server(address.uri)


def _require_folder(uri: str) -> None:
    folder = os.path.dirname(os.path.abspath(uri))  # noqa: PTH100, PTH120  (not resolved)
    if not os.path.isdir(folder):  # noqa: PTH112
        raise ConfigError("the folder of TWINSET_MILVUS_URI does not exist")


def _is_no_gap(record: logging.LogRecord) -> bool:
    return "Method not implemented" not in record.getMessage()


def _in_use(uri: str) -> str:
    return (
        f"{uri}: milvus-lite serves one process at a time, and another one holds this file; "
        "stop it, or run Milvus standalone"
    )


@contextmanager
def _silenced(name: str) -> Iterator[None]:
    logger = logging.getLogger(name)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


@contextmanager
def answering() -> Iterator[None]:
    """Say in our words that Milvus does not; NotReady becomes a 503.

    Raises:
        VersionGone: if the collection was dropped.
        NotReady: for every other error.
    """
    from pymilvus.exceptions import MilvusException

    try:
        yield
    except MilvusException as error:
        logger.warning("Milvus does not answer as it should: %s", str(error)[:_LOGGED])
        if error.code == _NO_COLLECTION:
            raise VersionGone from None
        raise NotReady("Milvus does not answer as it should.") from None
