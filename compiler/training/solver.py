"""The solver: a net, its test nets and an update rule, as a solver file describes them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from compiler.distributed.gradients import Averaging
from compiler.distributed.group import ALONE, Group
from compiler.training.average import Average
from compiler.training.besides import Besides, bring_back, keep, sources
from compiler.training.evaluate import Scores, loss_of
from compiler.training.events import Watcher
from compiler.training.learnable import learnables
from compiler.training.learning_rate import learning_rate
from compiler.training.loop import train
from compiler.training.losses import Losses
from compiler.training.memory import in_memory
from compiler.training.monitor import make_monitor
from compiler.training.nets import choose_device, make_test_nets, make_train_net
from compiler.training.optimizer import Optimizer
from compiler.training.precision import Arithmetic
from compiler.training.prepared import prepare
from compiler.training.resume import Kept, Resumed, resume
from compiler.training.snapshot import read_snapshot, write_snapshot
from compiler.training.solverstate import SolverState
from compiler.training.together import begin, evaluate_together, spread
from compiler.weights.load import load_weights
from netspec.schema.solver import SolverMode
from netspec.solver_file import load_solver


class Solver:
    """Trains the net of a solver file, as Caffe does.

    `device` is "cpu", "cuda" or "cuda:1"; left out, solver_mode decides, with the CPU where there
    is no GPU. `weights` names files to start from, with commas between, in place of the solver
    file's. Where random_seed is given, torch's generators are seeded with it. `group` are the
    processes that train together, each with the GPU of its number. `level` and `stages` change the
    train net's state, after train_state has. `channels_last` holds on a CPU where the solver file
    does not say: it is faster, and blobs are not contiguous. Raises SpecError.
    """

    watched: Callable[[], AbstractContextManager[object]] = nullcontext
    """Entered around the passes of every batch, and around the update: the place of debug_info."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        device: str | None = None,
        weights: str | os.PathLike[str] | None = None,
        group: Group = ALONE,
        level: int | None = None,
        stages: Sequence[str] = (),
        channels_last: bool = False,
    ) -> None:
        self.group = group
        if group.world > 1:  # the order of the records is one for all
            torch.manual_seed(group.share(torch.initial_seed()))
        with group.together():
            self.file = load_solver(path).in_state(level, stages)
            self.file.refuse_uncomputed()
            self.settings = said = self.file.parameter
            on_gpu = said.solver_mode is SolverMode.GPU
            gpu = said.device_id if group.world == 1 else group.local
            if device == "cuda" and group.world > 1:
                device = f"cuda:{gpu}"
            self.device = choose_device(device, gpu if on_gpu else None)
            self.notes = tuple(self._without_gpu()) if device is None else ()
            if said.random_seed >= 0:
                torch.manual_seed(said.random_seed)
            self.net = make_train_net(self.file, self.device, channels_last)
            self.sources = tuple(sources(self.net).values())
            self.test_nets = make_test_nets(self.file, self.net, self.device)
            self.arithmetic = Arithmetic(said.precision, self.device)
            for net in (self.net, *self.test_nets):
                self.arithmetic.prepare(net)
            self.forward = prepare(self.net, self.file, self.device)
            parameters = learnables(self.net)
            self.optimizer = Optimizer(parameters, said)
            self.monitor = make_monitor(self.file, [net.spec for net in self.test_nets])
            self.iteration = 0  # updates done so far
            self.current_step = 0  # of the learning rate's policy
            self.kept: int | None = None  # the iteration of the latest snapshot, written or read
            self.kept_in: Path | None = None  # and its state
            self.losses = Losses(said.average_loss)
            self.loaded = []  # what was loaded into the train net, as reports
            for file in [weights] if weights is not None else self._own_weights():
                for net in self.test_nets:  # they may have layers of their own
                    load_weights(net, file)
                self.loaded.append(load_weights(self.net, file))
            self.average = Average(self.net, parameters, said.ema_decay) if said.ema_decay else None
        self.averaging = Averaging(self.optimizer.learned, group, said.layer_wise_reduce)
        begin(self)

    @property
    def waited(self) -> float:
        """Seconds so far in which the train net waited for its data."""
        return sum(source.waited for source in self.sources)

    @property
    def skipped(self) -> int:
        """How many times so far a record could not be read, and was passed over."""
        nets = (self.net, *self.test_nets)
        return sum(s.skipped.count for net in nets for s in sources(net).values())

    def step(self, *args: Any, **inputs: Any) -> Tensor:
        """One iteration on a batch given by hand, or on the next batches of the net's own data.

        With iter_size, a given batch is used for every sub-iteration. Returns the loss before the
        update, a tensor without axes.
        """
        loss, _ = self.accumulate(*args, **inputs)
        self.apply()
        return loss

    def accumulate(self, *args: Any, **inputs: Any) -> tuple[Tensor, dict[str, Tensor]]:
        """Sum the gradients of iter_size batches; returns the mean loss and the last blobs.

        Raises SpecError C217 where the memory does not do.
        """
        self.optimizer.clear_gradients()
        args = tuple(self._here(value) for value in args)
        inputs = {name: self._here(value) for name, value in inputs.items()}
        losses = []
        for i in range(self.settings.iter_size):
            if i == self.settings.iter_size - 1:
                self.averaging.begin()
            with in_memory(self.net.spec.name), self.watched():
                with self.arithmetic.forward():
                    blobs = self.forward(*args, **inputs)
                    loss = loss_of(blobs, self.net.spec.loss_weights)
                if loss.requires_grad:
                    self.arithmetic.backward(loss)
            losses.append(loss.detach())
        self.averaging.finish()
        mean = self.group.mean(torch.stack(losses).mean() if len(losses) > 1 else losses[0])
        self.losses.add(mean)
        return mean, blobs

    def apply(self) -> bool:
        """Update the parameters from the gradients; False where those overflowed (FP16 only)."""
        rate, self.current_step = self._rate_and_step()
        with self.watched():
            done = self.arithmetic.step(self.optimizer, rate, self.iteration)
        self.iteration += 1
        if self.average is not None:
            self.average.update(self.iteration)
        return done

    @property
    def rate(self) -> float:
        """The learning rate of the next update."""
        return self._rate_and_step()[0]

    def test(self, number: int = 0, stop: Callable[[], bool] = lambda: False) -> Scores | None:
        """The scores of a test net over its test_iter batches, with the averaged weights if any.

        None where `stop`, which is asked between batches, said so; the data are then where they
        were before.
        """
        averaged = self.average.in_place() if self.average is not None else nullcontext()
        self.group.spread([p.values for p in self.optimizer.parameters if not p.lr_mult])
        net, batches = self.test_nets[number], self.settings.test_iter[number]
        before = [(source, source.state) for source in sources(net).values()]
        with averaged, self.arithmetic.forward():
            scores = evaluate_together(self.group, net, batches, stop)
        if scores is None:
            for source, state in before:
                source.restore(state)
        return scores

    def solve(self, *watchers: Watcher, iterations: int | None = None) -> bool:
        """Train to max_iter on the net's own data, with Caffe's tests, displays and snapshots.

        `watchers` are told every event; `iterations` is a nearer end. SIGINT and SIGTERM end it
        after the iteration, with a snapshot. Returns whether the end was reached. Raises SpecError.
        """
        return train(self, watchers, iterations)

    def snapshot(self) -> tuple[Path, Path]:
        """Write weights and state under snapshot_prefix; returns their paths. Raises SpecError."""
        generators, positions = keep([self.net, *self.test_nets], self.device)
        besides = Besides(
            self.group.gather(generators),
            positions,
            self.losses.values(),
            self.monitor.state if self.monitor is not None else None,
            self.arithmetic.state,
        )
        state = SolverState(self.iteration, current_step=self.current_step)
        paths = self.group.lead(
            lambda: write_snapshot(
                self.file, self.net, self.optimizer, state, besides, self.average
            )
        )
        self.kept, self.kept_in = self.iteration, paths[1]
        return paths

    def restore(self, path: str | os.PathLike[str]) -> None:
        """Go on from a `.solverstate` or `.solverstate.h5`, ours or Caffe's, and its weights.

        Ours bring back the place in the data and the random numbers too: the run goes on as if it
        had never stopped. Raises SpecError, and then nothing is changed.
        """
        self._go_on(self.group.lead(lambda: self.read(Path(path))))

    def resume(self) -> Resumed:
        """Restore the last snapshot under snapshot_prefix that is whole. Raises SpecError."""
        found = self.group.lead(lambda: resume(self))
        if found.kept is not None:
            self._go_on(found.kept)
        return found

    def read(self, path: Path) -> Kept:
        """Load weights, histories and averages of a snapshot; returns the rest of it."""
        state = read_snapshot(path, self.net, self.optimizer, self.average, self.group)
        return Kept(path, state.iteration, state.current_step, state.besides)

    def _go_on(self, kept: Kept) -> None:
        """Be where the first process is, which has read a snapshot."""
        spread(self)
        self.iteration, self.current_step = kept.iteration, kept.current_step
        self.kept, self.kept_in = kept.iteration, kept.path
        if (besides := kept.besides) is not None:
            bring_back(besides, [self.net, *self.test_nets], self.device, self.group.rank)
            self.losses.restore(besides.losses, self.device)
            self.arithmetic.restore(besides.scaler)
            if self.monitor is not None:
                self.monitor.restore(besides.monitor)

    def _rate_and_step(self) -> tuple[float, int]:
        """The rate of the next update, and the policy's step then."""
        rate, step = learning_rate(self.settings, self.iteration, self.current_step)
        return rate * (self.group.world if self.settings.scale_lr else 1), step

    def _here(self, value: Any) -> Any:
        return value.to(self.device) if torch.is_tensor(value) else value

    def _without_gpu(self) -> Iterator[str]:
        """One line where the solver file asks for a GPU, and there is none."""
        written = any(self.file.tree.each("solver_mode"))  # GPU is also what is taken for granted
        wanted = written and self.settings.solver_mode is SolverMode.GPU
        if wanted and self.device.type == "cpu":
            yield f"{self.file.path}: solver_mode is GPU and none is here: training on the CPU"

    def _own_weights(self) -> Iterator[Path]:
        for i, written in enumerate(self.settings.weights):
            for file in written.split(","):
                yield self.file.find(file.strip(), "weights", i)
