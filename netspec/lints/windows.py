"""Windows and groups that leave something out, or cost more than they seem to."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics import Diagnostic
from netspec.graph import Graph, Node
from netspec.lints.around import filters
from netspec.schema.traits import Window
from netspec.schema.wording import spelled


def groups(graph: Graph) -> Iterator[Diagnostic]:
    """N524: each group has one filter, and that reads several channels which no other filter reads.

    Fewer groups, as ResNeXt has, let filters share what they read; as many as there are channels,
    as MobileNet has, cost far less.
    """
    for node, window in windowed(graph):
        if window.groups < 2 or not filters(node):
            continue
        read = node.bottoms[0].shape[1] // window.groups
        if node.shapes[0][1] == window.groups and read > 1:
            message = f"each of the {window.groups} groups of {node.name} has one filter, "
            message += f"which alone reads {read} channels"
            help = "use fewer groups, or as many as there are channels"
            yield Diagnostic("N524", message, node.span, help)


def gaps(graph: Graph) -> Iterator[Diagnostic]:
    """N525: windows that step over positions, which then count for nothing."""
    for node, window in windowed(graph):
        spans = [d * (k - 1) + 1 for k, d in zip(window.kernel, window.dilation)]
        sizes = node.bottoms[0].shape[-len(spans) :]
        skips = [t > s > 1 and size > s for s, t, size in zip(spans, window.stride, sizes)]
        if any(skips):
            message = f"{node.name} steps by {spelled(window.stride)} with a window of "
            message += f"{spelled(window.kernel)}: what lies between is never read"
            yield Diagnostic("N525", message, node.span, "lower the stride, or enlarge the window")


def shifts(graph: Graph) -> Iterator[Diagnostic]:
    """N526: an even window, padded, of stride 1: the top is shifted by half a position."""
    for node, window in windowed(graph):
        even = [
            k % 2 == 0 and (k - 1) * d % 2 == 1 and p > 0 and t == 1
            for k, d, p, t in zip(window.kernel, window.dilation, window.pad, window.stride)
        ]
        if any(even) and filters(node):
            top = node.shapes[0][-len(even) :]
            bottom = node.bottoms[0].shape[-len(even) :]
            if any(e and abs(a - b) == 1 for e, a, b in zip(even, top, bottom)):
                message = f"the window of {node.name} is even: padding makes {spelled(top)} of "
                message += f"{spelled(bottom)}, shifted by half a position"
                yield Diagnostic("N526", message, node.span, "use an odd kernel_size")


def larger(graph: Graph) -> Iterator[Diagnostic]:
    """N528: a window larger than the image and its padding; it has one place, and overhangs."""
    for node, window in windowed(graph):
        spans = [d * (k - 1) + 1 for k, d in zip(window.kernel, window.dilation)]
        sizes, top = (s[-len(spans) :] for s in (node.bottoms[0].shape, node.shapes[0]))
        over = [n == 1 and k > s + 2 * p for n, k, s, p in zip(top, spans, sizes, window.pad)]
        if any(over):
            message = f"the window of {node.name} spans {spelled(spans)}, but the image is "
            message += spelled(sizes)
            help = "feed larger images, or make the window smaller"
            yield Diagnostic("N528", message, node.span, help)


def windowed(graph: Graph) -> Iterator[tuple[Node, Window]]:
    """The layers that slide a window, and their windows."""
    for node in graph.nodes:
        window = node.layer.slides(*(b.shape for b in node.bottoms)) if node.bottoms else None
        if window is not None:
            yield node, window
