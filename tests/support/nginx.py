"""nginx with the configuration that the project ships, in front of a service under test."""

import contextlib
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.paths import ROOT

CONFIG = ROOT / "deploy" / "nginx.conf"
WORDS = ROOT / "deploy" / "errors.conf"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
needs_nginx = pytest.mark.skipif(
    NGINX is None, reason="nginx is not installed; on Debian: apt-get install nginx-light"
)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def local_config(address, port, folder, changes=()):
    """The shipped configuration for this machine: other addresses, its files in `folder`.

    `changes` are further pairs of text to replace; each must be there.
    """
    text = CONFIG.read_text()
    for old, new in (
        ("server twinset:8000;", f"server {address.removeprefix('http://')};"),
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("pid /run/nginx.pid;", f"pid {folder}/nginx.pid;"),
        ("error_log stderr warn;", f"error_log {folder}/error.log warn;"),
        ("worker_processes auto;", "worker_processes 1;"),
        ("http {\n", f"http {{\n    {temporary_paths(folder)}\n"),
        *changes,
    ):
        assert old in text, old
        text = text.replace(old, new)
    return text


def temporary_paths(folder):
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)


@contextlib.contextmanager
def running_nginx(address, folder: Path, changes=()):
    """nginx in front of `address`, its files in `folder`; gives its own address."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(local_config(address, port, folder, changes))
    shutil.copy(WORDS, folder)
    # A master of root's would give its workers to a user who may not read the folder.
    command = [NGINX, "-p", str(folder), "-c", str(config), "-g", "daemon off; master_process off;"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for_port(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=10)


def wait_for_port(port, process):
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise AssertionError(f"nginx does not listen; exit status {process.poll()}")
