"""A Milvus server for tests, from the package `milvus`: standalone, in a folder of its own."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from filelock import FileLock

from twinset.errors import TwinsetError
from twinset.index.milvus.milvus_connection import MilvusAddress, connect

_START_S = 120
# Its etcd listens for peers on a port that cannot be chosen: one server at a time on a machine.
_LOCK = Path(tempfile.gettempdir()) / "twinset-milvus-server.lock"
_WAIT_S = 1800


@contextlib.contextmanager
def milvus_server(folder: Path):
    """The address of a server that runs until the block ends. It listens on all interfaces."""
    program = shutil.which("milvus-server", path=str(Path(sys.executable).parent))
    assert program, "the package `milvus` is missing; install the extra `servers`"
    command = [program, "--data", folder, "--proxy-port", str(_free_port())]
    with FileLock(_LOCK, timeout=_WAIT_S), (folder / "output.log").open("wb") as log:
        # The package starts the server as a process of its own, which has to end with it.
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            yield _answering(process, MilvusAddress(f"http://127.0.0.1:{command[-1]}"))
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    shutil.rmtree(folder)


def _answering(process, address):
    latest = time.monotonic() + _START_S
    while True:
        try:
            connect(address).list_collections()
        except TwinsetError:
            if process.poll() is not None or time.monotonic() > latest:
                raise
            time.sleep(0.5)
        else:
            return address


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
