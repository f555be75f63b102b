"""Training as a bar on the terminal: iterations, loss, learning rate, speed, time left."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from compiler.training.events import Displayed, Ended, Event, Snapshotted, Started, Stepped, Tested

LOOK = 0.5  # seconds between looks at the loss, for which a GPU has to wait


class Bar:
    """A watcher that draws the bar, and prints tests and snapshots above it. Used as a context."""

    def __init__(self, console: Console | None = None) -> None:
        self.progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[numbers]}", markup=False),
            TimeRemainingColumn(),
            console=console,
        )
        self.images = 0
        self.rate = ""
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
            case Ended(interrupted=True):
                self._say(f"stopped at iteration {event.iteration:,}")

    def _start(self, event: Started) -> None:
        self.images = event.images
        self._look(event.iteration)
        name = f"train {event.net}" if event.net else "train"
        self.task = self.progress.add_task(
            name, total=event.last, completed=event.iteration, numbers=""
        )

    def _step(self, event: Stepped) -> None:
        if time.perf_counter() - self.looked < LOOK:
            self.progress.update(self.task, completed=event.iteration)
            return
        loss = float(event.loss)
        speed = (event.iteration - self.looked_at) / (time.perf_counter() - self.looked)
        images = f"{speed * self.images:,.0f} images/s" if self.images else f"{speed:.3g} it/s"
        self._look(event.iteration)
        numbers = f"loss {loss:.4f}  {self.rate}{images}"
        self.progress.update(self.task, completed=event.iteration, numbers=numbers)

    def _look(self, iteration: int) -> None:
        self.looked, self.looked_at = time.perf_counter(), iteration

    def _say(self, *lines: str) -> None:
        for line in lines:
            self.progress.console.print(line, highlight=False, markup=False)


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
