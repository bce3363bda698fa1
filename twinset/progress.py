"""One look for the progress of every long step: a bar, the count, the rate and the time left."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

T = TypeVar("T")
LINE_SECONDS = 15.0  # between two lines of a step's progress without a terminal
# Between two updates of a bar: each costs as much as the parsing of a product.
_SHOWN_SECONDS = 0.05


class RateColumn(ProgressColumn):
    """Steps per second, such as `812.4/s`."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.1f}/s")


class LeftColumn(TimeRemainingColumn):
    """The time left, such as `0:12:30 left`."""

    def render(self, task: Task) -> Text:
        return Text.assemble(super().render(task), " left")


class StepProgress(Progress):
    """A live bar on a terminal; elsewhere (a log, a CI job) a line every `LINE_SECONDS`."""

    _told_at = 0.0

    def start(self) -> None:
        self._told_at = time.monotonic()
        super().start()

    def update(self, task_id: TaskID, **changes: Any) -> None:
        super().update(task_id, **changes)
        self._tell(task_id)

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        super().advance(task_id, advance)
        self._tell(task_id)

    def _tell(self, task_id: TaskID) -> None:
        now = time.monotonic()
        if now - self._told_at < LINE_SECONDS or self.console.is_terminal:
            return
        self._told_at = now
        task = self._tasks[task_id]
        shown = [column for column in self.columns if not isinstance(column, BarColumn)]
        cells = [str(column(task)) for column in shown if isinstance(column, ProgressColumn)]
        self.console.print("  ".join(filter(None, map(str.strip, cells))), soft_wrap=True)


def progress_bar(*extra: ProgressColumn) -> StepProgress:
    """A progress display on standard error, with `extra` columns at its end.

    Without a terminal it is a line every `LINE_SECONDS`, and the final state.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeElapsedColumn(),
        LeftColumn(),
    )
    return StepProgress(*columns, *extra, console=Console(stderr=True))


def track(steps: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Yield from `steps` while a progress bar follows.

    `total` is the number of steps, or None if it is not known: then there is no time left to
    show.
    """
    with progress_bar() as progress:
        task = progress.add_task(label, total=total)
        done, shown_at = 0, time.monotonic()
        try:
            for step in steps:
                yield step
                done += 1
                now = time.monotonic()
                if now - shown_at >= _SHOWN_SECONDS:
                    progress.advance(task, done)
                    done, shown_at = 0, now
        finally:
            progress.advance(task, done)
