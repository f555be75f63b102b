"""A convolution with what belongs to it: normalisation, scale and activation."""

from __future__ import annotations

from netspec.graph import Graph, Node
from netspec.layers.activation import ELU, PReLU, ReLU
from netspec.layers.convolution import Convolution
from netspec.layers.normalization import BatchNorm
from netspec.layers.scaling import Scale
from netspec.schema.traits import Window

FOLLOWERS = (BatchNorm, Scale, ReLU, PReLU, ELU)


def unit(node: Node, graph: Graph) -> tuple[Node, ...]:
    """The layer, and the normalisation, scale and activation that are all that reads it."""
    found = [node]
    while (reader := only_reader(found[-1], graph)) is not None:
        if not isinstance(reader.layer, FOLLOWERS) or len(reader.bottoms) != 1:
            break
        found.append(reader)
    return tuple(found)


def only_reader(node: Node, graph: Graph) -> Node | None:
    """The one layer that reads the one top of a layer."""
    readers = graph.uses[node.values[0]] if len(node.tops) == 1 else ()
    return readers[0][0] if len(readers) == 1 else None


def feeding(node: Node) -> Node | None:
    """The convolution whose filters are the channels that a layer reads, past what follows it."""
    above = node.bottoms[0].node
    while isinstance(above.layer, FOLLOWERS):
        above = above.bottoms[0].node
    return above if isinstance(above.layer, Convolution) else None


def convolutions(graph: Graph) -> list[Node]:
    """The plain convolutions of images, which share their weights with no other layer."""
    shared = {layer for pair in graph.owners.items() for layer, _ in pair}
    return [
        n
        for n in graph.nodes
        if type(n.layer) is Convolution
        and len(n.bottoms) == 1
        and len(n.shapes[0]) == 4
        and n.name not in shared
    ]


def convolution(node: Node) -> Convolution:
    """The settings of one of `convolutions`."""
    assert isinstance(node.layer, Convolution)
    return node.layer


def window(node: Node) -> Window:
    """The window of a convolution, or of a pooling."""
    found = node.layer.slides(node.bottoms[0].shape)
    assert found is not None
    return found


def filters(node: Node) -> int:
    """How many filters a convolution has."""
    return node.shapes[0][1]


def channels(node: Node) -> int:
    """How many channels a layer reads."""
    return node.bottoms[0].shape[1]
