"""What else "Rethinking the Inception architecture" (arXiv 1512.00567) would change in a net."""

from __future__ import annotations

import math
from collections.abc import Iterator

from netspec.analysis.finding import Figure, Finding, Principle
from netspec.analysis.stages import filters
from netspec.diagnostics import Note
from netspec.graph import Graph, Node, Value
from netspec.schema.traits import Window
from netspec.schema.wording import spelled

LARGE = 5  # the smallest odd kernel that a stack of 3x3 replaces
IMAGE = 4  # channels at most of an image, whose first layer is left as it is


def factorised(graph: Graph) -> Iterator[Finding]:
    """A140: an n x n convolution, n 5 or more, that (n - 1) / 2 of 3x3 would do for less.

    Two of 3x3 see as much as one of 5x5 and cost 18/25 of it (section 3.1). Nothing is said of a
    block in which a branch of stacked 3x3 stands beside it already, as in Inception-v3's.
    """
    for node in graph.nodes:
        window = square(node)
        if window is None or window.kernel[0] < LARGE:
            continue
        size, channels = window.kernel[0], node.bottoms[0].shape[1]
        stack = (size - 1) // 2
        fully_connected = math.prod(node.shapes[0][2:]) == 1
        if channels <= IMAGE or fully_connected or _beside_a_stack(node, stack, graph):
            continue
        between = min(channels, node.shapes[0][1])
        macs = _stacked_macs(node, stack, between)
        message = f"{node.name} is {spelled(window.kernel)}: {stack} stacked 3x3 convolutions "
        message += "see as much"
        note = Note(f"with {between} filters between them, for {macs / node.macs:.0%} of its MACs")
        help = "stack 3x3 convolutions, each with its activation"
        figures = (
            Figure("macs", node.macs, "MACs"),
            Figure("stacked", macs, "MACs"),
            Figure("stack", stack, "layers"),
        )
        yield Finding("A140", Principle.FACTORS, (node,), message, help, figures, (note,))


def _stacked_macs(node: Node, stack: int, between: int) -> int:
    """What as many 3x3 convolutions cost on the same grid."""
    channels, out = node.bottoms[0].shape[1], node.shapes[0][1]
    filters_read = channels * between + (stack - 2) * between**2 + between * out
    return 9 * filters_read * node.shapes[0][0] * math.prod(node.shapes[0][2:])


def square(node: Node) -> Window | None:
    """The window of a plain square convolution: odd, of stride 1, not dilated, in one group."""
    if not filters(node):
        return None
    window = node.layer.slides(*(b.shape for b in node.bottoms))
    if window is None or len(window.kernel) != 2 or len(set(window.kernel)) > 1:
        return None
    plain = {*window.stride, *window.dilation} == {1} and window.groups == 1
    return window if plain and window.kernel[0] % 2 else None


def _beside_a_stack(node: Node, stack: int, graph: Graph) -> bool:
    """Whether the layer that joins its branch to others joins a stack of so many 3x3, too."""
    joint = _joint(node.values[0], graph)
    return joint is not None and any(_stacked(b, graph) >= stack for b in joint.bottoms)


def _joint(value: Value, graph: Graph) -> Node | None:
    """The layer of several bottoms that a value goes to, with no more filters on the way."""
    while len(readers := graph.uses[value]) == 1:
        reader = readers[0][0]
        if len(reader.bottoms) > 1:
            return reader
        if filters(reader) or not reader.tops:
            return None
        value = reader.values[0]
    return None


def _stacked(value: Value, graph: Graph) -> int:
    """How many 3x3 convolutions follow one another at the end of the branch that makes a value."""
    count = 0
    while len(value.node.bottoms) == 1 and len(graph.uses[value]) == 1:
        if filters(value.node):
            window = square(value.node)
            if window is None or window.kernel != (3, 3):
                break
            count += 1
        value = value.node.bottoms[0]
    return count


def normalised(graph: Graph) -> Iterator[Finding]:
    """A141: layers that a newer kind has taken the place of; LRN, which BatchNorm has."""
    old = [node for node in graph.nodes if node.layer.superseded]
    if old:
        instead = old[0].layer.superseded
        named = ", ".join(node.name for node in old[:3]) + (" ..." if len(old) > 3 else "")
        message = f"{instead} has taken the place of {old[0].type}: {named}"
        help = f"{instead} with Scale after each convolution, and no {old[0].type}"
        figures = (Figure("layers", len(old), "layers"),)
        yield Finding("A141", Principle.FACTORS, tuple(old), message, help, figures)
