"""The command line and a running service, driven from outside the way a user does."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

READY_WITHIN_S = 60  # generous: other programs share the machine


def twinset(*arguments, check=True):
    """Run `twinset` with these arguments; returns the finished process with its output as text."""
    command = [sys.executable, "-m", "core.cli", *map(str, arguments)]
    return subprocess.run(command, check=check, capture_output=True, text=True, timeout=900)


@contextlib.contextmanager
def running_service(encoder, index, *options, environment=None, log=None):
    """`twinset serve` on a free port; gives (client, process) once it is ready.

    `environment` is added to this process's own; `log` is a path for what the service writes.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    places = ["--encoder", str(encoder), "--index", str(index), "--port", str(port)]
    command = [sys.executable, "-m", "core.cli", "serve", *places, *map(str, options)]
    variables = os.environ | (environment or {})
    with (
        Path(log or os.devnull).open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output, env=variables) as process,
    ):
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                wait_until_ready(client, process)
                yield client, process
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_until_ready(client, process):
    deadline = time.monotonic() + READY_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if client.get("/readyz").status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"not ready; exit status {process.poll()}")


def peak_memory_mb(process):
    """Largest resident memory so far, in MB, as the kernel counts it."""
    return _memory_mb(process, "VmHWM")


def memory_mb(process):
    """Resident memory now, in MB."""
    return _memory_mb(process, "VmRSS")


def _memory_mb(process, field):
    status = Path(f"/proc/{process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024
