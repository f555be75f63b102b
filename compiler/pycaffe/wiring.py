"""Which blobs a net has and how its layers read and write them, as Caffe's Net::Init lays it out.

A blob that several layers read goes through a Split (util/insert_splits.cpp), so that each of them
has a diff of its own; a layer that works in place shares the blob of its bottom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from netspec.graph import Graph, Node, Value
from netspec.schema.layer import Shape


@dataclass
class Step:
    """A layer in its place; bottoms and tops are numbers of blobs. A Split has no node.

    `needs` tells to which bottoms a gradient goes (bottom_need_backward), `learns` which parameters
    get one, `backward` whether the layer takes part in a backward pass at all.
    """

    name: str
    type: str
    node: Node | None
    bottoms: tuple[int, ...]
    tops: tuple[int, ...] = ()
    needs: list[bool] = field(default_factory=list)
    learns: list[bool] = field(default_factory=list)
    backward: bool = False

    @property
    def in_place(self) -> bool:
        return bool(set(self.bottoms) & set(self.tops))


class Wiring:
    """Blobs by number: `names`, `shapes`, `loss_weights`, and the Value that each last holds."""

    def __init__(self, graph: Graph) -> None:
        self.names: list[str] = []
        self.shapes: list[Shape] = []
        self.loss_weights: list[float] = []
        self.steps: list[Step] = []
        self.values: dict[int, Value] = {}
        self._needed: list[bool] = []  # blob_need_backward
        self._home: dict[Value, int] = {}  # the blob that a value is in
        self._splits: dict[Value, list[int]] = {}  # those that its readers have still to take
        for node in graph.nodes:
            self._add(node, graph)
        _drop_what_leads_to_no_loss(self)
        if graph.force_backward:
            _force(self)
        self.inputs = [
            i for s in self.steps if _is_input(s.node) for i in s.tops if i not in s.bottoms
        ]
        self.outputs = [self._home[graph.blobs[name]] for name in graph.outputs]

    def _add(self, node: Node, graph: Graph) -> None:
        step = Step(node.name, node.type, node, tuple(map(self._bottom, node.bottoms)))
        downs = node.propagate_down or [self._needed[i] for i in step.bottoms]
        step.needs = list(downs)
        specs = [node.params[i] if i < len(node.params) else None for i in range(len(node.weights))]
        step.learns = [spec is None or spec.lr_mult != 0 for spec in specs]
        step.backward = any(self._needed[i] for i in step.bottoms) or any(step.learns)
        self.steps.append(step)
        step.tops = tuple(self._top(value, node, step) for value in node.values)
        for value in node.values:
            self._split(value, graph)

    def _bottom(self, value: Value) -> int:
        waiting = self._splits.get(value)
        return waiting.pop(0) if waiting else self._home[value]

    def _top(self, value: Value, node: Node, step: Step) -> int:
        """The number of a top: its bottom's where it works in place (Net::AppendTop)."""
        i = value.index
        number = step.bottoms[i] if i < len(step.bottoms) else -1
        if number < 0 or self.names[number] != value.blob:
            number = self._new(value.blob, value.shape)
        if i < len(node.loss_weights):
            self.loss_weights[number] = node.loss_weights[i]
        self._needed[number] |= step.backward
        self._home[value] = number
        self.values[number] = value
        return number

    def _split(self, value: Value, graph: Graph) -> None:
        """A copy of a top for each of its readers, where there are several."""
        number, count = self._home[value], len(graph.uses[value])
        weight = self.loss_weights[number] if not value.node.layer.loss else 0.0
        if count + bool(weight) < 2:
            return
        name = f"{value.blob}_{value.node.name}_{value.index}_split"
        tops = [self._new(f"{name}_{k}", value.shape) for k in range(count + bool(weight))]
        if weight:  # the first stands for the loss
            self.loss_weights[tops[0]], self.loss_weights[number] = weight, 0.0
        needed = self._needed[number]
        for top in tops:
            self._needed[top] = needed
            self.values[top] = value
        self.steps.append(Step(name, "Split", None, (number,), tuple(tops), [needed], [], needed))
        self._splits[value] = tops[bool(weight) :]

    def _new(self, name: str, shape: Sequence[int]) -> int:
        self.names.append(name)
        self.shapes.append(tuple(shape))
        self.loss_weights.append(0.0)
        self._needed.append(False)
        return len(self.names) - 1


def _is_input(node: Node | None) -> bool:
    return node is not None and node.layer.fed and not node.layer.by_array


def _drop_what_leads_to_no_loss(wiring: Wiring) -> None:
    """From the last layer to the first: what contributes to no loss has no backward pass, and
    neither has a layer whose tops all get no gradient.
    """
    under_loss: set[str] = set()
    skipped: set[str] = set()
    for step in reversed(wiring.steps):
        tops = [wiring.names[i] for i in step.tops]
        contributes = any(wiring.loss_weights[i] for i in step.tops) or bool(under_loss & set(tops))
        if not contributes or (step.backward and skipped.issuperset(tops)):
            step.backward, step.needs = False, [False] * len(step.needs)
        bottoms = [wiring.names[i] for i in step.bottoms]
        if contributes:
            under_loss.update(bottoms)
        skipped.update(name for name, needed in zip(bottoms, step.needs) if not needed)


def _force(wiring: Wiring) -> None:
    """force_backward: every layer passes a gradient to every bottom that can have one."""
    for step in wiring.steps:
        step.backward = True
        step.needs, step.learns = [True] * len(step.needs), [True] * len(step.learns)
