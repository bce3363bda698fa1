"""Keeping memory between steps: on a CPU the same large tensors are needed again at once."""

from __future__ import annotations

import ctypes

# Parameters of glibc's `mallopt`, from malloc.h.
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8
_NEVER = 2**31 - 1


def keep_freed_memory() -> None:
    """Stop glibc from handing freed blocks back to the system, for this process.

    Left alone it maps every activation anew and the kernel clears each page of it first, which
    took a third of a step on two cores. Elsewhere, as on musl or macOS, nothing is done.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, _NEVER)
        mallopt(_ARENA_MAX, 1)  # what a thread frees, another can use
