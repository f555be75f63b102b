"""What a diagram shows of a graph: boxes, blocks around them, lines; not yet how it looks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property

from netspec.analysis import Cost, cost
from netspec.draw.block import Path, block_paths, stack_graph
from netspec.draw.repeat import Repeats, alike, equal, repeats
from netspec.draw.stack import Stack, stacks
from netspec.graph import Graph, Node, Value
from netspec.schema.layer import Family, Shape


class Line(Enum):
    """What a line says."""

    FLOW = auto()  # a box reads a value of another
    TARGET = auto()  # a loss reads its labels
    SHARED = auto()  # two boxes use one parameter


@dataclass(frozen=True)
class Edge:
    """A line between two boxes, by their names in the DOT text; the shape of `value` is written."""

    tail: str
    head: str
    line: Line = Line.FLOW
    value: Value | None = None
    trunk: bool = False  # part of a longest way through the net, drawn straight


@dataclass(frozen=True, eq=False)
class Drawing:
    """A graph cut into boxes; `flat`, `collapse` and `depth` are the options of `digraph`."""

    graph: Graph
    flat: bool = False
    collapse: bool = False
    depth: int | None = None

    @cached_property
    def stacks(self) -> tuple[Stack, ...]:
        """All layers but the inputs that the caller feeds."""
        return tuple(s for s in stacks(self.graph, self.flat) if not s.head.layer.fed)

    @cached_property
    def home(self) -> dict[Node, Stack]:
        return {node: stack for stack in self.stacks for node in stack.nodes}

    @cached_property
    def paths(self) -> dict[Stack, Path]:
        return block_paths(self.graph, self.stacks)

    @cached_property
    def repeats(self) -> Repeats:
        if not self.collapse:
            return Repeats({}, {})
        return repeats(self.paths, self.home, alike=alike if self.depth else equal)

    @cached_property
    def folded(self) -> dict[Path, list[Stack]]:
        """The blocks that are drawn as one box, each with what stands in it and in its repeats."""
        made: dict[Path, list[Stack]] = {}
        for stack in self.stacks if self.depth else ():
            path = self.paths[self.repeats.drawn_as.get(stack, stack)]
            if len(path) >= (self.depth or 0):
                made.setdefault(path[: self.depth], []).append(stack)
        return made

    @cached_property
    def shown(self) -> tuple[Stack, ...]:
        return tuple(stack for stack in self.stacks if stack not in self.repeats.drawn_as)

    @cached_property
    def ids(self) -> dict[Stack, str]:
        """The name of each box; a stack that is not shown has the name of the one in its place."""
        names = {stack: f"layer{i}" for i, stack in enumerate(self.stacks)}
        for i, members in enumerate(self.folded.values()):
            names |= dict.fromkeys(members, f"block{i}")
        return {stack: names[self.repeats.drawn_as.get(stack, stack)] for stack in self.stacks}

    @cached_property
    def trunk(self) -> frozenset[tuple[str, str]]:
        """The longest ways through the net, but for lines where three branches part or meet.

        A line is the names of two boxes.
        """
        flow = stack_graph(self.graph, self.stacks)
        above: dict[Stack, int] = {}
        below: dict[Stack, int] = {}
        for stack in self.stacks:
            above[stack] = 1 + max((above[s] for s in flow.predecessors(stack)), default=-1)
        for stack in reversed(self.stacks):
            below[stack] = 1 + max((below[s] for s in flow.successors(stack)), default=-1)
        return frozenset(
            (self.ids[a], self.ids[b])
            for a, b in flow.edges
            if above[b] - above[a] == below[a] - below[b] == 1
            and flow.out_degree(a) <= 2
            and flow.in_degree(b) <= 2
        )

    @cached_property
    def cost(self) -> Cost:
        return cost(self.graph)

    @cached_property
    def inputs(self) -> dict[Value, str]:
        """What the caller feeds, and the name of its box."""
        fed = [v for n in self.graph.nodes if n.layer.fed for v in n.values]
        return {value: f"input{i}" for i, value in enumerate(fed)}

    @cached_property
    def outputs(self) -> dict[Value, str]:
        """What the net gives back, and the name of its box; a loss is itself an end."""
        ends = [self.graph.blobs[blob] for blob in self.graph.outputs]
        shown = [v for v in ends if v.node.layer.family is not Family.LOSS and v not in self.inputs]
        return {value: f"output{i}" for i, value in enumerate(shown)}

    @cached_property
    def targets(self) -> dict[tuple[Value, Node], str]:
        """The labels that losses read from data layers: written beside the loss, not led across."""
        found = [
            (bottom, node)
            for stack in self.shown
            for node in stack.nodes
            for bottom in node.bottoms
            if node.layer.family is Family.LOSS
            if bottom.node.layer.makes_data and not bottom.node.layer.fed
        ]
        return {pair: f"target{i}" for i, pair in enumerate(dict.fromkeys(found))}

    def targets_of(self, stack: Stack) -> list[tuple[Value, str]]:
        """The labels beside a stack, each with the name of its box."""
        return [
            (value, name) for (value, node), name in self.targets.items() if node in stack.nodes
        ]

    def edges(self) -> Iterator[Edge]:
        """All lines. A shape is written once for each value, where its box changed it.

        However many layers of a folded block read a value, one line leads there.
        """
        written: set[Value] = set()
        led: set[tuple[Value, str]] = set()
        folded = {self.ids[members[0]] for members in self.folded.values()}
        for stack in self.shown:
            head = self.ids[stack]
            for node in stack.nodes:
                for bottom in node.bottoms:
                    origin = self.home.get(bottom.node)
                    if origin is not None and self.ids[origin] == head:
                        continue
                    if head not in folded or (bottom, head) not in led:
                        yield self._edge(bottom, node, written)
                    led.add((bottom, head))
        for value, name in self.outputs.items():
            yield Edge(self.ids[self.home[value.node]], name)
        owned = ((there[0], here[0]) for here, there in self.graph.owners.items())
        boxes = ([self.ids[self.home[self.graph.by_name[n]]] for n in pair] for pair in owned)
        for owner, sharer in dict.fromkeys(map(tuple, boxes)):
            if owner != sharer:
                yield Edge(owner, sharer, Line.SHARED)

    def _edge(self, value: Value, reader: Node, written: set[Value]) -> Edge:
        head = self.ids[self.home[reader]]
        if (value, reader) in self.targets:
            return Edge(self.targets[value, reader], head, Line.TARGET)
        if value in self.inputs:
            loss = reader.layer.family is Family.LOSS
            return Edge(self.inputs[value], head, Line.TARGET if loss else Line.FLOW)
        origin = self.home[value.node]
        tail = self.ids[origin]
        changed = origin.head.layer.makes_data or value.shape not in self._read[tail]
        shown = value if changed and value not in written else None
        written.add(value)
        return Edge(tail, head, Line.FLOW, shown, (tail, head) in self.trunk)

    @cached_property
    def _read(self) -> dict[str, set[Shape]]:
        """The shapes that each box reads from others."""
        read: dict[str, set[Shape]] = {name: set() for name in self.ids.values()}
        for stack, name in self.ids.items():
            for bottom in (b for node in stack.nodes for b in node.bottoms):
                if (origin := self.home.get(bottom.node)) is None or self.ids[origin] != name:
                    read[name].add(bottom.shape)
        return read
