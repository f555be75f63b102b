"""A test output that is watched: lr_policy plateau lowers the rate by it, early_stop ends by it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from compiler.training.evaluate import Scores
from netspec.graph import Graph
from netspec.schema.solver import SolverParameter
from netspec.schema.solver_beyond import Aim
from netspec.solver_file import SolverFile


class Monitor:
    """Counts the tests without improvement. `since` counts from the best one; `waited` too, or
    from the last time that the rate was lowered.
    """

    def __init__(self, said: SolverParameter, graph: Graph) -> None:
        self.name, self.least = said.monitor, said.monitor_min_delta
        self.patience = said.plateau_patience if said.lr_policy == "plateau" else 0
        self.early_stop = said.early_stop
        counts = not said.monitor or said.monitor in graph.loss_weights
        self.aim = said.monitor_aim or (Aim.MIN if counts else Aim.MAX)
        self.best: float | None = None
        self.at = -1  # the iteration of the test that was seen last
        self.since = self.waited = 0

    def observe(self, scores: Scores, iteration: int) -> bool:
        """Look at a test; returns whether the rate is to be lowered now.

        A test that is made again, because the run stopped there, counts once.
        """
        if iteration == self.at:
            return False
        self.at = iteration
        value = scores.outputs[self.name][0] if self.name else scores.loss
        if self._improves(value):
            self.best, self.since, self.waited = value, 0, 0
            return False
        self.since, self.waited = self.since + 1, self.waited + 1
        lower = self.patience > 0 and self.waited >= self.patience
        self.waited = 0 if lower else self.waited
        return lower

    @property
    def stop(self) -> bool:
        """Whether it is time to end."""
        return self.early_stop > 0 and self.since >= self.early_stop

    @property
    def told(self) -> str:
        """What is watched and how it stands, in words."""
        best = f"{self.best:g}" if self.best is not None else "nothing"
        tests = "1 test" if self.since == 1 else f"{self.since} tests"
        return f"{self.name or 'the loss'} was best at {best}, {tests} ago"

    @property
    def state(self) -> Mapping[str, Any]:
        counts = {"at": self.at, "since": self.since, "waited": self.waited}
        return {"best": self.best, **counts}

    def restore(self, state: Mapping[str, Any] | None) -> None:
        """Go on from a `state`; from the beginning where there is none."""
        if state:
            self.best, self.at = state["best"], int(state["at"])
            self.since, self.waited = int(state["since"]), int(state["waited"])

    def _improves(self, value: float) -> bool:
        if math.isnan(value):
            return False
        if self.best is None:
            return True
        gain = self.best - value if self.aim is Aim.MIN else value - self.best
        return gain > self.least


def make_monitor(file: SolverFile, tests: Sequence[Graph]) -> Monitor | None:
    """The monitor that a solver asks for, if it does."""
    return Monitor(file.parameter, tests[0]) if file.parameter.monitors and tests else None
