"""How much memory a net takes, from the lifetimes of its blobs: to run it, and to train it.

What is counted is what PyTorch allocates when the compiled net runs: a blob is freed at its last
use, views share their bottom's memory, and in training what the backward pass reads is kept. The
libraries' own workspaces (of cuDNN, of oneDNN) and the CUDA context come on top.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from netspec.analysis.gradients import Gradients, gradients
from netspec.analysis.heap import Heap
from netspec.analysis.passes import NUMBER, work
from netspec.graph import Graph, Node, Value
from netspec.schema.work import Keeps, Work

HISTORIES = {"SGD": 1, "Nesterov": 1, "AdaGrad": 1, "RMSProp": 1, "AdaDelta": 2, "Adam": 2}
"""Numbers that a solver type remembers for each parameter."""
UPDATING = {"SGD": 1, "Nesterov": 2, "AdaGrad": 2, "RMSProp": 2, "AdaDelta": 2, "Adam": 2}
"""Numbers for each parameter that an update holds only while it runs."""


@dataclass(frozen=True)
class Memory:
    """Bytes at the moment when most is live. `whole` False: unknown layers come on top."""

    parameters: int  # statistics are with them
    activations: int  # blobs, what layers keep and hold, and the gradients of blobs
    at: str  # the layer that was running
    whole: bool
    gradients: int = 0  # of the parameters, all of them
    history: int = 0  # of the solver
    peak: int = 0  # of everything together

    def as_json(self) -> dict[str, Any]:
        return {
            "peak": self.peak,
            "parameters": self.parameters,
            "gradients": self.gradients,
            "history": self.history,
            "activations": self.activations,
            "at": self.at,
        }


def inference(graph: Graph, number: int = NUMBER) -> Memory:
    """A forward pass without gradients, with numbers of so many bytes."""
    lives = _Lives(graph, number, training=False)
    parameters = number * _count(graph)
    lives.forward(Gradients(frozenset(), frozenset()))
    heap = lives.heap
    return Memory(parameters, heap.peak, str(heap.at), lives.whole, peak=parameters + heap.peak)


def training(graph: Graph, solver: str = "SGD", number: int = NUMBER) -> Memory:
    """A training step: forward, backward, and the solver's update.

    The peak lies where blobs and gradients together are largest, or in the update.
    """
    flows = gradients(graph)
    lives = _Lives(graph, number, training=True)
    parameters = number * _count(graph)
    learned = number * sum(_owned(graph, flows).values())
    history = HISTORIES[solver] * number * _count(graph, learned=True)
    lives.forward(flows)
    lives.backward(flows)
    heap = lives.heap
    activations = heap.peak
    heap.doing = "the update"
    heap.borrow(UPDATING[solver] * learned)
    peak = parameters + history + heap.peak
    return Memory(parameters, activations, str(heap.at), lives.whole, learned, history, peak)


class _Lives:
    """A net's blobs as a training step makes them, holds them and lets them go."""

    def __init__(self, graph: Graph, number: int, training: bool) -> None:
        self.graph, self.number, self.heap = graph, number, Heap()
        self.work = {n: work(n, training) for n in graph.nodes}
        self.whole = all(found is not None for found in self.work.values())
        self.memory = _memory(graph, self.work)
        self.kept: dict[Node, list[Any]] = {}

    def forward(self, flows: Gradients) -> None:
        """Run every layer; a blob is let go after its last use, unless a backward pass reads it."""
        ending = self._last_uses()
        for node in self.graph.nodes:
            done = self.work[node] or Work(0)
            self.heap.doing = node.name
            for value in node.values:
                self.heap.hold(self.memory[value], self._size(value))
            keeps = flows.through(node)
            held = max(done.scratch, done.kept) if keeps else done.scratch
            self.heap.borrow(self.number * held + done.marks)
            if keeps:
                self._keep(node, done)
            for value in ending.get(node, ()):
                self.heap.release(self.memory[value])

    def backward(self, flows: Gradients) -> None:
        """Run every layer back, the last one first; what it kept is let go, gradients appear."""
        owned, share = _owned(self.graph, flows), _Gradients(self)
        for value in self.graph.blobs.values():
            if value in flows.values and not self.graph.uses[value]:
                share.give(value, self._size(value))
        for node in reversed(self.graph.nodes):
            if not flows.through(node):
                continue
            done = self.work[node] or Work(0)
            self.heap.doing = f"{node.name}, backward"
            tops = [v for v in node.values if v in flows.values]
            for i in flows.weights(node):
                owner = self.graph.owners.get((node.name, i), (node.name, i))
                if owner in owned:
                    self.heap.hold(("gradient", owner), self.number * owned.pop(owner))
            for bottom in flows.bottoms(node):
                if done.passes and tops:
                    share.pass_on(tops[0], bottom)
                else:
                    share.give(bottom, self._size(bottom))
            for value in tops:
                share.drop(value)
            for block in self.kept.pop(node, ()):
                self.heap.release(block)

    def _keep(self, node: Node, done: Work) -> None:
        kept = [b for b in node.bottoms if Keeps.BOTTOMS in done.keeps]
        kept += [v for v in node.values if Keeps.TOPS in done.keeps]
        blocks: list[Any] = [self.memory[v] for v in kept]
        own = self.number * done.kept + done.marks
        self.kept[node] = [*blocks, ("kept", node)]
        for block in blocks:
            self.heap.hold(block)
        self.heap.hold(("kept", node), own)

    def _last_uses(self) -> dict[Node, list[Value]]:
        """After which layer each value is let go: its last reader; what is returned stays."""
        returned = {self.graph.blobs[blob] for blob in self.graph.outputs}
        ending: dict[Node, list[Value]] = {}
        for node in self.graph.nodes:
            for value in node.values:
                if node.layer.fed or value in returned:
                    continue  # the caller holds it
                readers = self.graph.uses[value]
                ending.setdefault(readers[-1][0] if readers else node, []).append(value)
        return ending

    def _size(self, value: Value) -> int:
        return self.number * math.prod(value.shape) if value.node.sized else 0


