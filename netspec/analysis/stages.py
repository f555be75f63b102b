"""The stages of a net: its layers by the size of the grid that they work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netspec.graph import Graph, Node, Value
from netspec.schema.layer import Shape


@dataclass(frozen=True)
class Stage:
    """All layers whose tops have one grid: `grid` are the spatial axes, () after them.

    `channels` are the most that one value has; `macs` those of one forward pass over the whole
    batch; `depth` is the most layers with filters on one path.
    """

    grid: Shape
    nodes: tuple[Node, ...]
    channels: int
    macs: int
    depth: int

    def as_json(self) -> dict[str, Any]:
        return {
            "grid": list(self.grid),
            "channels": self.channels,
            "depth": self.depth,
            "macs": self.macs,
            "layers": [node.name for node in self.nodes],
        }


def filters(node: Node) -> bool:
    """Whether it convolves or multiplies by a matrix: it costs multiply-accumulates, and learns."""
    return bool(node.macs) and any(weight.learned for weight in node.weights)


def stages(graph: Graph) -> tuple[Stage, ...]:
    """The stages that have layers with filters, in the order in which they begin."""
    found: dict[Shape, list[Node]] = {}
    for node in graph.nodes:
        if node.shapes and not node.layer.makes_data:
            found.setdefault(node.shapes[0][2:], []).append(node)
    depths = _depths(graph)
    return tuple(
        Stage(
            grid,
            tuple(nodes),
            max((s[1] for node in nodes for s in node.shapes if len(s) > 1), default=1),
            sum(node.macs for node in nodes),
            max(depths[value] for node in nodes for value in node.values),
        )
        for grid, nodes in found.items()
        if any(filters(node) for node in nodes)
    )


def _depths(graph: Graph) -> dict[Value, int]:
    """The most layers with filters on one path to each value, within the value's own grid."""
    found: dict[Value, int] = {}
    for node in graph.nodes:
        for value in node.values:
            alike = [found[b] for b in node.bottoms if b.shape[2:] == value.shape[2:]]
            found[value] = max(alike, default=0) + filters(node)
    return found
