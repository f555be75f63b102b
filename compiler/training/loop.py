"""The training loop, told as events (Solver::Solve and Solver::Step, solver.cpp)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from compiler.training.besides import sources
from compiler.training.evaluate import elements, evaluate, loss_of
from compiler.training.events import (
    Displayed,
    Ended,
    Event,
    Snapshotted,
    Started,
    Stepped,
    Tested,
    Testing,
    Watcher,
)
from compiler.training.interrupt import Interrupt
from compiler.training.ready import require_finite_loss, require_finite_weights, require_ready

if TYPE_CHECKING:
    from compiler.training.solver import Solver

LOOK_EVERY = 100  # iterations between looks at the losses of a GPU, which has to wait for that


def train(solver: Solver, watchers: Sequence[Watcher], iterations: int | None) -> bool:
    """Train until max_iter, or for so many iterations; returns whether the end was reached."""
    require_ready(solver)
    last = solver.settings.max_iter or 0
    if iterations is not None:
        last = min(last, solver.iteration + iterations)
    with Interrupt() as interrupt:
        return _Loop(solver, watchers, interrupt, last).run()


class _Loop:
    def __init__(
        self, solver: Solver, watchers: Sequence[Watcher], interrupt: Interrupt, last: int
    ) -> None:
        self.solver, self.settings = solver, solver.settings
        self.watchers, self.interrupt, self.last = watchers, interrupt, last
        self.kept = ""  # the latest snapshot of this run
        self.displayed_at, self.displayed = time.perf_counter(), solver.iteration

    def tell(self, event: Event) -> None:
        for watcher in self.watchers:
            watcher(event)

    def run(self) -> bool:
        solver = self.solver
        self.tell(_started(solver, self.last))
        while solver.iteration < self.last and not self.interrupt.stop:
            if self._due(self.settings.test_interval) and (
                solver.iteration > 0 or self.settings.test_initialization
            ):
                self._test_all()
                if self.interrupt.stop:
                    break
            self._iterate()
        self._finish()
        return not self.interrupt.stop

    def _due(self, interval: int) -> bool:
        return interval > 0 and self.solver.iteration % interval == 0

    def _iterate(self) -> None:
        solver = self.solver
        loss, blobs = solver.accumulate()
        display = self._due(self.settings.display)
        if display or solver.device.type == "cpu" or solver.iteration % LOOK_EVERY == 0:
            require_finite_loss(solver, self.kept)
        if display:
            self._display(solver.rate, blobs)
        solver.apply()
        self.tell(Stepped(solver.iteration, loss))
        if self._due(self.settings.snapshot) or self.interrupt.take_snapshot():
            self._snapshot()

    def _display(self, rate: float | None, blobs: dict[str, torch.Tensor]) -> None:
        solver, spec = self.solver, self.solver.net.spec
        loss = solver.losses.mean()
        outputs = {name: elements(blobs[name]) for name in spec.outputs}
        now = time.perf_counter()
        seconds, iterations = now - self.displayed_at, solver.iteration - self.displayed
        self.displayed_at, self.displayed = now, solver.iteration
        self.tell(
            Displayed(
                solver.iteration,
                loss,
                rate,
                outputs,
                dict(spec.loss_weights),
                seconds,
                iterations,
                self.settings.display,
            )
        )

    def _test_all(self) -> None:
        for i, (net, batches) in enumerate(zip(self.solver.test_nets, self.settings.test_iter)):
            self.tell(Testing(self.solver.iteration, i))
            scores = evaluate(net, batches, stop=lambda: self.interrupt.stop)
            with_loss = self.settings.test_compute_loss
            self.tell(Tested(self.solver.iteration, i, scores, with_loss))
            if self.interrupt.stop:
                return

    def _snapshot(self) -> None:
        require_finite_loss(self.solver, self.kept)
        require_finite_weights(self.solver, self.kept)
        weights, state = self.solver.snapshot()
        self.kept = str(state)
        self.tell(Snapshotted(self.solver.iteration, str(weights), str(state)))

    def _finish(self) -> None:
        """The last snapshot and, where the end was reached, the last display and test."""
        solver = self.solver
        wanted = self.settings.snapshot_after_train or self.interrupt.stop
        if wanted and solver.kept != solver.iteration:
            self._snapshot()
        if not self.interrupt.stop:
            if self._due(self.settings.display):
                with torch.no_grad():
                    blobs = solver.net()
                    solver.losses.add(loss_of(blobs, solver.net.spec.loss_weights))
                self._display(None, blobs)
            if self._due(self.settings.test_interval):
                self._test_all()
        self.tell(Ended(solver.iteration, self.interrupt.stop))


def _started(solver: Solver, last: int) -> Started:
    shapes = [n.shapes[0] for n in solver.net.spec.nodes if n.name in sources(solver.net)]
    images = shapes[0][0] * solver.settings.iter_size if shapes and shapes[0] else 0
    return Started(
        solver.iteration,
        last,
        solver.net.spec.name,
        str(solver.file.path),
        solver.settings.lr_policy,
        images,
    )
