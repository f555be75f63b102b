"""Which values and parameters get a gradient: those that a learned parameter and a loss lie around.

The rule is Net::Init's (net.cpp): backward from the losses, forward from what is learned.
"""

from __future__ import annotations

from dataclasses import dataclass

from netspec.graph import Graph, Node, Value


@dataclass(frozen=True)
class Gradients:
    """`values` get a gradient in a backward pass, and the parameters of `learned`, by their index.

    A parameter that layers share stands at each of them.
    """

    values: frozenset[Value]
    learned: frozenset[tuple[Node, int]]

    def through(self, node: Node) -> bool:
        """Whether a backward pass runs the layer."""
        return any(v in self.values for v in node.values)

    def bottoms(self, node: Node) -> list[Value]:
        """The bottoms that get a gradient of the layer."""
        if not self.through(node):
            return []
        return [b for b in _below(node) if b in self.values]

    def weights(self, node: Node) -> list[int]:
        """The parameters that get a gradient of the layer."""
        return [i for i in range(len(node.weights)) if (node, i) in self.learned]


def gradients(graph: Graph) -> Gradients:
    """Where the gradients of a graph go; a net without a loss has one on each of its outputs."""
    rooted: set[Value] = set()  # a parameter that is learned lies below
    learned: set[tuple[Node, int]] = set()
    for node in graph.nodes:
        own = [i for i, w in enumerate(node.weights) if w.learned and node.multipliers(i)[0]]
        learned.update((node, i) for i in own)
        if own or any(b in rooted for b in _below(node)):
            rooted.update(node.values)
    wanted = _lead_to_a_loss(graph)
    values = frozenset(rooted & wanted)
    return Gradients(
        values, frozenset((n, i) for n, i in learned if any(v in values for v in n.values))
    )


def _lead_to_a_loss(graph: Graph) -> set[Value]:
    blobs = graph.loss_weights or dict.fromkeys(graph.outputs)
    wanted = {graph.blobs[blob] for blob in blobs}
    for node in reversed(graph.nodes):
        if any(v in wanted for v in node.values):
            wanted.update(_below(node))
    return wanted


def _below(node: Node) -> list[Value]:
    """The bottoms to which the layer hands a gradient on, where it gets one."""
    if not node.layer.differentiable:
        return []
    down = node.propagate_down or (True,) * len(node.bottoms)
    return [b for b, flows in zip(node.bottoms, down) if flows]
