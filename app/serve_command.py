"""`twinset serve`."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
import uvicorn
from pydantic import ValidationError

from app.live.served_pair import open_pair
from app.main import app_from_environment, create_app
from app.observability.json_logs import log_config, spare_unused_details
from app.observability.prometheus_metrics import MULTIPROCESS_FOLDER
from app.server.http_protocol import Connection
from app.server.supervisor import supervise
from app.settings import Settings
from app.settings_errors import explain, require_known_names
from app.state import State
from twinset.errors import ConfigError, NotReady
from twinset.freed_memory import return_freed_memory
from twinset.index.engines import engine_in
from twinset.index.shared.version_files import join_line
from twinset.store.file_storage import VARIABLE as FILES_VARIABLE
from twinset.store.postgres_connection import VARIABLE as STORE_VARIABLE
from twinset.words.synonyms.synonym_file import SynonymFile

# A worker that opens a large index on a busy machine is silent for longer than uvicorn's 5 s, and
# would be killed and started again for ever.
_SILENT_WORKER_S = 60


def serve(
    encoder: Annotated[Path, typer.Option(help="Encoder folder.")],
    index: Annotated[Path, typer.Option(help="Index folder.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 1,
    synonyms: Annotated[
        Path | None, typer.Option(help="File of words that mean the same, in place of our list.")
    ] = None,
) -> None:
    """Serve recommendations and the storefront over HTTP.

    If artefacts are damaged or do not belong together, they are refused before the port is opened.
    """
    if synonyms is not None:
        os.environ["TWINSET_SYNONYMS"] = str(synonyms)
    settings = read_settings(encoder, index, workers)
    SynonymFile(index, settings.synonyms)  # so that a wrong file fails before the port is opened
    check_address(host, port)
    return_freed_memory()
    spare_unused_details()
    if workers == 1:
        state = State(settings)
        with suppress(NotReady):  # it is tried again, and /readyz says why
            state.open()
        uvicorn.run(create_app(settings, state=state), **server_options(settings, host, port))
        return
    with suppress(NotReady):  # each worker tries again
        join_line(index)
        live = open_pair(settings)[1].folder  # so that a start fails once and in words
        if not engine_in(live).is_shareable(live):
            raise ConfigError("milvus-lite serves one process: use one worker, or a server")
    os.environ |= {
        "TWINSET_ENCODER": str(encoder),
        "TWINSET_INDEX": str(index),
        "TWINSET_WORKERS": str(workers),
    }
    target = f"{app_from_environment.__module__}:{app_from_environment.__name__}"
    options = server_options(settings, host, port)
    with TemporaryDirectory(prefix="twinset-metrics-") as folder:
        os.environ[MULTIPROCESS_FOLDER] = folder  # before the workers import prometheus_client
        supervise(uvicorn.Config(target, factory=True, workers=workers, **options))


def check_address(host: str, port: int) -> None:
    """Fail at once if the server could not listen there.

    The server itself finds out only when the artefacts were read, and says so in its log.

    Raises:
        ConfigError: the port is taken, or the address is not one of this machine.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in found:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
    except (OSError, UnicodeError) as error:  # UnicodeError: not even a host name
        reason = getattr(error, "strerror", None) or "not an address"
        raise ConfigError(f"cannot listen on {host}, port {port}: {reason}") from None


def read_settings(encoder: Path, index: Path, workers: int) -> Settings:
    """Settings from the command line, and from the environment for the others.

    Raises:
        ConfigError: a variable of the environment does not fit or is almost a setting, or a setting
            needs a package that is not installed.
    """
    require_known_names(os.environ, (STORE_VARIABLE, FILES_VARIABLE))
    try:
        settings = Settings(encoder=encoder, index=index, workers=workers)
    except ValidationError as error:
        raise ConfigError(explain(error)) from None
    if settings.otel and not (find_spec("opentelemetry") and find_spec("opentelemetry.sdk")):
        raise ConfigError("TWINSET_OTEL needs the extra otel: pip install 'twinset[otel]'")
    return settings


def server_options(settings: Settings, host: str, port: int) -> dict[str, Any]:
    """The options that uvicorn gets with the application."""
    return {
        "host": host,
        "port": port,
        "log_config": log_config(),
        "access_log": False,  # `http.request_context` writes one that holds nothing of the caller's
        "server_header": False,
        "proxy_headers": False,
        "http": partial(Connection, settings=settings),
        "ws": "none",
        "timeout_graceful_shutdown": settings.shutdown_s,
        "timeout_worker_healthcheck": _SILENT_WORKER_S,
    }
