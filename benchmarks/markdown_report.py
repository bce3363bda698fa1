"""Results as Markdown, ready for docs/benchmarks.md, with the machine and the date."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("openvino", "onnxruntime", "faiss-cpu", "torch", "uvloop")


class MarkdownTable:
    """Rows of text under a header; numbers are formatted by whoever adds them."""

    def __init__(self, *header: str) -> None:
        self._rows: list[tuple[str, ...]] = [header, ("---",) * len(header)]

    def add(self, *cells: object) -> None:
        self._rows.append(tuple(str(cell) for cell in cells))

    def __str__(self) -> str:
        return "\n".join(f"| {' | '.join(row)} |" for row in self._rows)


def show(*parts: object) -> None:
    """Print paragraphs and tables, each followed by a blank line, then where and when it was."""
    for part in (*parts, machine()):
        print(part, end="\n\n", flush=True)  # noqa: T201 - the command's output


def machine() -> str:
    """The processor, its cores, memory and load, the versions of what computes, and the date."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {v}" for name in _PACKAGES if (v := _version(name)))
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    load = os.getloadavg()[2]
    return (
        f"{now}; {_processor()}, {cores} cores, {memory:.0f} GiB; load over 15 minutes "
        f"{load:.1f}; Python {platform.python_version()}, {packages}."
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def ratio(value: float, reference: float) -> str:
    """How many times `reference` the value is."""
    return f"{value / reference:.2f} x" if reference else "-"
