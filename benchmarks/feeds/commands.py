"""Run a command of Twinset and take its time, its CPU time and its memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds by the clock and of the CPU, megabytes at most."""

    wall_s: float
    cpu_s: float
    peak_mb: float

    def __str__(self) -> str:
        return f"{self.wall_s:,.1f} s, {self.cpu_s:,.1f} s of CPU, {self.peak_mb:,.0f} MB"


def run(*arguments: object) -> Cost:
    """Run `twinset ARGUMENTS` as a process of its own; its output goes nowhere.

    Raises:
        RuntimeError: if it fails, with what it said.
    """
    words = [sys.executable, "-m", "twinset", *map(str, arguments)]
    # Compiled modules are kept, as they are of a Twinset that pip installed.
    kept = {n: value for n, value in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    start = time.monotonic()
    with subprocess.Popen(  # noqa: S603
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=kept
    ) as process:
        said = process.stdout.read() if process.stdout else b""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(said.decode(errors="replace"))
    peak = used.ru_maxrss / (1 if sys.platform == "darwin" else 1024) / 1.024**2
    return Cost(time.monotonic() - start, used.ru_utime + used.ru_stime, peak)
