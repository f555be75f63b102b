"""The graph of a net: frozen, in static single assignment form; it prints as a program.

A layer that works in place makes a new Value; the blob's name stays as a label. Everything that can
be derived is a cached property, so nothing has to be invalidated: a pass makes a new Graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from netspec.schema.layer import AUTOMATIC, Layer, Shape, Weight
from netspec.schema.net import ParamSpec, Phase
from netspec.schema.one_line import describe
from netspec.schema.setting import Reject
from netspec.schema.sight import Reach, Sees, Sight
from netspec.schema.unsized import UNSIZED
from netspec.source import Span

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True, repr=False)
class Value:
    """What one top of one layer holds."""

    node: Node
    index: int

    @property
    def blob(self) -> str:
        """The name that the file gives it; where layers work in place, several Values have it."""
        return self.node.tops[self.index]

    @property
    def shape(self) -> Shape:
        return self.node.shapes[self.index]

    def __repr__(self) -> str:
        return f"Value({self.node.name!r}, {self.index})"


@dataclass(frozen=True, eq=False, repr=False)
class Node:
    """A layer in its place. Two nodes are the same only if they are the same object."""

    name: str
    layer: Layer
    bottoms: tuple[Value, ...]
    tops: tuple[str, ...]
    shapes: tuple[Shape, ...]
    params: tuple[ParamSpec, ...] = ()
    loss_weights: tuple[float, ...] = ()
    propagate_down: tuple[bool, ...] = ()
    phase: Phase = Phase.TEST
    block: tuple[str, ...] = ()  # the spec's blocks that it stands in, from the outside in
    span: Span | None = None

    @cached_property
    def values(self) -> tuple[Value, ...]:
        """Its tops."""
        return tuple(Value(self, i) for i in range(len(self.tops)))

    @property
    def sized(self) -> bool:
        """Whether all is known of it; in a sketch, what is below an unknown layer is not."""
        return self.layer.known and UNSIZED not in (b.shape for b in self.bottoms)

    @cached_property
    def weights(self) -> tuple[Weight, ...]:
        """Its parameter blobs, in Caffe's order."""
        return self.layer.weights(*(b.shape for b in self.bottoms)) if self.sized else ()

    @cached_property
    def sight(self) -> Sight:
        """What a position of its tops sees of its bottoms."""
        shapes = [b.shape for b in self.bottoms]
        if self.layer.identity_when(self.phase is Phase.TRAIN):
            return Sees.SAME
        if (said := self.layer.sight(*shapes)) is not None:
            return said
        if window := self.layer.slides(*shapes):
            sides = zip(window.kernel, window.stride, window.pad, window.dilation)
            return tuple(Reach.window(*side) for side in sides)
        return Sees.SAME if self.layer.elementwise else None

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulate operations of one forward pass."""
        if not self.sized:
            return 0
        return self.layer.macs([b.shape for b in self.bottoms], list(self.shapes))

    def multipliers(self, index: int) -> tuple[float, float]:
        """lr_mult and decay_mult of a parameter blob, which are 1 where they are not written."""
        if index >= len(self.params):
            return 1.0, 1.0
        rate, decay = self.params[index].lr_mult, self.params[index].decay_mult
        return 1.0 if rate is None else rate, 1.0 if decay is None else decay

    @property
    def type(self) -> str:
        return type(self.layer).__name__

    @property
    def caption(self) -> str:
        """The layer in a few words; its type, where they would need a shape that is not known."""
        try:
            return self.layer.caption(*(b.shape for b in self.bottoms))
        except Reject:
            if self.sized:
                raise
            return self.type

    def __repr__(self) -> str:
        return f"Node({self.type} {self.name!r})"


@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """The nodes in running order. `outputs` are blob names in Caffe's (alphabetical) order."""

    name: str
    nodes: tuple[Node, ...]
    phase: Phase = Phase.TEST
    force_backward: bool = False
    owners: Mapping[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    """(layer, i) -> (layer, i) of the owner, for every shared parameter but the owner's own."""

    @cached_property
    def inputs(self) -> dict[str, Shape]:
        """What the caller feeds, by blob name, in file order."""
        return {v.blob: v.shape for n in self.nodes if n.layer.fed for v in n.values}

    @cached_property
    def batch(self) -> int | None:
        """The first axis of everything that comes in from outside, where all agree."""
        firsts = {shape[:1] for n in self.nodes if n.layer.makes_data for shape in n.shapes}
        only = firsts.pop() if len(firsts) == 1 else ()
        return only[0] if only and only[0] > 0 else None

    @cached_property
    def uses(self) -> dict[Value, tuple[tuple[Node, int], ...]]:
        """Who reads a value, and as which bottom."""
        found: dict[Value, list[tuple[Node, int]]] = {v: [] for n in self.nodes for v in n.values}
        for node in self.nodes:
            for i, bottom in enumerate(node.bottoms):
                found[bottom].append((node, i))
        return {value: tuple(readers) for value, readers in found.items()}

    @cached_property
    def blobs(self) -> dict[str, Value]:
        """Every blob, as its last writer leaves it, tops that the file does not name among them."""
        return {v.blob: v for n in self.nodes for v in n.values}

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """Blobs that nobody reads, in alphabetical order."""
        return tuple(sorted(blob for blob in self.blob_shapes if not self.uses[self.blobs[blob]]))

    @cached_property
    def blob_shapes(self) -> dict[str, Shape]:
        """Every blob that the file names."""
        named = (item for item in self.blobs.items() if not item[0].startswith(AUTOMATIC))
        return {blob: value.shape for blob, value in named}

    @cached_property
    def weight_shapes(self) -> dict[str, list[Shape]]:
        """Caffe's parameter blobs by layer name; shared ones stand at every layer that has them."""
        return {n.name: [w.shape for w in n.weights] for n in self.nodes if n.weights}

    @cached_property
    def loss_weights(self) -> dict[str, float]:
        """Tops that count towards the loss: each is summed and multiplied."""
        return {
            v.blob: weight
            for n in self.nodes
            for v, weight in zip(n.values, n.loss_weights)
            if weight
        }

    @property
    def runs_backward(self) -> bool:
        """Whether Caffe runs a backward pass: for a loss, or where it is forced (net.cpp)."""
        return self.force_backward or bool(self.loss_weights)

    @cached_property
    def by_name(self) -> dict[str, Node]:
        """Layers by name; of several that bear one, the one that has parameters."""
        found: dict[str, Node] = {}
        for node in self.nodes:
            if node.name not in found or node.weights:
                found[node.name] = node
        return found

    @cached_property
    def networkx(self) -> networkx.MultiDiGraph:
        """Nodes are Node objects; each edge carries the Value that it is and the bottom's index."""
        import networkx

        made = networkx.MultiDiGraph()
        made.add_nodes_from(self.nodes)
        made.add_edges_from(
            (b.node, n, {"value": b, "bottom": i})
            for n in self.nodes
            for i, b in enumerate(n.bottoms)
        )
        return made

    def labels(self) -> dict[Value, str]:
        """A unique readable name for each value: the blob's; `.1`, `.2` where it is overwritten."""
        versions: dict[str, int] = {}
        made = {}
        taken = {value.blob for node in self.nodes for value in node.values}
        for node in self.nodes:
            for value in node.values:
                label, blob = value.blob, value.blob
                while blob in versions and label in taken:
                    label = f"{blob}.{versions[blob]}"
                    versions[blob] += 1
                versions.setdefault(blob, 1)
                taken.add(label)
                made[value] = label
        return made

    def _lines(self) -> Iterator[str]:
        labels = self.labels()
        forced = ", force_backward" if self.force_backward else ""
        yield f"graph {self.name or '(unnamed)'} ({self.phase.name}{forced})"
        for node in self.nodes:
            tops = ", ".join(
                f"%{labels[v]}: {'x'.join(map(str, v.shape)) or 'scalar'}" for v in node.values
            )
            bottoms = ", ".join(f"%{labels[b]}" for b in node.bottoms)
            head = f"  {tops} = " if tops else "  "
            said = f" name={node.name!r}"
            if node.params:
                said += f" params={list(node.params)}"
            if any(node.loss_weights):
                said += f" loss_weight={list(node.loss_weights)}"
            if not all(node.propagate_down):
                said += f" propagate_down={list(node.propagate_down)}"
            if node.phase is not self.phase:
                said += f" phase={node.phase.name}"
            yield f"{head}{describe(node.layer)}({bottoms}){said}"
        yield f"  return {', '.join(self.outputs)}"

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def __eq__(self, other: object) -> bool:
        """Equal programs: the same layers with the same settings and names, wired the same way."""
        return isinstance(other, Graph) and self.owners == other.owners and str(self) == str(other)

    def __hash__(self) -> int:
        return hash((self.name, len(self.nodes), self.outputs))

    def check(self) -> None:
        """Raise AssertionError unless the graph is well formed; then a pass is at fault."""
        made: set[Value] = set()
        for node in self.nodes:
            for bottom in node.bottoms:
                assert bottom in made, f"{node} reads {bottom} before it is made"
                assert 0 <= bottom.index < len(bottom.node.tops)
            assert len(node.tops) == len(node.shapes), f"{node} has tops without shapes"
            assert len(node.bottoms) in node.layer.bottom_count(), (
                f"{node} has {len(node.bottoms)} bottoms"
            )
            if not node.layer.makes_data:
                inferred = node.layer.shapes([b.shape for b in node.bottoms], node.tops)
                assert inferred == node.shapes, f"{node}: {node.shapes} is not {inferred}"
            made.update(node.values)
        learned = [n.name for n in self.nodes if n.weights]
        assert len(set(learned)) == len(learned), "two layers with parameters have one name"
