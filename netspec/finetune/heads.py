"""The head of a net: the layers that make a score for each class, and those that go with them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from netspec.diagnostics import Diagnostic, SpecError, nearest, some
from netspec.graph import Graph, Node, Value
from netspec.schema.layer import Layer

OUTPUTS = "num_output"


@dataclass(frozen=True)
class Head:
    """A layer to be learned anew. `classes` is its num_output; None where it only follows one, as
    a Scale behind the last convolution.
    """

    node: Node
    classes: int | None


def find_heads(graphs: Sequence[Graph], only: Collection[str] = ()) -> list[Head]:
    """The last layers that have num_output before each loss that takes class scores; without such
    losses, before each prediction, or each output. `only` names the layers instead.

    Raises SpecError C260 where there is none.
    """
    if only:
        return list(_named(graphs, only))
    found: dict[str, Head] = {}
    for ends in (_losses, _predictions, _outputs):
        for graph in graphs:
            for value in ends(graph):
                for head in _above(value):
                    found.setdefault(head.node.name, head)
        if any(head.classes is not None for head in found.values()):
            return list(found.values())
    message = "the net has no classifier: no layer with num_output leads to a loss or an output"
    help = "name the layer that has the classes with --head"
    raise SpecError(Diagnostic("C260", message, graphs[0].nodes[-1].span, help))


def _named(graphs: Sequence[Graph], names: Collection[str]) -> Iterator[Head]:
    known = {n.name: n for g in graphs for n in g.nodes if OUTPUTS in n.layer.settings}
    for name in names:
        if name not in known:
            message = f"the net has no layer {name} with num_output"
            help = nearest(name, known) or f"there are {some(known)}"
            raise SpecError(Diagnostic("C260", message, None, help))
        yield Head(known[name], _classes(known[name]))


def _losses(graph: Graph) -> Iterator[Value]:
    """What losses of class scores read: those that a prediction stands for in a deploy net."""
    for node in graph.nodes:
        if node.layer.loss and node.layer.deployed() is not None:
            yield node.bottoms[0]


def _predictions(graph: Graph) -> Iterator[Value]:
    return (n.bottoms[0] for n in graph.nodes if n.layer.probabilities and not n.layer.loss)


def _outputs(graph: Graph) -> Iterator[Value]:
    return (graph.blobs[blob] for blob in graph.outputs)


def _above(value: Value) -> Iterator[Head]:
    """The heads that a blob comes from, and what has parameters on the way to them."""
    seen: set[Node] = set()
    todo = [value.node]
    while todo:
        node = todo.pop()
        if node in seen or node.layer.makes_data:
            continue
        seen.add(node)
        classes = _classes(node)
        if node.weights:
            yield Head(node, classes)
        if classes is None or _only_enlarges(node.layer):
            measured = node.layer.shape_only
            todo += [b.node for i, b in enumerate(node.bottoms) if i not in measured]


def _classes(node: Node) -> int | None:
    return getattr(node.layer, OUTPUTS, None)


def _only_enlarges(layer: Layer) -> bool:
    """Whether it interpolates: the scores are made below it, and have as many channels."""
    filler = getattr(layer, "weight_filler", None)
    return filler is not None and filler.type == "bilinear"
