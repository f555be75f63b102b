"""What flows through a net: the mean absolute values that Caffe prints with debug_info: true.

`with DebugInfo(net) as seen:` a forward pass and, where it is wanted, a backward pass;
`seen.report()` then has every top, every parameter and their gradients.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from compiler.network import Network, blobs, steps
from compiler.training.debug_report import DebugReport, Norms, Param, Passed
from compiler.training.learnable import learnables
from netspec.graph import Node, Value

if TYPE_CHECKING:
    from compiler.training.solver import Solver

Read = tuple[Node, int]  # a layer and which of its bottoms


class DebugInfo:
    """Hooks on every layer of a compiled net, for as long as the context lasts.

    The values are Caffe's: the sum of absolute values over the number of elements, after the layer
    has run (Net::ForwardDebugInfo), and of gradients after its backward pass (BackwardDebugInfo).
    A bottom's gradient is its reader's own share, as it is behind Caffe's Split layers; a parameter
    that several layers share has its whole gradient at each of them.
    """

    def __init__(self, net: Network) -> None:
        self.net = net
        self.data: dict[Value, Tensor] = {}
        self.diffs: dict[Value, Tensor] = {}  # of all readers together
        self.reads: dict[Read, Tensor] = {}  # of each reader by itself
        self._hooks = ExitStack()

    def __enter__(self) -> DebugInfo:
        fed = [v for n in self.net.spec.nodes if n.layer.fed for v in n.values]
        self._add(self.net.register_forward_pre_hook(partial(self._fed, fed)))
        for node, module in steps(self.net):
            if module is not None:
                self._add(module.register_forward_pre_hook(partial(self._reads, node)))
                self._add(module.register_forward_hook(partial(self._makes, node)))
        return self

    def __exit__(self, *error: object) -> None:
        self._hooks.close()

    def clear(self) -> None:
        """Forget what was seen."""
        for each in (self.data, self.diffs, self.reads):
            each.clear()

    @torch.no_grad()
    def report(self) -> DebugReport:
        """What was seen, with the parameters and their gradients as they are now."""
        kept = blobs(self.net)
        layers = tuple(
            Passed(
                node,
                _numbers([self.data.get(v) for v in node.values]),
                _numbers([self.diffs.get(v) for v in node.values]),
                _numbers([self.reads.get((node, i)) for i in range(len(node.bottoms))]),
                tuple(_params(node, kept.get(node.name, []))),
            )
            for node in self.net.spec.nodes
        )
        return DebugReport(self.net.spec, layers, _norms(self.net) if self.diffs else None)

    def _add(self, handle: torch.utils.hooks.RemovableHandle) -> None:
        self._hooks.callback(handle.remove)

    def _fed(self, values: list[Value], net: nn.Module, given: Any) -> None:
        for value, blob in zip(values, given):
            self._note(value, blob)

    def _reads(self, node: Node, module: nn.Module, bottoms: Any) -> Any:
        """Each bottom as a tensor of its own, whose gradient is this reader's alone."""
        return tuple(self._tap((node, i), blob) for i, blob in enumerate(bottoms))

    def _tap(self, read: Read, blob: Tensor) -> Tensor:
        if not (torch.is_grad_enabled() and blob.requires_grad):
            return blob
        mine = blob.view_as(blob)
        mine.register_hook(partial(_hear, self.reads, read))
        return mine

    def _makes(self, node: Node, module: nn.Module, bottoms: Any, made: Any) -> None:
        for value, blob in zip(node.values, made if isinstance(made, tuple) else (made,)):
            self._note(value, blob)

    def _note(self, value: Value, blob: Tensor) -> None:
        self.data[value] = _mean(blob)
        if blob.requires_grad:
            blob.register_hook(partial(_hear, self.diffs, value))


def _hear(heard: dict[Any, Tensor], key: Value | Read, diff: Tensor | None) -> None:
    """Note a gradient. There is None where no backward pass runs (compiler/backward.py)."""
    if diff is not None:
        heard[key] = _mean(diff)


def _mean(blob: Tensor) -> Tensor:
    """The sum of absolute values over the count (Blob::asum_data, net.cpp)."""
    return blob.detach().abs().sum(dtype=torch.float64) / blob.numel()


def _numbers(seen: list[Tensor | None]) -> tuple[float | None, ...]:
    return tuple(None if number is None else float(number) for number in seen)


def _params(node: Node, kept: list[Tensor]) -> Iterator[Param]:
    """Its parameters; a gradient where lr_mult lets one come, which without any is 0."""
    for i, (weight, blob) in enumerate(zip(node.weights, kept)):
        name = node.params[i].name if i < len(node.params) else ""
        learned = node.multipliers(i)[0] != 0
        grad = blob.grad if blob.is_leaf else None
        diff = 0.0 if grad is None else float(_mean(grad))
        yield Param(name or str(i), weight.role, float(_mean(blob)), diff if learned else None)


def _norms(net: Network) -> Norms:
    """L1 and L2 norms of all parameters together, and of their gradients (Net::Backward)."""
    kept = [p.values.detach() for p in learnables(net)]
    diffs = [p.values.grad for p in learnables(net) if p.values.grad is not None]
    found = []
    for each in (kept, diffs):
        found.append(math.fsum(float(x.abs().sum(dtype=torch.float64)) for x in each))
        found.append(math.sqrt(math.fsum(float(x.double().square().sum()) for x in each)))
    return Norms(*found)


def watch(solver: Solver, tell: Callable[[int, DebugReport], object]) -> None:
    """Report on the passes of each iteration that is displayed, as Solver::Step has it.

    Those passes are the net's own where others run what torch.compile made of it; with FP16,
    gradients are those of the scaled loss.
    """
    every = solver.settings.display

    @contextmanager
    def watched() -> Iterator[None]:
        if not every or solver.iteration % every:
            yield
            return
        compiled, solver.forward = solver.forward, solver.net
        try:
            with DebugInfo(solver.net) as seen:
                yield
        finally:
            solver.forward = compiled
        if seen.data:  # around an update there is nothing to see
            tell(solver.iteration, seen.report())

    solver.watched = watched


def watch_tests(solver: Solver, tell: Callable[[DebugReport], object]) -> None:
    """Report on every batch of every test, as Caffe does (Solver::InitTestNets)."""
    for net in solver.test_nets:
        seen = DebugInfo(net).__enter__()

        def told(*_: object, seen: DebugInfo = seen) -> None:
            tell(seen.report())
            seen.clear()

        net.register_forward_hook(told)
