"""The log of training: JSON lines, one event each, added at the end of a file.

    {"event": "train", "iteration": 100, "loss": 0.31, "lr": 0.01, "outputs": {"loss": [0.29]}, ...}
    {"event": "test", "iteration": 500, "net": 0, "loss": 0.2, "outputs": {"accuracy": [0.97], ...}}

Runs follow one another in a file; each begins with a "start" line that says at which iteration.
netspec.logs reads them.
"""

from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path
from typing import Any

from compiler.training.events import Displayed, Ended, Event, Noted, Snapshotted, Started, Tested
from netspec.diagnostics import Diagnostic, SpecError


class Log:
    """A watcher that writes each line in one piece. Raises SpecError C107 where it cannot."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, event: Event) -> None:
        entry = record(event)
        if entry is None:
            return
        line = json.dumps({**entry, "time": round(time.time(), 3)}, allow_nan=False) + "\n"
        try:
            if isinstance(event, Started):
                self.path.parent.mkdir(parents=True, exist_ok=True)
                line = "\n" * self._is_cut_off() + line
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            message = f"cannot write the log {self.path}: {error.strerror}"
            help = "give another place with --log"
            raise SpecError(Diagnostic("C107", message, None, help)) from None

    def _is_cut_off(self) -> bool:
        """Whether the last line has no end: a run before was stopped while it wrote it."""
        if not self.path.exists() or not self.path.stat().st_size:
            return False
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"


def record(event: Event) -> dict[str, Any] | None:
    """The line of an event as plain data, or None for one that is not logged."""
    match event:
        case Started():
            return {
                "event": "start",
                "iteration": event.iteration,
                "net": event.net,
                "solver": event.solver,
                "images": event.images,
                "records": event.records,
            }
        case Displayed():
            return {
                "event": "train",
                "iteration": event.iteration,
                "loss": _number(event.loss),
                "lr": event.rate,
                "outputs": _numbers(event.outputs),
                "loss_weights": event.loss_weights,
                "seconds": round(event.seconds, 6),
                "waited": round(event.waited, 6),
            }
        case Tested() if event.scores is not None:
            return {
                "event": "test",
                "iteration": event.iteration,
                "net": event.net,
                "loss": _number(event.scores.loss),
                "outputs": _numbers(event.scores.outputs),
                "loss_weights": event.scores.loss_weights,
            }
        case Snapshotted():
            return {
                "event": "snapshot",
                "iteration": event.iteration,
                "weights": event.weights,
                "state": event.state,
            }
        case Noted():
            return {"event": "note", "iteration": event.iteration, "text": event.text}
        case Ended():
            return {"event": "end", "iteration": event.iteration, "interrupted": event.interrupted}
    return None


def _number(value: float) -> float | None:
    """JSON has no infinity and no NaN."""
    return value if math.isfinite(value) else None


def _numbers(outputs: dict[str, list[float]]) -> dict[str, list[float | None]]:
    return {name: [_number(v) for v in values] for name, values in outputs.items()}
