"""One look for the progress of every long step: a bar, the count, the rate and the time left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

T = TypeVar("T")


class RateColumn(ProgressColumn):
    """Steps per second, such as `812.4/s`."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.1f}/s")


def progress_bar(*extra: ProgressColumn) -> Progress:
    """A progress display on standard error, with `extra` columns at its end.

    Without a terminal only the final state is printed.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, *extra, console=Console(stderr=True))


def track(steps: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Yield from `steps` while a progress bar follows.

    `total` is the number of steps, or None if it is not known: then there is no time left to
    show.
    """
    with progress_bar() as progress:
        task = progress.add_task(label, total=total)
        for step in steps:
            yield step
            progress.advance(task)
