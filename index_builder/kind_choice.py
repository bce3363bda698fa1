"""Which kind of index a catalogue gets: by its size, and by the memory that there is."""

from __future__ import annotations

import re

from twinset.errors import ConfigError
from twinset.index import faiss_kinds
from twinset.index.engines import AUTO, KINDS, engine_of
from twinset.index.faiss_kinds import memory_of

# One core scans about 6 million numbers a millisecond: 20,000 items of 256 stay below 1 ms, which
# is what the rest of a request takes. HNSW answers in a tenth of that at a recall of 0.999.
EXACT_UP_TO = 20_000
HNSW_UP_TO = 2_000_000
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def settle_kind(kind: str, count: int, dimension: int, memory: int | None) -> str:
    """`kind`, or for "auto" the one that suits `count` vectors and `memory` bytes.

    Raises:
        ConfigError: if the kind is unknown, or it, and for "auto" every kind, takes more memory.
    """
    if kind == AUTO:
        return choose_kind(count, dimension, memory)
    if kind not in KINDS:
        raise ConfigError(f"the index kind must be {AUTO} or one of {', '.join(KINDS)}")
    if memory is not None:
        needed = engine_of(kind).memory(kind, count, dimension)
        if needed > memory:
            raise _too_large(kind, needed, memory)
    return kind


def choose_kind(count: int, dimension: int, memory: int | None) -> str:
    """The fastest kind that fits: every row while that is fast, a graph, then lists.

    Raises:
        ConfigError: if no kind of this process fits.
    """
    wanted = [
        kind
        for kind, most in (("exact", EXACT_UP_TO), ("hnsw", HNSW_UP_TO), ("ivf", count))
        if count <= most
    ]
    kinds = (*wanted, *faiss_kinds.QUANTISED)
    if memory is None:
        return kinds[0]
    fitting = [kind for kind in kinds if memory_of(kind, count, dimension) <= memory]
    if not fitting:
        raise _too_large(kinds[-1], memory_of(kinds[-1], count, dimension), memory)
    return fitting[0]


def _too_large(kind: str, needed: int, memory: int) -> ConfigError:
    return ConfigError(
        f"the vectors take {needed / 1e6:,.1f} MB as {kind}, and {memory / 1e6:,.1f} MB are "
        "allowed; allow more, or keep them in PostgreSQL (--kind pgvector)"
    )


def parse_memory(text: str) -> int:
    """Bytes of a size such as 512MB, 2GB or 1.5 GB, decimal.

    Raises:
        ConfigError: if it is none.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]B)\s*", text, re.IGNORECASE)
    if found is None or float(found[1]) == 0:
        raise ConfigError("give the memory like 512MB or 2GB")
    return int(float(found[1]) * _UNITS[found[2].upper()])
