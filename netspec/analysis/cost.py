"""What a net costs, layer by layer: parameters, multiply-accumulates, activations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Graph, Node
from netspec.schema.layer import Shape
from netspec.schema.unsized import UNSIZED
from netspec.units import whole


@dataclass(frozen=True)
class LayerCost:
    """One layer's share. Parameters that an earlier layer owns are not counted again.

    `parameters` are learned, as papers count them: a Scale's factor and bias are, a BatchNorm's
    moving averages are `statistics`. `macs` and `activations` (elements of the tops) are for the
    whole batch.
    """

    node: Node
    parameters: int
    statistics: int
    shared: int
    macs: int
    activations: int

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.node.name,
            "type": self.node.type,
            "outputs": [
                {"blob": v.blob, "shape": None if v.shape is UNSIZED else list(v.shape)}
                for v in self.node.values
            ],
        } | (self._counts() if self.node.sized else {"known": self.node.layer.known})

    def _counts(self) -> dict[str, Any]:
        return {
            "parameters": self.parameters,
            "statistics": self.statistics,
            "shared": self.shared,
            "macs": self.macs,
            "activations": self.activations,
        }


@dataclass(frozen=True)
class Cost:
    """The layers in running order. `batch` is the first axis of every input, None where they
    differ.
    """

    layers: tuple[LayerCost, ...]
    batch: int | None
    activations: int
    """Elements of all blobs; a layer that works in place adds none."""

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @property
    def statistics(self) -> int:
        return sum(layer.statistics for layer in self.layers)

    @property
    def macs(self) -> int:
        """Of one forward pass over the whole batch."""
        return sum(layer.macs for layer in self.layers)

    @property
    def unsized(self) -> int:
        """How many layers are not counted: unknown ones, and those that read what they make."""
        return sum(not layer.node.sized for layer in self.layers)

    def per_item(self, amount: int) -> float:
        """An amount for the whole batch, as one item's: divided by the batch where there is one."""
        return amount / self.batch if self.batch else amount

    def as_json(self) -> dict[str, Any]:
        """Plain data: everything for the whole batch, and in `per_item` what is divided by it."""
        return {
            "batch": self.batch,
            "parameters": self.parameters,
            "statistics": self.statistics,
            "macs": self.macs,
            "activations": self.activations,
            "per_item": {
                "macs": self.per_item(self.macs),
                "activations": self.per_item(self.activations),
            },
            "layers": [layer.as_json() for layer in self.layers],
        } | ({"unsized": self.unsized} if self.unsized else {})


def cost(graph: Graph) -> Cost:
    """The cost of a graph at the shapes that it was built with."""
    return Cost(
        tuple(_layer_cost(node, graph) for node in graph.nodes),
        graph.batch,
        sum(_elements(shape) for shape in graph.blob_shapes.values()),
    )


def of_batch(graph: Graph, batch: int) -> dict[str, Shape]:
    """The shapes of what comes in from outside, for another batch. Raises SpecError A213.

    Refused where what comes in has no first axis in common: then nobody says what the batch is.
    """
    sources = [v for node in graph.nodes if node.layer.makes_data for v in node.values]
    if graph.batch is None:
        told = ", ".join(f"{v.blob} {whole(v.shape)}" for v in sources) or "it has no inputs"
        message = f"the inputs have no first axis in common: {told}"
        raise SpecError(Diagnostic("A213", message, help="give their shapes with --shape"))
    return {v.blob: (batch, *v.shape[1:]) for v in sources}


def _layer_cost(node: Node, graph: Graph) -> LayerCost:
    learned = statistics = shared = 0
    for i, weight in enumerate(node.weights):
        size = math.prod(weight.shape)
        if (node.name, i) in graph.owners:
            shared += size
        elif weight.learned:
            learned += size
        else:
            statistics += size
    elements = sum(map(_elements, node.shapes))
    return LayerCost(node, learned, statistics, shared, node.macs, elements)


def _elements(shape: Shape) -> int:
    return 0 if shape is UNSIZED else math.prod(shape)
