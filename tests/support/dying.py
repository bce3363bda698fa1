"""Runs a publishing step in children that kill -9 themselves at one call after another.

    python -m tests.support.dying ACTION INDEX ENCODER EMBEDDINGS CATALOGUE [--stride 1]

Prints one JSON line for each child: whether it died, what was live before and after, which
versions can be opened, and where Milvus's alias leads. A process of its own, since threads of a
test would not survive the fork; this one opens no version itself, as milvus-lite lives in threads
and serves one process at a time.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index_builder.build import BuildOptions, build_index
from index_builder.fold_writes import compact_index
from twinset.encoders import load_encoder
from twinset.index.index_versions import current_version, follow_current, open_version, set_current
from twinset.index.milvus.milvus_connection import MilvusAddress, connect, disconnect
from twinset.index.shared.version_line import list_versions, peek_manifest
from twinset.live.catch_up import Embedder, catch_up, start, start_applied
from twinset.live.engine_writes import apply_writes, is_behind
from twinset.live.merged_version import merge_version
from twinset.live.overlay import Overlay
from twinset.live.write_log import Entry, WriteLog

MOST_STEPS = 400
_FILES = (
    (os, "fsync"),
    (os, "unlink"),
    (os, "rmdir"),
    (pathlib.Path, "rename"),
    (pathlib.Path, "replace"),
    (pathlib.Path, "mkdir"),
    (pathlib.Path, "write_text"),
    (shutil, "rmtree"),
)
_CALLS = (
    "create_collection",
    "insert",
    "upsert",
    "delete",
    "flush",
    "create_index",
    "load_collection",
    "create_alias",
    "alter_alias",
    "drop_alias",
    "drop_collection",
)


@dataclass(frozen=True)
class Shop:
    """Folders of an index, of its encoder, and of what more versions are built from."""

    index: Path
    encoder: Path
    embeddings: Path
    catalogue: Path


def in_milvus() -> bool:
    return "TWINSET_MILVUS_URI" in os.environ


def die_at(step: int) -> None:
    """Kill this process at the `step`-th call that changes a disk or Milvus, before it is made."""
    left = step

    def dying(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            # Steps of milvus-lite's threads are not ours: it does not survive them all.
            left -= threading.current_thread() is threading.main_thread()
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)

        return counted

    places: list[tuple[Any, str]] = list(_FILES)
    if in_milvus():
        from pymilvus import MilvusClient

        connect(MilvusAddress.from_environment())  # its own start is no step of ours
        places += [(MilvusClient, name) for name in _CALLS]
    for owner, name in places:
        setattr(owner, name, dying(getattr(owner, name)))


def act(action: str, shop: Shop) -> None:
    if action == "build":
        options = BuildOptions(
            "milvus" if in_milvus() else "auto", keep=2, encoder=shop.encoder, min_recall=0
        )
        build_index(shop.embeddings, shop.catalogue, shop.index, options)
    elif action == "compact":
        compact_index(shop.encoder, shop.index, 2)
    elif action == "apply":
        log = WriteLog(shop.index)
        overlay = opened_overlay(shop, log)
        apply_writes(overlay, log, lambda _: False)
    else:
        other = next(n for n in list_versions(shop.index) if n != current_version(shop.index))
        set_current(shop.index, other)


def opened_overlay(shop: Shop, log: WriteLog, begin: Any = start_applied) -> Overlay:
    embedder = Embedder(load_encoder(shop.encoder, "cpu"), log)
    return catch_up(begin(open_version(shop.index), log), embedder)


def look(shop: Shop) -> dict[str, Any]:
    """What a service that starts now would find."""
    found: dict[str, Any] = {"after": open_version(shop.index).name}
    # As the service does; a killed build's leftovers are the next build's to remove.
    found["opened"] = [open_version(shop.index, n).name for n in list_versions(shop.index)]
    log = WriteLog(shop.index)
    overlay = opened_overlay(shop, log)
    found["unapplied"] = is_behind(overlay)
    plain = merge_version(opened_overlay(shop, log, start), log)
    merged = merge_version(overlay, log)
    queries = plain.index.vectors(np.flatnonzero(np.arange(len(plain)) < 5))
    answers = [v.index.search(queries, len(v), v.alive)[0].tolist() for v in (plain, merged)]
    found["agrees"] = answers[0] == answers[1]
    if in_milvus():
        follow_current(shop.index)
        address = MilvusAddress.from_environment()
        alias = connect(address).describe_alias(address.alias)
        found["alias"] = alias["collection_name"].split("_", 1)[1].replace("_", "-")
        disconnect(address)
    return found


def forked(work: Callable[[], object]) -> tuple[int, str]:
    """The exit code of a child that does this work, and what the work gave, as JSON."""
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(OSError):
            os.close(receiving)
        with open(os.devnull, "w") as quiet:
            os.dup2(quiet.fileno(), 1)
        code = 1
        try:
            os.write(sending, json.dumps(work()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(sending)
    with os.fdopen(receiving) as answer:
        said = answer.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


def change(shop: Shop, step: int) -> None:
    """Writes for a fold or an application to take along: a price, a new item, a deletion."""
    log = WriteLog(shop.index)
    with log.transaction() as transaction:
        transaction.append(Entry("p1", "patch", {"price": float(step)}))
        transaction.append(Entry(f"n{step}", "put", {"title": f"hat {step}"}))
        transaction.append(Entry(f"n{step - 2}", "delete", {}))
    log.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("action")
    for name in ("index", "encoder", "embeddings", "catalogue"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--stride", type=int, default=1)
    given = parser.parse_args()
    shop = Shop(given.index, given.encoder, given.embeddings, given.catalogue)
    for step in range(1, MOST_STEPS, given.stride):
        if given.action in ("compact", "apply"):
            change(shop, step)
        before, versions = current_version(shop.index), list_versions(shop.index)

        def work(step: int = step) -> None:
            die_at(step)
            act(given.action, shop)

        code, _ = forked(work)
        if code not in (0, -signal.SIGKILL):
            raise SystemExit(f"step {step} failed")
        seen, said = forked(lambda: look(shop))
        if seen:
            raise SystemExit(f"after step {step} nothing could be opened")
        whole = [name for name in versions if peek_manifest(shop.index, name)]
        line = {"step": step, "died": code != 0, "before": before, "versions": whole}
        print(json.dumps({**line, **json.loads(said)}), flush=True)
        if code == 0:
            return


if __name__ == "__main__":
    main()
