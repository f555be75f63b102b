"""What the lines of any log come to, and how that becomes runs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from netspec.logs.run import Key, Run, Series


@dataclass(frozen=True)
class Began:
    """Training begins at 0, or goes on; `clock` is in seconds, nan where the log does not tell."""

    iteration: int
    net: str
    clock: float
    per_epoch: float | None = None


@dataclass(frozen=True)
class Said:
    """A number at an iteration."""

    key: Key
    iteration: int
    clock: float
    value: float
    is_loss: bool = False


Told: TypeAlias = Began | Said


def gather(told: Iterable[Told], name: str) -> list[Run]:
    """The runs of a file, each called `name`.

    A beginning at 0 is a new run. One further on continues the run before: what that had told
    from there on was lost with the time since its snapshot, and is left out.
    """
    runs: list[Run] = []
    start = math.nan  # the clock at which the run's seconds would be 0
    for each in told:
        if isinstance(each, Said):
            _add(runs[-1], each, each.clock - start)
        elif each.iteration == 0 or not runs:
            runs.append(Run(name, each.net, each.per_epoch))
            start = each.clock
        else:
            start = each.clock - _go_on(runs[-1], each.iteration)
    return [run for run in runs if run.series]


def _add(run: Run, said: Said, seconds: float) -> None:
    series = run.series.setdefault(said.key, Series(said.key, said.is_loss))
    if series.iterations and series.iterations[-1] >= said.iteration:
        series.cut(said.iteration)  # the last is what counts
    series.iterations.append(said.iteration)
    series.seconds.append(seconds)
    series.values.append(said.value)


def _go_on(run: Run, iteration: int) -> float:
    """Cut a run back to where it goes on; how many seconds it had taken until there."""
    reached = [
        seconds
        for series in run.series.values()
        for i, seconds in zip(series.iterations, series.seconds)
        if i <= iteration
    ]
    for series in run.series.values():
        series.cut(iteration)
    run.resumed = [i for i in run.resumed if i < iteration] + [iteration]
    return max(reached, default=0.0)