class _Gradients:
    """Gradients of values, some of which share memory."""

    def __init__(self, lives: _Lives) -> None:
        self.heap, self.blocks = lives.heap, dict[Value, Any]()
        self.size = lives._size
        self.made = 0

    def give(self, value: Value, size: int) -> None:
        """A gradient of its own, added to the one that is there already."""
        if value in self.blocks:
            self.heap.borrow(size)
            return
        self.made += 1
        self.blocks[value] = ("of", self.made)
        self.heap.hold(self.blocks[value], size)

    def pass_on(self, top: Value, bottom: Value) -> None:
        """The top's gradient is the bottom's."""
        if bottom in self.blocks:  # the sum needs memory of its own, the parts may be shared
            self.made += 1
            old, self.blocks[bottom] = self.blocks[bottom], ("of", self.made)
            self.heap.hold(self.blocks[bottom], self.size(bottom))
            self.heap.release(old)
        else:
            self.blocks[bottom] = self.blocks[top]
            self.heap.hold(self.blocks[bottom])

    def drop(self, value: Value) -> None:
        if value in self.blocks:
            self.heap.release(self.blocks.pop(value))


def _memory(graph: Graph, done: dict[Node, Work | None]) -> dict[Value, Value]:
    """Whose memory each value is: its own, or the value's that it is a view of."""
    found: dict[Value, Value] = {}
    for node in graph.nodes:
        said = done[node]
        for value in node.values:
            shared = said is not None and said.view and node.bottoms
            found[value] = found[node.bottoms[0]] if shared else value
    return found


def _owned(graph: Graph, flows: Gradients) -> dict[tuple[str, int], int]:
    """The elements of each parameter that gets a gradient, by its owner."""
    return {
        graph.owners.get((node.name, i), (node.name, i)): math.prod(node.weights[i].shape)
        for node, i in sorted(flows.learned, key=lambda pair: (pair[0].name, pair[1]))
    }


def _count(graph: Graph, learned: bool = False) -> int:
    return sum(
        math.prod(weight.shape)
        for node in graph.nodes
        for i, weight in enumerate(node.weights)
        if (node.name, i) not in graph.owners and (weight.learned or not learned)
    )


__all__ = ["HISTORIES", "UPDATING", "Memory", "inference", "training"]
