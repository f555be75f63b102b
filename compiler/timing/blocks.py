"""The blocks that layers stand in, as diagrams frame them."""

from __future__ import annotations

from netspec.draw.block import block_paths
from netspec.draw.stack import stacks
from netspec.graph import Graph, Node

Path = tuple[str, ...]


def paths(graph: Graph) -> dict[Node, Path]:
    """For each layer the names of the blocks around it, from the outside in."""
    found = block_paths(graph, stacks(graph))
    return {node: path for stack, path in found.items() for node in stack.nodes}
