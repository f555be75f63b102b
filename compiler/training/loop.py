"""The training loop, told as events (Solver::Solve and Solver::Step, solver.cpp)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from compiler.training.besides import sources
from compiler.training.diverged import (
    last_good,
    require_finite_loss,
    require_finite_weights,
    saturated,
)
from compiler.training.evaluate import Scores, elements, loss_of
from compiler.training.events import (
    Displayed,
    Ended,
    Event,
    Noted,
    Snapshotted,
    Started,
    Stepped,
    Tested,
    Testing,
    Watcher,
)
from compiler.training.interrupt import Interrupt
from compiler.training.ready import require_ready
from netspec.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from compiler.training.solver import Solver

LOOK_EVERY = 100  # iterations between looks at the losses of a GPU, which has to wait for that


def train(solver: Solver, watchers: Sequence[Watcher], iterations: int | None) -> bool:
    """Train until max_iter, or for so many iterations; returns whether the end was reached."""
    with solver.group.together():
        require_ready(solver)
    last = solver.settings.max_iter or 0
    if iterations is not None:
        last = min(last, solver.iteration + iterations)
    with Interrupt(solver.group) as interrupt:
        return _Loop(solver, watchers, interrupt, last).run()


class _Loop:
    def __init__(
        self, solver: Solver, watchers: Sequence[Watcher], interrupt: Interrupt, last: int
    ) -> None:
        self.solver, self.settings = solver, solver.settings
        self.watchers = watchers if solver.group.first else ()
        self.interrupt, self.last = interrupt, last
        self.displayed_at, self.displayed = time.perf_counter(), solver.iteration
        self.waited = solver.waited
        self.noted: set[str] = set()

    def run(self) -> bool:
        solver = self.solver
        self.tell(_started(solver, self.last))
        if solver.iteration >= self.last:
            self.note(f"nothing is left to train: max_iter is {self.settings.max_iter}")
        elif self.ended and solver.monitor is not None:
            self.note(f"{solver.monitor.told}: training ended early")
        while self.going:
            at_start = solver.iteration == 0 and not self.settings.test_initialization
            if self._due(self.settings.test_interval) and not at_start:
                self._test_all()
            if self.going:
                self._iterate()
        self._finish()
        return not self.interrupt.stop

    @property
    def going(self) -> bool:
        return self.solver.iteration < self.last and not self.ended

    @property
    def ended(self) -> bool:
        """Whether somebody asked it to stop, or the monitor did."""
        monitor = self.solver.monitor
        return self.interrupt.stop or (monitor is not None and monitor.stop)

    def tell(self, event: Event) -> None:
        for watcher in self.watchers:
            watcher(event)

    def note(self, text: str) -> None:
        """Say something, once."""
        if text not in self.noted:
            self.noted.add(text)
            self.tell(Noted(self.solver.iteration, text))

    def _due(self, interval: int) -> bool:
        return interval > 0 and self.solver.iteration % interval == 0

    def _iterate(self) -> None:
        solver = self.solver
        loss, blobs = solver.accumulate()
        display = self._due(self.settings.display)
        if display or solver.device.type == "cpu" or solver.iteration % LOOK_EVERY == 0:
            require_finite_loss(solver)
        if display:
            self._display(solver.rate, blobs)
        self._apply()
        self.tell(Stepped(solver.iteration, loss, solver.waited))
        self.interrupt.agree()
        if self._due(self.settings.snapshot) or self.interrupt.take_snapshot():
            self._snapshot()

    def _apply(self) -> None:
        solver, iteration, step = self.solver, self.solver.iteration, self.solver.current_step
        rate = solver.rate
        if not solver.apply():
            self.note("the gradients overflowed: updates are left out until the scale fits")
        if self.settings.lr_policy == "multistep" and solver.current_step > step:
            caffe = f"MultiStep Status: Iteration {iteration}, step = {solver.current_step}"
            self.tell(Noted(iteration, f"the learning rate is {rate:g} from here on", caffe))

    def _display(self, rate: float | None, blobs: dict[str, Tensor]) -> None:
        solver, spec = self.solver, self.solver.net.spec
        loss = solver.losses.mean()
        outputs = {name: elements(blobs[name]) for name in spec.outputs}
        now = time.perf_counter()
        seconds, iterations = now - self.displayed_at, solver.iteration - self.displayed
        self.displayed_at, self.displayed = now, solver.iteration
        waited, self.waited = solver.waited - self.waited, solver.waited
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
                waited,
                self._skipped(),
            )
        )
        if text := saturated(outputs, spec.loss_weights):
            self.note(text)

    def _test_all(self) -> None:
        solver = self.solver
        for i in range(len(solver.test_nets)):
            self.tell(Testing(solver.iteration, i))
            scores = solver.test(i, stop=lambda: self.interrupt.noted)
            self.tell(Tested(solver.iteration, i, scores, self.settings.test_compute_loss))
            if scores is None:
                self.interrupt.agree()
                return
            if i == 0 and solver.monitor is not None:
                self._observe(scores)

    def _observe(self, scores: Scores) -> None:
        """Let the monitor see a test: it lowers the rate, or ends the training."""
        solver, monitor = self.solver, self.solver.monitor
        assert monitor is not None
        lower = monitor.observe(scores, solver.iteration)
        solver.current_step += lower
        if monitor.stop:
            self.note(f"{monitor.told}: training ends early")
        elif lower:
            self.note(f"{monitor.told}: the learning rate is {solver.rate:g} from here on")

    def _snapshot(self) -> None:
        solver = self.solver
        require_finite_loss(solver)
        with solver.group.together():
            require_finite_weights(solver)
        try:
            weights, state = solver.snapshot()
        except SpecError as error:
            raise (_unwritten(solver, error) if error.diagnostics else error) from None
        self.tell(Snapshotted(solver.iteration, str(weights), str(state)))

    def _finish(self) -> None:
        """The last snapshot and, where max_iter was reached, the last display and test."""
        solver = self.solver
        after = self.settings.snapshot_after_train and not self._due(self.settings.snapshot)
        if (after or self.interrupt.stop) and solver.kept != solver.iteration:
            self._snapshot()
        if not self.ended:
            if self._due(self.settings.display):
                with torch.no_grad(), solver.arithmetic.forward():
                    blobs = solver.net()
                    loss = loss_of(blobs, solver.net.spec.loss_weights)
                    solver.losses.add(solver.group.mean(loss))
                self._display(None, blobs)
            if self._due(self.settings.test_interval):
                self._test_all()
        self.tell(Ended(solver.iteration, self.interrupt.stop, self._skipped()))

    def _skipped(self) -> int:
        """Records that could not be read so far, of all processes."""
        return sum(self.solver.group.gather(self.solver.skipped))


def _unwritten(solver: Solver, error: SpecError) -> SpecError:
    why = error.diagnostics[0]
    message = f"the snapshot of iteration {solver.iteration} is not written: {why.message}"
    place = solver.file.span("snapshot_prefix")
    return SpecError(Diagnostic("C226", message, place, why.help, last_good(solver)))


def _started(solver: Solver, last: int) -> Started:
    reading = sources(solver.net)
    shapes = [n.shapes[0] for n in solver.net.spec.nodes if n.name in reading]
    images = shapes[0][0] * solver.settings.iter_size if shapes and shapes[0] else 0
    return Started(
        solver.iteration,
        last,
        solver.net.spec.name,
        str(solver.file.path),
        solver.settings.lr_policy,
        images * solver.group.world,
        max((source.records for source in reading.values()), default=0),
    )
