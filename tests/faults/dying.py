"""Runs a publishing step in children that kill -9 themselves at one system call after another.

    python -m tests.faults.dying ACTION INDEX ENCODER EMBEDDINGS CATALOGUE

Prints one JSON line for each child: whether it died, what was live before and after, and which
versions can be opened. A process of its own, since threads of a test would not survive the fork.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.index.store import current_version, list_versions, open_version, set_current
from core.live.log import Entry, WriteLog
from index_builder.build import BuildOptions, build_index
from index_builder.compact import compact_index

MOST_STEPS = 120


def die_at(step: int) -> None:
    """Kill this process at the `step`-th call that changes what is on disk, before it is made."""
    left = step

    def dying(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)

        return counted

    for owner, name in (
        (os, "fsync"),
        (os, "unlink"),
        (os, "rmdir"),
        (pathlib.Path, "rename"),
        (pathlib.Path, "replace"),
        (pathlib.Path, "mkdir"),
        (pathlib.Path, "write_text"),
        (shutil, "rmtree"),
    ):
        setattr(owner, name, dying(getattr(owner, name)))


def act(action: str, index: Path, encoder: Path, inputs: tuple[Path, Path]) -> None:
    if action == "build":
        build_index(*inputs, index, BuildOptions(keep=2, encoder=encoder))
    elif action == "compact":
        compact_index(encoder, index, 2)
    else:
        other = next(n for n in list_versions(index) if n != current_version(index))
        set_current(index, other)


def opened(index: Path) -> list[str]:
    return [open_version(index, name).name for name in list_versions(index)]


def main() -> None:
    action, index, encoder, embeddings, catalogue = sys.argv[1], *map(Path, sys.argv[2:])
    for step in range(1, MOST_STEPS):
        if action == "compact":
            log = WriteLog(index)
            with log.transaction() as transaction:
                transaction.append(Entry("p1", "patch", {"price": float(step)}))
            log.close()
        before, versions = current_version(index), list_versions(index)
        child = os.fork()
        if child == 0:
            sys.stdout = sys.stderr = open(os.devnull, "w")
            die_at(step)
            act(action, index, encoder, (embeddings, catalogue))
            os._exit(0)
        died = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        after = open_version(index).name
        line = {"died": died, "before": before, "after": after, "versions": versions}
        print(json.dumps({**line, "opened": opened(index)}), flush=True)
        if not died:
            return


if __name__ == "__main__":
    main()
