"""When the memory of a net's blobs, gradients and parameters is taken, and when it is let go."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable

from netspec.analysis.gradients import Gradients
from netspec.analysis.heap import Heap
from netspec.analysis.passes import work
from netspec.graph import Graph, Node, Value
from netspec.schema.solver_types import SolverType
from netspec.schema.work import Keeps, Work

BLOB_GRADIENTS = "blob gradients"


class Lives:
    """A net's blobs as a training step makes them, holds them and lets them go."""

    def __init__(self, graph: Graph, number: int, training: bool) -> None:
        self.graph, self.number, self.heap = graph, number, Heap()
        self.work = {n: work(n, training) for n in graph.nodes}
        self.whole = all(found is not None for found in self.work.values())
        self.memory = _memory(graph, self.work)
        self.kept: dict[Node, list[Hashable]] = {}
        self.heap.hold("parameters", number * _count(graph), "parameters")

    def remember(self, solver: SolverType) -> None:
        """The histories of all that is learned."""
        history = solver.histories * self.number * _count(self.graph, learned=True)
        self.heap.hold("history", history, "history")

    def forward(self, flows: Gradients) -> None:
        """Run every layer; a blob is let go after its last use, unless a backward pass reads it."""
        ending = self._last_uses()
        for node in self.graph.nodes:
            done = self.work[node] or Work(0)
            self.heap.doing = node.name
            for value in node.values:
                self.heap.hold(self.memory[value], self._size(value), "blobs")
            keeps = flows.through(node)
            held = max(done.scratch, done.kept) if keeps else done.scratch
            self.heap.borrow(self.number * held + done.marks, "working")
            if keeps:
                self._keep(node, done)
            for value in ending.get(node, ()):
                self.heap.release(self.memory[value])

    def backward(self, flows: Gradients) -> None:
        """Run every layer back, the last one first; what it kept is let go, gradients appear."""
        owned, share = _owned(self.graph, flows), _Gradients(self.heap, self._size)
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
                    size = self.number * owned.pop(owner)
                    self.heap.hold(("gradient", owner), size, "gradients")
            for bottom in flows.bottoms(node):
                if done.passes and tops:
                    share.pass_on(tops[0], bottom)
                else:
                    share.give(bottom, self._size(bottom))
            self.heap.borrow(self.number * done.back, "working")
            for value in tops:
                share.drop(value)
            for block in self.kept.pop(node, ()):
                self.heap.release(block)

    def update(self, flows: Gradients, solver: SolverType) -> None:
        """The solver's update of the parameters."""
        self.heap.doing = "the update"
        held = _updating(self.graph, flows, solver.working)
        self.heap.borrow(self.number * held, "working")

    def _keep(self, node: Node, done: Work) -> None:
        kept = [b for b in node.bottoms if Keeps.BOTTOMS in done.keeps]
        kept += [v for v in node.values if Keeps.TOPS in done.keeps]
        blocks: list[Hashable] = [self.memory[v] for v in kept]
        own = self.number * done.kept + done.marks
        self.kept[node] = [*blocks, ("kept", node)]
        for block in blocks:
            self.heap.hold(block)
        self.heap.hold(("kept", node), own, "kept")

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

    def __init__(self, heap: Heap, size: Callable[[Value], int]) -> None:
        self.heap, self.size = heap, size
        self.blocks: dict[Value, Hashable] = {}
        self.made = 0

    def give(self, value: Value, size: int) -> None:
        """A gradient of its own, added to the one that is there already."""
        if value in self.blocks:
            self.heap.borrow(size, BLOB_GRADIENTS)
            return
        self.made += 1
        self.blocks[value] = ("of", self.made)
        self.heap.hold(self.blocks[value], size, BLOB_GRADIENTS)

    def pass_on(self, top: Value, bottom: Value) -> None:
        """The top's gradient is the bottom's."""
        if bottom in self.blocks:  # the sum needs memory of its own, the parts may be shared
            self.made += 1
            old, self.blocks[bottom] = self.blocks[bottom], ("of", self.made)
            self.heap.hold(self.blocks[bottom], self.size(bottom), BLOB_GRADIENTS)
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
        for node in graph.nodes
        for i in flows.weights(node)
    }


def _updating(graph: Graph, flows: Gradients, each: int) -> int:
    """The elements that an update holds, `each` for a parameter of those updated at once: those
    with the same multipliers. The update of those before is let go only when the next one is there.
    """
    groups: Counter[tuple[float, float]] = Counter()
    for (layer, i), size in _owned(graph, flows).items():
        groups[graph.by_name[layer].multipliers(i)] += size
    before = (0, *groups.values())
    return max(
        (each * now + min(each, 1) * old for old, now in zip(before, groups.values())), default=0
    )


def _count(graph: Graph, learned: bool = False) -> int:
    return sum(
        math.prod(weight.shape)
        for node in graph.nodes
        for i, weight in enumerate(node.weights)
        if (node.name, i) not in graph.owners and (weight.learned or not learned)
    )
