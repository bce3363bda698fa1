"""The graph over a table's vectors: how it is made, with progress, as the environment asks.

TWINSET_PGVECTOR_LINKS     links of each row (24)
TWINSET_PGVECTOR_BREADTH   candidates that a new row is compared with (200)
TWINSET_PGVECTOR_BUILD_MB  memory of the server for a build (512); a graph that does not fit is
                           finished on its disk, which takes many times as long
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import Any, Self

from twinset.errors import ConfigError
from twinset.progress import progress_bar
from twinset.store.postgres_connection import connection

_LOOK_S = 0.5
# What pgvector and PostgreSQL take.
_LINKS, _BREADTHS, _MEGABYTES = (2, 100), (4, 1000), (1, 2_000_000)


@dataclass(frozen=True)
class Graph:
    """How a graph is made; `breadth` is at least twice `links`."""

    links: int = 24
    breadth: int = 200
    build_mb: int = 512

    @classmethod
    def from_environment(cls) -> Self:
        """Raises ConfigError if a variable does not fit."""
        graph = cls(
            _number("LINKS", cls.links, _LINKS),
            _number("BREADTH", cls.breadth, _BREADTHS),
            _number("BUILD_MB", cls.build_mb, _MEGABYTES),
        )
        if graph.breadth < 2 * graph.links:
            raise ConfigError(
                f"TWINSET_PGVECTOR_BREADTH is {graph.breadth}; it must be at least twice the "
                f"{graph.links} of TWINSET_PGVECTOR_LINKS"
            )
        return graph


def _number(name: str, default: int, bounds: tuple[int, int]) -> int:
    text = os.environ.get(f"TWINSET_PGVECTOR_{name}") or str(default)
    least, most = bounds
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ConfigError(f"TWINSET_PGVECTOR_{name} must be a number from {least} to {most}")
    return int(text)


def index_vectors(address: str, connected: Any, table: str, number: str, graph: Graph) -> None:
    """Make the graph of a table whose vectors are of the type `number`."""
    options = f"(m = {graph.links}, ef_construction = {graph.breadth})"
    done = threading.Event()
    shown = threading.Thread(target=_show_progress, args=(address, table, done), daemon=True)
    connected.execute(f"SET maintenance_work_mem = '{graph.build_mb}MB'")
    shown.start()
    try:
        connected.execute(
            f'CREATE INDEX ON "{table}" USING hnsw (vector {number}_ip_ops) WITH {options}'
        )
    finally:
        done.set()
        shown.join()
        connected.execute("RESET maintenance_work_mem")


def _show_progress(address: str, name: str, done: threading.Event) -> None:
    sql = (
        "SELECT blocks_done, blocks_total FROM pg_stat_progress_create_index"
        " WHERE relid = to_regclass(%s)"
    )
    with progress_bar() as progress:
        task = progress.add_task("PostgreSQL indexes", total=None)
        while not done.wait(_LOOK_S):
            with connection(address) as connected:
                found = connected.execute(sql, [f'"{name}"']).fetchone()
            if found and found[1]:
                progress.update(task, completed=found[0], total=found[1])
