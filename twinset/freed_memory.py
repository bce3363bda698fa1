"""What glibc does with memory that this process frees: give it back to the system, or keep it.

A service gives it back, so that a large upload costs nothing once it is answered. Training keeps
it, since the next step needs the same large tensors. On systems without glibc's `mallopt`, such as
musl and macOS, these functions do nothing.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping

# Parameters of `mallopt`, from malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -3, -4, -8
_MIB = 1024 * 1024
_NEVER = 2**31 - 1


def return_freed_memory() -> None:
    """Make glibc hand freed blocks of megabytes back to the system, for this process.

    By default glibc raises the size from which it does so up to 32 MiB, while Pillow asks for
    16 MiB at a time, so every thread's arena would keep hundreds of megabytes of old pictures.
    """
    _mallopt({_MMAP_THRESHOLD: 4 * _MIB, _TRIM_THRESHOLD: 16 * _MIB, _ARENA_MAX: 2})


def trim_freed_memory() -> None:
    """Make glibc hand all that is free back to the system now.

    What a start frees in between lies below what it keeps, so it is not handed back by itself.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def keep_freed_memory() -> None:
    """Stop glibc from handing freed blocks back to the system, for this process.

    By default glibc maps every activation anew and the kernel clears each page of it first, which
    took a third of a training step on two cores. With one arena, what a thread frees can be used
    by another.
    """
    _mallopt({_MMAP_MAX: 0, _TRIM_THRESHOLD: _NEVER, _ARENA_MAX: 1})


def _mallopt(values: Mapping[int, int]) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for parameter, value in values.items():
            mallopt(parameter, value)
