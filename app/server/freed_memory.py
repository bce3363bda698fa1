"""Giving memory back: what a large upload took is free again once it is answered."""

from __future__ import annotations

import ctypes

# Parameters of glibc's `mallopt`, from malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_MIB = 1024 * 1024


def return_freed_memory() -> None:
    """Make glibc hand freed blocks of megabytes back to the system, for this process.

    Left alone it raises the size from which it does so up to 32 MiB, while Pillow asks for 16 MiB
    at a time, so that every thread's arena keeps hundreds of megabytes of pictures long gone.
    Elsewhere, as on musl or macOS, nothing is done.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, 4 * _MIB)
        mallopt(_TRIM_THRESHOLD, 16 * _MIB)
        mallopt(_ARENA_MAX, 2)
