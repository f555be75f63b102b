"""Principles 2 to 4 of arXiv 1512.00567, section 2, each a function of a graph."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from netspec.analysis.bottlenecks import passages
from netspec.analysis.cuts import profile_of
from netspec.analysis.finding import Figure, Finding, Principle
from netspec.analysis.flow import Flow, flows
from netspec.analysis.stages import filters, stages
from netspec.diagnostics import Note
from netspec.graph import Graph, Node
from netspec.schema.wording import spelled

GROWTH = math.sqrt(2)  # a stage of a quarter of the positions then keeps a third of the elements
FAN_IN = 4096  # numbers that one filter reads
SHARE = 0.2  # of all multiply-accumulates, in one layer
FAIR = 4  # and so many times what each would have if all had as much


def local(graph: Graph) -> Iterator[Finding]:
    """A110: the coarsest grid of a classifier has hardly more filters than the one before it.

    High-dimensional representations are easiest to process locally: the paper expands its filter
    banks where the grid is coarsest (section 2, principle 2, and figure 7).
    """
    for flow in flows(graph)[-1:]:
        if math.prod(flow.end.shape[2:]) == 1:
            yield from _local(flow)


def _local(flow: Flow) -> Iterator[Finding]:
    widest: dict[tuple[int, ...], int] = {}
    for passage in passages(profile_of(flow)):
        value = passage.cut.last
        if passage.cut.alone and math.prod(value.shape[2:]) > 1:
            grid = value.shape[2:]
            widest[grid] = max(widest.get(grid, 0), value.shape[1])
    worked = [node for value in flow.parents if _spread(node := value.node)]
    grids = [g for g in widest if any(node.shapes[0][2:] == g for node in worked)]
    for before, grid in list(pairwise(grids))[-1:]:
        channels, growth = widest[grid], widest[grid] / widest[before]
        if math.prod(grid) >= math.prod(before) or growth >= GROWTH:
            continue
        first = next(node for node in worked if node.shapes[0][2:] == grid)
        message = f"the coarsest grid, {spelled(grid)}, has {growth:.2f} times the channels of "
        message += f"the one before: {channels}"
        help = f"give it {math.ceil(GROWTH * widest[before])} or more: there filters cost least"
        figures = (
            Figure("channels", channels, "channels"),
            Figure("before", widest[before], "channels"),
            Figure("growth", growth, "times"),
        )
        yield Finding("A110", Principle.LOCAL, (first,), message, help, figures)


def reduced(graph: Graph) -> Iterator[Finding]:
    """A120: filters that read very many numbers, with no 1x1 convolution before them to have fewer.

    What lies side by side is so correlated that little is lost by reducing the dimension first
    (section 2, principle 3).
    """
    for node in dict.fromkeys(v.node for f in flows(graph) for v in f.parents):
        window = node.layer.slides(*(b.shape for b in node.bottoms)) if filters(node) else None
        if window is None or not _spread(node) or _follows_reduction(node):
            continue
        channels = node.bottoms[0].shape[1] // window.groups
        fan_in = channels * math.prod(window.kernel)
        if fan_in > FAN_IN:
            message = f"each filter of {node.name} reads {fan_in:,} numbers: "
            message += f"{spelled(window.kernel)} of {channels} channels"
            help = f"put a 1x1 convolution with {channels // 2} filters or fewer before it"
            figures = (
                Figure("fan_in", fan_in, "inputs"),
                Figure("channels", channels, "channels"),
                Figure("macs", node.macs, "MACs"),
            )
            yield Finding("A120", Principle.REDUCTION, (node,), message, help, figures)


def _spread(node: Node) -> bool:
    """Whether it has filters that look at more than one position."""
    window = node.layer.slides(*(b.shape for b in node.bottoms)) if filters(node) else None
    return window is not None and math.prod(window.kernel) > 1


def _follows_reduction(node: Node) -> bool:
    """Whether what it reads was made by a 1x1 convolution with fewer filters than it read."""
    maker = node.bottoms[0].node
    while (
        len(maker.bottoms) == 1
        and not filters(maker)
        and maker.layer.slides(maker.bottoms[0].shape) is None
    ):
        maker = maker.bottoms[0].node
    if not filters(maker) or _spread(maker):
        return False
    return maker.shapes[0][1] < maker.bottoms[0].shape[1]


def balanced(graph: Graph) -> Iterator[Finding]:
    """A130: one layer takes a large share of the operations, in a net of many.

    Width and depth are best increased together; the computation should be shared out between them
    (section 2, principle 4).
    """
    working = [node for node in graph.nodes if filters(node)]
    total = sum(node.macs for node in working)
    parts = {node: stage for stage in stages(graph) for node in stage.nodes}
    deep = sum(stage.depth for stage in set(parts.values()))
    for node in working:
        share = node.macs / total
        if share > max(SHARE, FAIR / len(working)):
            message = f"{node.name} takes {share:.0%} of the multiply-accumulates, "
            message += f"of {len(working)} layers with filters"
            help = "make it narrower, or reduce its input, and spend on depth what that saves"
            figures = (
                Figure("share", share, "of all MACs"),
                Figure("macs", node.macs, "MACs"),
                Figure("layers", len(working), "layers"),
            )
            stage = parts[node]
            grid = f"on the grid {spelled(stage.grid)}" if stage.grid else "after the last grid"
            spent = f"{grid} the net spends {stage.macs / total:.0%} of them on {stage.depth} of "
            notes = (Note(f"{spent}{deep} layers of its depth"),)
            yield Finding("A130", Principle.BALANCE, (node,), message, help, figures, notes)
