"""The curve of a run: one JSON line per step and per epoch, beside its checkpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from twinset.artefacts import write_text_atomically

HISTORY = "history.jsonl"
History = Sequence[Mapping[str, float]]


def log_record(folder: Path, record: Mapping[str, float]) -> None:
    """Append the record of a step (with `loss`) or of an epoch (with `epoch`)."""
    with (folder / HISTORY).open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def read_history(folder: Path) -> list[dict[str, float]]:
    """The records of a run in order; none if the folder holds no run."""
    file = folder / HISTORY
    records: list[dict[str, float]] = []
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        try:
            records.append(json.loads(line))
        except ValueError:
            break  # the line that a kill cut short
    return records


def rewind_history(folder: Path, step: int) -> None:
    """Drop what was logged after a checkpoint, so that each step stands there once."""
    if (folder / HISTORY).exists():
        kept = [record for record in read_history(folder) if record["step"] <= step]
        lines = "".join(json.dumps(record) + "\n" for record in kept)
        write_text_atomically(folder / HISTORY, lines)
