"""Training on the terminal: how far it is, and under the bar what it is doing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from compiler.training.events import (
    Displayed,
    Ended,
    Event,
    Noted,
    Snapshotted,
    Started,
    Stepped,
    Tested,
)
from compiler.training.usage import most_memory

ECHO = 3  # columns left free: a terminal echoes ^C, and would go to the next line
LOOK = 0.5  # seconds between looks at the loss, for which a GPU has to wait
GAP = "   "


class Bar:
    """A watcher that draws two lines, and prints tests and snapshots above. Used as a context."""

    def __init__(self, console: Console | None = None) -> None:
        self.progress = _Lines(
            _Title(),
            BarColumn(bar_width=None),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            TimeRemainingColumn(elapsed_when_finished=True, table_column=Column(no_wrap=True)),
            console=console,
            expand=True,
        )
        self.images = 0
        self.rate = ""
        self.last: Stepped | None = None
        self._look(0, 0.0)

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
                self.rate = f"lr {event.rate:.3g}"
            case Tested():
                self._say(*_scores(event))
                self._look(event.iteration, self.waited)  # the time of tests does not count
            case Snapshotted():
                self._say(f"iteration {event.iteration:,}: snapshot {event.state}")
            case Noted():
                self._say(f"iteration {event.iteration:,}: {event.text}")
            case Ended():
                if self.last is not None:
                    self._show(self.last)
                if event.interrupted:
                    self._say(f"stopped at iteration {event.iteration:,}")

    def _start(self, event: Started) -> None:
        self.images = event.images
        self._look(event.iteration, 0.0)
        name = f"train {event.net}" if event.net else "train"
        self.task = self.progress.add_task(name, total=event.last, completed=event.iteration)

    def _step(self, event: Stepped) -> None:
        self.last = event
        seconds = time.perf_counter() - self.looked
        if seconds < LOOK and self.progress.numbers:
            self.progress.update(self.task, completed=event.iteration)
            return
        speed = (event.iteration - self.looked_at) / seconds
        self.speed = f"{speed * self.images:,.0f} images/s" if self.images else f"{speed:.3g} it/s"
        self.wait = f"data wait {(event.waited - self.waited) / seconds:.0%}"
        self._look(event.iteration, event.waited)
        self._show(event)

    def _show(self, event: Stepped) -> None:
        items = [f"loss {float(event.loss):.4f}", self.rate, self.speed, self.wait]
        if memory := most_memory(event.loss.device):
            items.append(f"{memory / 2**30:.1f} GiB")
        self.progress.numbers = [item for item in items if item]
        self.progress.update(self.task, completed=event.iteration)

    def _look(self, iteration: int, waited: float) -> None:
        self.looked, self.looked_at, self.waited = time.perf_counter(), iteration, waited

    def _say(self, *lines: str) -> None:
        for line in lines:
            self.progress.console.print(line, highlight=False, markup=False)


@dataclass(frozen=True)
class _Numbers:
    """The numbers under the bar; the last ones give way where the terminal is narrow."""

    items: Sequence[str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        shown = list(self.items)
        while len(shown) > 1 and len(GAP.join(shown)) > options.max_width:
            shown.pop()
        yield Text(GAP.join(shown), style="dim", no_wrap=True, overflow="crop")


class _Lines(Progress):
    """The bar and the numbers, with the end of their lines free."""

    numbers: Sequence[str] = ()

    def get_renderables(self) -> Iterable[RenderableType]:
        yield _Shorter(self.make_tasks_table(self.tasks))
        if self.numbers:
            yield _Shorter(_Numbers(self.numbers))


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
