"""What the commands that measure a net share: its batch, its numbers, and its blocks."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tools import arguments as argument

if TYPE_CHECKING:
    from netspec.graph import Graph, Node

PRECISIONS = ("float64", "float32", "tf32", "float16", "bfloat16")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The size of the batch, and the kind of numbers: `options.batch`, `.precision`."""
    help = "how many items the batch has (default: as the file says)"
    parser.add_argument("--batch", type=argument.count, metavar="N", help=help)
    help = "the kind of numbers (default: float32)"
    parser.add_argument("--precision", choices=PRECISIONS, default="float32", help=help)


def batched(options: argparse.Namespace) -> Graph:
    """The graph that is asked for, with the batch that is asked for. Raises SpecError."""
    graph = argument.sketch(options)
    if options.batch is None:
        return graph
    from netspec.analysis.cost import of_batch

    options.shapes = list(of_batch(graph, options.batch).items())
    return argument.sketch(options)


def blocks(graph: Graph, depth: int) -> dict[Node, str]:
    """The block that each layer stands in, such as 3a or 3a/3x3."""
    from netspec.draw.block import layer_blocks

    return {node: "/".join(path[:depth]) for node, path in layer_blocks(graph).items()}
