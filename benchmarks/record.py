"""Runs the benchmarks and writes what they print into docs/benchmarks.md, each in its place.

    python -m benchmarks.record --index INDEX --embeddings EMB [--only encoders,rest]
        [--infinity VENV/bin/infinity_emb] [--quick]

A place is the lines between `<!-- NAME -->` and `<!-- end -->`. One benchmark runs at a time; one
that fails leaves its place as it was, and the command ends with 1.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

# Benchmarks of this ending run as on a processor with AVX2 alone, whatever this one has beside.
_AVX2 = "-avx2"
_AVX2_ONLY = {
    "PYTHONPATH": str(Path(__file__).parent / "avx2"),
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "FAISS_OPT_LEVEL": "avx2",
}


@dataclass(frozen=True)
class Inputs:
    """What the benchmarks are given. `quick` checks that they run; its figures say nothing."""

    index: Path
    embeddings: Path
    encoder: Path
    work: Path
    infinity: str
    quick: bool


def main(
    index: Annotated[Path, typer.Option()],
    embeddings: Annotated[Path, typer.Option()],
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
    work: Annotated[Path, typer.Option()] = Path("var/bench"),
    infinity: Annotated[str, typer.Option()] = "",
    only: Annotated[str, typer.Option(help="Names, with commas; default all.")] = "",
    page: Annotated[Path, typer.Option()] = Path("docs/benchmarks.md"),
    quick: Annotated[bool, typer.Option()] = False,
) -> None:
    """Run, and write after each."""
    given = Inputs(index, embeddings, encoder, work, infinity, quick)
    every = commands(given)
    wanted = only.split(",") if only else list(every)
    unknown = sorted(set(wanted) - set(every))
    if unknown:
        raise SystemExit(f"no benchmark {unknown[0]!r}; there are {', '.join(every)}")
    if "encoders" in wanted:  # in a process of its own: it takes gigabytes
        making = [sys.executable, "-m", "benchmarks.encoders.clip_weights", str(work)]
        subprocess.run(making, check=True)  # noqa: S603 - our own command
    failed = [name for name in wanted if not _record(name, every[name], page)]
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def commands(given: Inputs) -> dict[str, list[str]]:
    """Arguments of `python -m` of each benchmark by name, in the order in which they run."""
    clip = given.work / "encoder"  # where `benchmarks.encoders.clip_weights` leaves it
    served = ["--encoder", str(given.encoder), "--index", str(given.index)]
    seconds = ["--seconds", "1"] if given.quick else []
    sizes = ["--count", "5000", "--queries", "20"] if given.quick else []
    rest = ["--work", str(given.work), "--infinity", given.infinity]
    duration = ["--duration", "10", "--capacity-seconds", "3"] if given.quick else []
    few = ["--clients", "1,16", "--only", "compact", "--work", str(given.work)]
    return {
        "encoders": ["benchmarks.encoders.encoder_speed", str(given.encoder), str(clip)],
        "rest": ["benchmarks.service.services", *served, *rest, *seconds],
        "indexes": [
            "benchmarks.indexes.index_kinds",
            "--embeddings",
            str(given.embeddings),
            *sizes,
        ],
        "service": ["benchmarks.service.single_client", *served, *seconds],
        "photo": ["benchmarks.service.phone_photo", *served, *seconds],
        "mixed": ["benchmarks.service.mixed", *served, *duration],
        f"encoders{_AVX2}": ["benchmarks.encoders.encoder_speed", str(given.encoder)],
        f"rest{_AVX2}": ["benchmarks.service.services", *served, *few, *seconds],
    }


def _record(name: str, command: list[str], page: Path) -> bool:
    print(f"{name}: python -m {' '.join(command)}", file=sys.stderr)  # noqa: T201 - progress
    environment = os.environ | (_AVX2_ONLY if name.endswith(_AVX2) else {})
    done = subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, "-m", *command],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        text = page.read_text(encoding="utf-8")
        page.write_text(filled(text, name, done.stdout.strip()), encoding="utf-8")
    return done.returncode == 0


def filled(page: str, name: str, results: str) -> str:
    """The page with `results` in the place of that name.

    Raises:
        ValueError: the page has no such place.
    """
    pattern = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"there is no place for {name}")
    return pattern.sub(lambda found: f"{found[1]}\n{results}\n\n{found[2]}", page, count=1)


if __name__ == "__main__":
    typer.run(main)
