"""Stacks: a layer and the normalisations and activations that follow it, drawn as one box.

Convolution, BatchNorm, Scale and ReLU on one path are a stack; what a second layer reads is not
hidden inside one, nor what stands in another block of the spec.
"""

from __future__ import annotations

from dataclasses import dataclass

from netspec.graph import Graph, Node, Value
from netspec.schema.layer import Family


@dataclass(frozen=True, eq=False)
class Stack:
    """Layers in running order, the first being the head; only the last is read from outside."""

    nodes: tuple[Node, ...]

    @property
    def head(self) -> Node:
        return self.nodes[0]

    @property
    def followers(self) -> tuple[Node, ...]:
        return self.nodes[1:]


def stacks(graph: Graph, flat: bool = False) -> tuple[Stack, ...]:
    """Every layer in one stack, in running order of the heads; `flat` puts each in its own."""
    made: list[Stack] = []
    taken: set[Node] = set()
    for node in graph.nodes:
        if node in taken:
            continue
        run = [node]
        while not flat and (follower := _follower(run[-1], graph)) is not None:
            run.append(follower)
        taken.update(run)
        made.append(Stack(tuple(run)))
    return tuple(made)


def _follower(node: Node, graph: Graph) -> Node | None:
    """The only reader of the only top, if it goes well under `node`."""
    if node.layer.makes_data or len(node.tops) != 1 or any(node.loss_weights):
        return None
    value = Value(node, 0)
    readers = graph.uses[value]
    if len(readers) != 1:
        return None
    reader = readers[0][0]
    follows = reader.layer.elementwise or reader.layer.family is Family.NORMALIZATION
    alone = reader.bottoms == (value,) and len(reader.tops) == 1
    entered = reader.block != node.block[: len(reader.block)]
    return reader if follows and alone and not entered else None
