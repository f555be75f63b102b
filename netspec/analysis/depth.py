"""How deep a net is: the most layers that multiply on a way from the inputs to an output."""

from __future__ import annotations

from netspec.graph import Graph, Value


def depth(graph: Graph) -> int:
    """Layers with MACs (convolutions, fully connected and recurrent ones) on the longest path.

    It is what papers count: 8 of AlexNet, 16 of VGG-16, 22 of GoogLeNet, 50 of ResNet-50.
    """
    found: dict[Value, int] = {}
    for node in graph.nodes:
        below = max((found[b] for b in node.bottoms), default=0)
        found.update((value, below + (node.macs > 0)) for value in node.values)
    return max(found.values(), default=0)
