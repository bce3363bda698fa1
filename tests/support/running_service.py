"""The command line and a running service, driven from outside the way a user does."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

READY_WITHIN_S = 60  # generous: other programs share the machine


def twinset(*arguments, check=True):
    """Run `twinset` with these arguments; returns the finished process with its output as text."""
    command = [sys.executable, "-m", "twinset", *map(str, arguments)]
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
    command = [sys.executable, "-m", "twinset", "serve", *places, *map(str, options)]
    variables = os.environ | {"PYTHONFAULTHANDLER": "1"} | (environment or {})
    with (
        Path(log).open("wb+") if log else tempfile.NamedTemporaryFile() as output,
        subprocess.Popen(command, stdout=output, stderr=output, env=variables) as process,
    ):
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                wait_until_ready(client, process, output)
                yield client, process
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_until_ready(client, process, output):
    """Return when /readyz says so; else fail with its last answer and where every thread is."""
    start, said = time.monotonic(), "nothing yet"
    while process.poll() is None and time.monotonic() < start + READY_WITHIN_S:
        asked = time.monotonic()
        try:
            answer = client.get("/readyz", timeout=15)  # the service itself waits for 10 s
        except httpx.TransportError as error:
            said = repr(error)
        else:
            if answer.status_code == 200:
                return
            said = answer.text
        said += f" after {time.monotonic() - asked:.1f} s"
        time.sleep(0.05)
    status = process.poll()
    raise AssertionError(f"not ready; exit status {status}; {said}\n{last_words(process, output)}")


def last_words(process, output):
    """The end of what a service wrote, with the stacks of its threads, which it does not survive.

    Python's fault handler, on by PYTHONFAULTHANDLER, writes them when SIGABRT comes.
    """
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    workers = children.read_text().split() if process.poll() is None else []
    for pid in (process.pid, *map(int, workers)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGABRT)
    process.wait(timeout=30)
    time.sleep(0.5)  # for the workers, which are nobody's children now
    output.seek(0)
    return output.read().decode(errors="replace")[-20_000:]


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
