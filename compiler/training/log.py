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
from compiler.training.growing import Growing


class Log:
    """A watcher that writes each line in one piece. Raises SpecError C107 where it cannot begin."""

    def __init__(self, path: Path) -> None:
        self.path, self.file = path, Growing(path, "--log")

    def __call__(self, event: Event) -> None:
        entry = record(event)
        if entry is None:
            return
        line = json.dumps({**entry, "time": round(time.time(), 3)}, allow_nan=False) + "\n"
        if isinstance(event, Started):
            self.file.begin(("\n" * self._is_cut_off() + line).encode())
        else:
            self.file.add(line.encode())
        if isinstance(event, Ended):
            self.file.end()

    def _is_cut_off(self) -> bool:
        """Whether the last line has no end: a run before was stopped while it wrote it."""
        if not self.path.is_file() or not self.path.stat().st_size:
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
                "skipped": event.skipped,
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
            return {
                "event": "end",
                "iteration": event.iteration,
                "interrupted": event.interrupted,
                "skipped": event.skipped,
            }
    return None


def _number(value: float) -> float | None:
    """JSON has no infinity and no NaN."""
    return value if math.isfinite(value) else None


def _numbers(outputs: dict[str, list[float]]) -> dict[str, list[float | None]]:
    return {name: [_number(v) for v in values] for name, values in outputs.items()}
