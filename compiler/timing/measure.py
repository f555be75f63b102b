"""Run a net layer by layer, forward and backward, and take the time of each (`caffe time`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import torch
from torch import Tensor, nn

from compiler.network import Network, steps
from compiler.stepwise import Call
from compiler.timing.clock import Clock
from compiler.training.memory import in_memory
from netspec.graph import Graph, Node, Value

WARM_UP = 3  # iterations that are not counted: caches fill, kernels are chosen


@dataclass(frozen=True)
class LayerTime:
    """Mean milliseconds of a layer; `backward` is None where nothing goes back through it."""

    node: Node
    forward: float
    backward: float | None

    @property
    def total(self) -> float:
        return self.forward + (self.backward or 0.0)


@dataclass(frozen=True)
class Timing:
    """The layers in file order, and mean milliseconds of whole passes, loops and sums included."""

    graph: Graph
    layers: tuple[LayerTime, ...]
    forward: float
    backward: float
    iterations: int
    batch: int | None
    device: str

    @property
    def total(self) -> float:
        """Of a forward and a backward pass."""
        return self.forward + self.backward

    @property
    def items_per_second(self) -> float | None:
        """Items of the batch that are taken forward and backward in a second."""
        return 1000 * self.batch / self.total if self.batch else None

    def as_json(self) -> dict[str, Any]:
        """Plain data; times in milliseconds."""
        return {
            "name": self.graph.name,
            "phase": self.graph.phase.name,
            "device": self.device,
            "threads": torch.get_num_threads(),
            "batch": self.batch,
            "iterations": self.iterations,
            "forward_ms": self.forward,
            "backward_ms": self.backward,
            "items_per_second": self.items_per_second,
            "layers": [
                {
                    "name": layer.node.name,
                    "type": layer.node.type,
                    "block": list(layer.node.block),
                    "forward_ms": layer.forward,
                    "backward_ms": layer.backward,
                }
                for layer in self.layers
            ],
        }


def time_net(
    net: Network,
    iterations: int = 50,
    warm_up: int = WARM_UP,
    watch: Callable[[int], object] = lambda done: None,
) -> Timing:
    """The times of a net on the device that it is on, in the mode (train or eval) that it is in.

    What the net is fed is drawn between 0 and 1, where a label is class 0; data layers read their
    data. Gradients go where training would send them, from every loss, or from every output where
    there is none. `watch` is told of every iteration. Raises SpecError C217 where memory is short.
    """
    device = next((t.device for t in (*net.parameters(), *net.buffers())), torch.device("cpu"))
    run = _Run(net, Clock(device))
    forward: list[list[float]] = []
    backward: list[list[float | None]] = []
    passes: list[tuple[float, float]] = []
    with in_memory(net.spec.name):
        for i in range(warm_up + iterations):
            times = run.once()
            if i >= warm_up:
                forward.append(times.forward)
                backward.append(times.backward)
                passes.append(times.passes)
            watch(i + 1)
    layers = [
        LayerTime(node, fmean(forth), None if back[0] is None else fmean(b or 0.0 for b in back))
        for (node, _), forth, back in zip(steps(net), zip(*forward), zip(*backward))
    ]
    whole = [fmean(each) for each in zip(*passes)]
    return Timing(
        net.spec, tuple(layers), whole[0], whole[1], iterations, net.spec.batch, str(device)
    )


@dataclass(frozen=True)
class _Times:
    forward: list[float]
    backward: list[float | None]
    passes: tuple[float, float]


class _Run:
    def __init__(self, net: Network, clock: Clock) -> None:
        self.net, self.clock = net, clock
        self.fed = {
            value: torch.rand(value.shape, device=clock.device, dtype=net.dtype)
            for node, module in steps(net)
            if module is None
            for value in node.values
        }
        self.needed: dict[Value, bool] = {}
        self.layers = [(node, module, *self._gradients(node)) for node, module in steps(net)]

    def _gradients(self, node: Node) -> tuple[list[bool], list[Tensor]]:
        """Which bottoms take a gradient, and the parameters that do (net.cpp, Net::Init)."""
        downs = node.propagate_down or (True,) * len(node.bottoms)
        needs = [self.needed[b] and down for b, down in zip(node.bottoms, downs)]
        learned = list(_learned(self.net, node))
        self.needed.update(dict.fromkeys(node.values, any(needs) or bool(learned)))
        return needs, learned

    def once(self) -> _Times:
        """A forward and a backward pass; layers that only hold what is fed take no time."""
        clock, made = self.clock, dict(self.fed)
        calls: list[Call | None] = []
        forth: list[tuple[Any, Any] | None] = []
        start = clock.mark()
        for node, module, needs, learned in self.layers:
            if module is None:
                calls.append(None)
                forth.append(None)
                continue
            before = clock.mark()
            call = Call(module, (made[b] for b in node.bottoms), needs, learned)
            forth.append((before, clock.mark()))
            made.update(zip(node.values, call.tops))
            calls.append(call)
        middle = clock.mark()
        back = list(self._backward(calls))[::-1]
        end = clock.mark()
        clock.settle()
        return _Times(
            [clock.between(*marks) if marks else 0.0 for marks in forth],
            [clock.between(*marks) if marks else None for marks in back],
            (clock.between(start, middle), clock.between(middle, end)),
        )

    def _backward(self, calls: list[Call | None]) -> Iterator[tuple[Any, Any] | None]:
        """The marks of each layer, from the last to the first."""
        diffs: dict[Value, Tensor] = {}
        ends = _ends(self.net.spec)
        for (node, _, needs, learned), call in zip(reversed(self.layers), reversed(calls)):
            if call is None or not (any(needs) or learned):
                yield None
                continue
            tops = []
            for value, top in zip(node.values, call.tops):
                weight = ends.get(value)
                diff = diffs.pop(value, None)
                if weight is not None:
                    own = torch.full_like(top, weight)
                    diff = own if diff is None else diff + own
                tops.append(diff)
            if all(diff is None for diff in tops):  # it leads to no loss
                yield None
                continue
            given = [torch.zeros_like(t) if d is None else d for t, d in zip(call.tops, tops)]
            before = self.clock.mark()
            down, _ = call.backward(given)
            yield before, self.clock.mark()
            for bottom, diff in zip(node.bottoms, down):
                if diff is not None:
                    known = diffs.get(bottom)
                    diffs[bottom] = diff if known is None else known + diff


def _learned(net: Network, node: Node) -> Iterator[Tensor]:
    for i in range(len(node.weights)):
        tensor = net.parameter(*net.spec.owners.get((node.name, i), (node.name, i)))
        if node.multipliers(i)[0] and isinstance(tensor, nn.Parameter) and tensor.requires_grad:
            yield tensor


def _ends(graph: Graph) -> dict[Value, float]:
    """Where gradients begin: losses with their weights; without any, all outputs with 1."""
    losses = {graph.blobs[blob]: weight for blob, weight in graph.loss_weights.items()}
    return losses or {graph.blobs[blob]: 1.0 for blob in graph.outputs}
