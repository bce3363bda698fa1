"""Services under measurement: started as a user starts them, watched from outside, stopped."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running service; `ready` counts seconds from its start to its first good answer."""

    address: str
    pid: int
    ready: float

    def peak_megabytes(self) -> float:
        """Largest resident memory so far, of the process and its children, in MB of 2**20."""
        return sum(_status(pid, "VmHWM") for pid in self._pids()) / 1024

    def megabytes(self) -> float:
        """Resident memory now."""
        return sum(_status(pid, "VmRSS") for pid in self._pids()) / 1024

    def own_megabytes(self) -> float:
        """Resident memory now that is no file's pages, which the system could drop at any time."""
        return sum(_status(pid, "RssAnon") for pid in self._pids()) / 1024

    def processor_seconds(self) -> float:
        """Of all its processes since they started."""
        return sum(_processor_ticks(pid) for pid in self._pids()) / _TICKS

    def _pids(self) -> list[int]:
        return [self.pid, *_children(self.pid)]


@contextlib.contextmanager
def running(
    command: Sequence[str],
    ready_path: str,
    environment: Mapping[str, str] | None = None,
    patience: float = 300,
) -> Iterator[Server]:
    """Run a command, in which `{port}` stands for a free port, until the block ends.

    Raises:
        SystemExit: it ends, or gives no good answer at `ready_path` in time.
    """
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  (the benchmarks' own commands)
        [part.replace("{port}", str(port)) for part in command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )
    try:
        while not answers(address + ready_path):
            if process.poll() is not None or time.perf_counter() - started > patience:
                raise SystemExit(f"did not start: {' '.join(command)}")
            time.sleep(0.01)
        yield Server(address, process.pid, time.perf_counter() - started)
    finally:
        process.terminate()
        process.wait(timeout=60)


def twinset_command(encoder: Path, index: Path, *options: str) -> list[str]:
    """`twinset serve` of this tree."""
    places = ["--encoder", str(encoder), "--index", str(index), "--port", "{port}"]
    return [sys.executable, "-m", "twinset", "serve", *places, *options]


def answers(url: str) -> bool:
    """True if a GET gives 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - loopback
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def fetch(url: str) -> bytes:
    """The body of a GET."""
    with urllib.request.urlopen(url, timeout=60) as response:  # noqa: S310 - loopback
        return bytes(response.read())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _status(pid: int, field: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return 0
    return next((int(x.split()[1]) for x in lines if x.startswith(field)), 0)


def _processor_ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except FileNotFoundError:
        return 0
    return int(fields[11]) + int(fields[12])


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError):
            for child in map(int, task.read_text(encoding="utf-8").split()):
                found += [child, *_children(child)]
    return found
