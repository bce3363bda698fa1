"""Several worker processes on one socket, and the watch over them."""

from __future__ import annotations

from uvicorn import Config
from uvicorn.supervisors import Multiprocess


class Supervisor(Multiprocess):
    """uvicorn's supervisor, which here sees at once that a worker is gone.

    uvicorn asks each worker for a sign of life over a pipe, and keeps the worker's end of that pipe
    open itself. So the death of a worker that has yet to answer does not close the pipe, and the
    supervisor waits as long as a worker may be silent: with no replacement, and deaf to signals.
    """

    def init_processes(self) -> None:
        super().init_processes()
        self._leave_pipes_to_workers()

    def keep_subprocess_alive(self) -> None:
        super().keep_subprocess_alive()
        self._leave_pipes_to_workers()

    def _leave_pipes_to_workers(self) -> None:
        for process in self.processes:
            process.child_conn.close()  # a started worker has its own; closing twice is allowed


def supervise(config: Config) -> None:
    """Run `config.workers` processes until a signal ends them."""
    Supervisor(config, sockets=[config.bind_socket()]).run()
