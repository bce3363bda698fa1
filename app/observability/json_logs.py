"""Logs as JSON, one object a line; JSON escapes control characters, so no input can forge one."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson

_FIELDS = ("request_id", "method", "route", "status", "code", "took_ms", "trace_id")


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields = record.__dict__
        entry |= {name: fields[name] for name in _FIELDS if name in fields}
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return _line(entry)


def _line(entry: dict[str, Any]) -> str:
    """An entry in printable ASCII."""
    with suppress(TypeError):  # half of a surrogate pair
        line = orjson.dumps(entry)
        if line.isascii() and b"\x7f" not in line:  # requests are, and this takes a tenth
            return line.decode()
    # JSON leaves DEL as it is.
    return json.dumps(entry, separators=(",", ":")).replace("\x7f", "\\u007f")


def log_config() -> dict[str, Any]:
    """The `logging.config` dictionary of the service: everything to stderr."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
    }


def spare_unused_details() -> None:
    """Leave caller, thread and process out of log records, since no line of this log shows them.

    Python looks them up for every record, which took a tenth of a short request; see "Optimization"
    in its logging HOWTO.
    """
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    if hasattr(logging, "logAsyncioTasks"):  # from Python 3.12 on
        logging.logAsyncioTasks = False
