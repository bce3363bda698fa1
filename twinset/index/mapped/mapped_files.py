"""Files that are mapped: their pages are read when they are needed, and handed back.

A page that was read stays in the resident memory of a process until the system is short of memory,
and the system brings its fifteen neighbours too, so that a few thousand random items of a large
catalogue are all of it. A service therefore hands its pages back every second: they stay in
the system's cache, from where a page that is needed again comes back without being read.
"""

from __future__ import annotations

import ctypes
import mmap
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

_DONTNEED = getattr(mmap, "MADV_DONTNEED", None)
_mapped: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()
_lock = threading.Lock()


def map_file(path: Path) -> pa.BufferReader:
    """A file for `pa.ipc.open_file`, whose tables are views of its pages.

    Raises:
        OSError: if the file cannot be read, or is empty.
    """
    with path.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise OSError(f"{path.name} is empty") from None
    with _lock:
        _mapped.add(mapped)
    return pa.BufferReader(pa.py_buffer(mapped))


def return_pages() -> None:
    """Take the pages of all files that `map_file` mapped out of this process's memory.

    Whoever reads them meanwhile or later finds them as they were. Where the system has no such
    call, nothing happens.
    """
    madvise = _madvise()
    if madvise is None or _DONTNEED is None:
        return
    with _lock:
        found = list(_mapped)
    for mapped in found:
        held = np.frombuffer(mapped, np.uint8)  # keeps the mapping until the call is done
        madvise(held.ctypes.data, held.nbytes, _DONTNEED)


def _madvise() -> Callable[..., Any] | None:
    """The system's call: that of `mmap.mmap` would let no other thread run meanwhile."""
    found = getattr(ctypes.CDLL(None), "madvise", None)
    if found is not None:
        found.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return found
