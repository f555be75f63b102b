"""What a forward and a backward pass of each layer take: MACs, FLOPs and bytes moved.

A MAC is one multiplication with one addition, counted where matrices are multiplied: convolutions,
fully connected and recurrent layers. A FLOP is one operation on floating-point numbers, so that a
MAC is two; biases, activations, pooling and normalisation count as well. The gradient of a bottom
takes as many MACs as the forward pass, and that of the weights as many again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from netspec.analysis.gradients import Gradients, gradients
from netspec.graph import Graph, Node, Value
from netspec.schema.net import Phase
from netspec.schema.work import Keeps, Run, Work

NUMBER = 4  # bytes of a number in single precision


@dataclass(frozen=True)
class Pass:
    """One pass, for the whole batch; None is what nobody knows. `moved` is in bytes.

    Of a sum, `partial` names the amounts to which something unknown would have to be added.
    """

    macs: int | None = 0
    flops: int | None = 0
    moved: int | None = 0
    partial: frozenset[str] = frozenset()

    @property
    def intensity(self) -> float | None:
        """FLOPs for each byte moved, where any are."""
        return self.flops / self.moved if self.flops is not None and self.moved else None

    @property
    def unknown(self) -> frozenset[str]:
        """The amounts of which not all is known: macs, flops, moved."""
        return self.partial | {name for name in AMOUNTS if getattr(self, name) is None}

    def as_json(self) -> dict[str, float | None]:
        return {
            "macs": self.macs,
            "flops": self.flops,
            "bytes": self.moved,
            "intensity": self.intensity,
        }


AMOUNTS = ("macs", "flops", "moved")
UNKNOWN = Pass(None, None, None)


@dataclass(frozen=True)
class Passes:
    """A layer's forward pass, and the backward pass that a training step adds to it."""

    forward: Pass
    backward: Pass


def total(parts: Iterable[Pass]) -> Pass:
    """The sum of what is known: the least that all take together."""
    every = list(parts)
    return Pass(
        sum(p.macs or 0 for p in every),
        sum(p.flops or 0 for p in every),
        sum(p.moved or 0 for p in every),
        frozenset[str]().union(*(p.unknown for p in every)),
    )


def work(node: Node, training: bool | None = None) -> Work | None:
    """What a layer says of its forward pass; a view where it passes its bottom on."""
    if training is None:
        training = node.phase is Phase.TRAIN
    if not node.sized:
        return None
    if node.layer.makes_data:
        return Work(0)  # reading is not the net's work
    if node.bottoms and node.layer.identity_when(training):
        return Work(0, view=True, passes=True)
    return node.layer.work(Run(tuple(b.shape for b in node.bottoms), node.shapes, training))


def passes(graph: Graph, number: int = NUMBER) -> dict[Node, Passes]:
    """Both passes of every layer, with numbers of so many bytes."""
    flows = gradients(graph)
    return {node: _passes(node, flows, number) for node in graph.nodes}


def _passes(node: Node, flows: Gradients, number: int) -> Passes:
    done, through = work(node), flows.through(node)
    if done is None:
        return Passes(UNKNOWN, UNKNOWN if through or not node.sized else Pass())
    forward = _pass(node.macs, done, number * _forward_moved(node, done))
    if not through:
        return Passes(forward, Pass())
    macs = node.macs * (bool(flows.bottoms(node)) + bool(flows.weights(node)))
    moved = number * _backward_moved(node, done, flows) + done.marks
    return Passes(forward, _pass(macs, done, moved))


def _pass(macs: int, done: Work, moved: int) -> Pass:
    return Pass(macs, None if done.flops is None else 2 * macs + done.flops, moved)


def _forward_moved(node: Node, done: Work) -> int:
    """Elements read and written: the bottoms, the weights, and the tops."""
    if done.view or node.layer.makes_data:
        return 0
    return _elements(node.bottoms) + _weights(node) + _elements(node.values)


def _backward_moved(node: Node, done: Work, flows: Gradients) -> int:
    """The tops' gradients and what was kept are read, the other gradients written."""
    if done.view or (done.passes and not flows.weights(node)):
        return 0
    wanted = flows.bottoms(node)
    moved = _elements(v for v in node.values if v in flows.values) + done.kept + _elements(wanted)
    if Keeps.BOTTOMS in done.keeps:
        moved += _elements(node.bottoms)
    if Keeps.TOPS in done.keeps:
        moved += _elements(node.values)
    written = sum(math.prod(node.weights[i].shape) for i in flows.weights(node))
    return moved + written + (_weights(node) if wanted else 0)


def _elements(values: Iterable[Value]) -> int:
    return sum(math.prod(v.shape) for v in values)


def _weights(node: Node) -> int:
    return sum(math.prod(w.shape) for w in node.weights)
