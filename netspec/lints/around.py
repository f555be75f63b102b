"""What lints ask of a layer's surroundings, by its traits; none names a layer type."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.graph import Graph, Node, Value
from netspec.schema.layer import Family
from netspec.schema.net import Phase


def trains(graph: Graph) -> bool:
    """Whether it is a net that is trained: in TRAIN, with a loss."""
    return graph.phase is Phase.TRAIN and bool(graph.loss_weights)


def roles(node: Node) -> set[str]:
    """What its parameter blobs are: weight, bias, mean ..."""
    return {weight.role for weight in node.weights}


def filters(node: Node) -> bool:
    """Whether it has weights that mix its inputs: a convolution, a fully connected layer."""
    return node.layer.family in (Family.SPATIAL, Family.DENSE) and "weight" in roles(node)


def activates(node: Node) -> bool:
    """Whether it is a non-linearity, element by element; not Dropout, which passes on in use."""
    layer = node.layer
    bends = layer.family is Family.ACTIVATION and layer.elementwise
    return bends and not layer.identity_when(training=False)


def drops(node: Node) -> bool:
    """Whether it passes its bottom on in use, and not in training."""
    return node.layer.identity_when(training=False) and not node.layer.identity_when(training=True)


def scales(node: Node) -> bool:
    """Whether it multiplies or shifts channels by learned numbers, and nothing else."""
    layer = node.layer
    per_channel = layer.elementwise and layer.family is Family.NORMALIZATION
    return per_channel and len(node.bottoms) == 1


def reader(graph: Graph, node: Node) -> Node | None:
    """The only layer that reads the first top, if there is only one."""
    readers = graph.uses[node.values[0]] if node.tops else ()
    return readers[0][0] if len(readers) == 1 else None


def feeds(value: Value) -> Iterator[Node]:
    """The layers above a value, one below the other, as long as each has one bottom."""
    node = value.node
    yield node
    while len(node.bottoms) == 1:
        node = node.bottoms[0].node
        yield node


def learns(node: Node, role: str) -> bool:
    """Whether a parameter blob is there and its learning rate is not zero."""
    for i, weight in enumerate(node.weights):
        if weight.role == role and weight.learned:
            return node.multipliers(i)[0] != 0
    return False
