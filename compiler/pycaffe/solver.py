"""caffe.SGDSolver and the others: a solver whose nets lie open, and which steps as it is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import ClassVar

from compiler.pycaffe.layerwise import Layerwise
from compiler.pycaffe.logging import log
from compiler.pycaffe.mode import in_force
from compiler.pycaffe.net import Net
from compiler.training.plain import Plain
from netspec.solver_file import load_solver

File = str | os.PathLike[str]


class Solver:
    """The solver of a file: `net`, `test_nets`, and `iter`, the updates done. Raises SpecError.

    The class decides the update rule, whatever `type` the file has; `get_solver` asks the file.
    """

    type: ClassVar[str] = ""

    def __init__(self, solver_file: File) -> None:
        with in_force():
            self._engine = Layerwise(solver_file, self.type or None)
        self.net = self._engine.face
        self.test_nets = []
        for network in self._engine.test_nets:
            face = Net.over(network)
            face.share_with(self.net)
            self.test_nets.append(face)
        self._callbacks: list[tuple[Callable[[], object], Callable[[], object]]] = []

    @property
    def iter(self) -> int:
        return self._engine.iteration

    @property
    def lr(self) -> float:
        """The learning rate of the next update."""
        return self._engine.rate

    @property
    def param(self) -> SolverParam:
        return SolverParam(self._engine)

    def step(self, iterations: int) -> None:
        """So many iterations, with the tests, displays and snapshots that fall due."""
        engine = self._engine
        settings = engine.settings
        for _ in range(iterations):
            first = engine.iteration == 0
            if self._due(settings.test_interval) and (settings.test_initialization or not first):
                self._test()
            for start, _ in self._callbacks:
                start()
            loss, _ = engine.accumulate()
            if self._due(settings.display):
                log(f"Iteration {engine.iteration}, loss = {float(loss):g}, lr = {self.lr:g}")
            for _, ready in self._callbacks:
                ready()
            engine.apply()
            if self._due(settings.snapshot):
                self.snapshot()

    def solve(self, resume_file: File | None = None) -> None:
        """Train to max_iter, from a .solverstate where one is given."""
        if resume_file:
            self.restore(resume_file)
        with in_force():
            self._engine.solve(Plain(log))

    def apply_update(self) -> None:
        """Update the parameters from their diffs."""
        self._engine.apply()

    def snapshot(self) -> None:
        """Write weights and state under snapshot_prefix."""
        with in_force():
            self._engine.snapshot()

    def restore(self, state: File) -> None:
        """Go on from a .solverstate or .solverstate.h5, ours or Caffe's."""
        with in_force():
            self._engine.restore(state)

    def add_callback(
        self, on_start: Callable[[], object], on_gradients_ready: Callable[[], object]
    ) -> None:
        """Call the first before each iteration of `step`, the second before its update."""
        self._callbacks.append((on_start, on_gradients_ready))

    def share_weights(self, net: Net) -> None:
        """Let a net have the parameters of this solver's."""
        net.share_with(self.net)

    def _due(self, interval: int) -> bool:
        return interval > 0 and self._engine.iteration % interval == 0

    def _test(self) -> None:
        engine = self._engine
        for i in range(len(engine.test_nets)):
            with in_force():
                scores = engine.test(i)
            for name, values in scores.outputs.items() if scores else ():
                for value in values:
                    log(f"Iteration {engine.iteration}, test net #{i}: {name} = {value:g}")


class SolverParam:
    """The settings of a solver that scripts look at; base_lr may be changed."""

    def __init__(self, engine: Layerwise) -> None:
        self._engine = engine

    @property
    def max_iter(self) -> int:
        return self._engine.settings.max_iter or 0

    @property
    def display(self) -> int:
        return self._engine.settings.display

    @property
    def base_lr(self) -> float:
        return self._engine.settings.base_lr or 0.0

    @base_lr.setter
    def base_lr(self, rate: float) -> None:
        self._engine.change(base_lr=rate)


class SGDSolver(Solver):
    """Stochastic gradient descent with momentum."""

    type = "SGD"


class NesterovSolver(SGDSolver):
    """Nesterov's accelerated gradient."""

    type = "Nesterov"


class AdaGradSolver(SGDSolver):
    """AdaGrad (Duchi et al. 2011)."""

    type = "AdaGrad"


class RMSPropSolver(SGDSolver):
    """RMSProp (Tieleman and Hinton 2012)."""

    type = "RMSProp"


class AdaDeltaSolver(SGDSolver):
    """AdaDelta (Zeiler 2012)."""

    type = "AdaDelta"


class AdamSolver(SGDSolver):
    """Adam (Kingma and Ba 2015)."""

    type = "Adam"


SOLVERS = {
    kind.type: kind
    for kind in (
        SGDSolver,
        NesterovSolver,
        AdaGradSolver,
        RMSPropSolver,
        AdaDeltaSolver,
        AdamSolver,
    )
}


def get_solver(solver_file: File) -> Solver:
    """The solver of the type that its file names."""
    with in_force():
        kind = load_solver(solver_file).parameter.type
    return SOLVERS[kind](solver_file)
