"""Training as a bar on the terminal: iterations, loss, learning rate, speed, time left."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text
from torch import Tensor

from compiler.training.events import Displayed, Ended, Event, Snapshotted, Started, Stepped, Tested

NARROW = 80  # columns that the speed needs beside the rest
ECHO = 3  # columns left free: a terminal echoes ^C, and would go to the next line
LOOK = 0.5  # seconds between looks at the loss, for which a GPU has to wait


class Bar:
    """A watcher that draws the bar, and prints tests and snapshots above it. Used as a context."""

    def __init__(self, console: Console | None = None) -> None:
        self.progress = _Line(
            _Title(),
            BarColumn(),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            TextColumn("{task.fields[numbers]}", markup=False),
            TimeRemainingColumn(table_column=Column(no_wrap=True)),
            console=console,
        )
        self.images = 0
        self.rate = self.speed = ""
        self.loss: Tensor | None = None
        self._look(0)

    def __enter__(self) -> Bar:
        self.progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.progress.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case Started():
                self._start(event)
            case Stepped():
                self._step(event)
            case Displayed(rate=float()):
                self.rate = f"lr {event.rate:.3g}  "
            case Tested():
                self._say(*_scores(event))
                self._look(event.iteration)  # the time of tests does not count
            case Snapshotted():
                self._say(f"iteration {event.iteration:,}: snapshot {event.state}")
            case Ended():
                if self.loss is not None:
                    self._show(event.iteration, self.loss)
                if event.interrupted:
                    self._say(f"stopped at iteration {event.iteration:,}")

    def _start(self, event: Started) -> None:
        self.images = event.images
        self._look(event.iteration)
        name = f"train {event.net}" if event.net else "train"
        self.task = self.progress.add_task(
            name, total=event.last, completed=event.iteration, numbers=""
        )

    def _step(self, event: Stepped) -> None:
        self.loss = event.loss
        seconds = time.perf_counter() - self.looked
        if seconds < LOOK and self.speed:
            self.progress.update(self.task, completed=event.iteration)
            return
        speed = (event.iteration - self.looked_at) / seconds
        self.speed = f"{speed * self.images:,.0f} images/s" if self.images else f"{speed:.3g} it/s"
        self._look(event.iteration)
        self._show(event.iteration, event.loss)

    def _show(self, iteration: int, loss: Tensor) -> None:
        speed = self.speed if self.progress.console.width >= NARROW else ""
        numbers = f"loss {float(loss):.4f}  {self.rate}{speed}".rstrip()
        self.progress.update(self.task, completed=iteration, numbers=numbers)

    def _look(self, iteration: int) -> None:
        self.looked, self.looked_at = time.perf_counter(), iteration

    def _say(self, *lines: str) -> None:
        for line in lines:
            self.progress.console.print(line, highlight=False, markup=False)


class _Line(Progress):
    """A progress bar that leaves the end of its line free."""

    def get_renderables(self) -> Iterable[RenderableType]:
        yield _Shorter(self.make_tasks_table(self.tasks))


@dataclass(frozen=True)
class _Shorter:
    whole: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from console.render(self.whole, options.update(max_width=options.max_width - ECHO))


class _Title(ProgressColumn):
    """The task's name, which gives way, as the bar does, to the columns that do not wrap."""

    def render(self, task: Task) -> Text:
        return Text(task.description, no_wrap=True, overflow="ellipsis")


def _scores(event: Tested) -> list[str]:
    if event.scores is None:
        return [f"iteration {event.iteration:,}: test interrupted"]
    shown = "  ".join(
        f"{name} {values[0]:.4f}"
        for name, values in event.scores.outputs.items()
        if len(values) == 1
    )
    which = f" #{event.net}" if event.net else ""
    return [f"iteration {event.iteration:,}: test{which}  {shown}"]
