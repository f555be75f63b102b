"""Bottlenecks with grouped convolutions: ResNet to ResNeXt (Xie et al. 2016, arXiv 1611.05431)."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.graph import Graph, Node
from netspec.rewrite.edit import Edit, Variation, Vary
from netspec.rewrite.proposal import Proposal, Rewrite
from netspec.rewrite.unit import FOLLOWERS, channels, convolutions, feeding, filters, window

CARDINALITY = 32


def grouped(graph: Graph) -> Iterator[Proposal]:
    """1x1 to d, 3x3, 1x1 to more, as 1x1 to 2 d, 3x3 in 32 groups, 1x1: wider at equal cost."""
    plain = set(convolutions(graph))
    for middle in convolutions(graph):
        reduce, expand = feeding(middle), _fed(middle, graph)
        if reduce not in plain or expand not in plain or not _bottleneck(reduce, middle, expand):
            continue
        wide = 2 * filters(middle)
        if wide % CARDINALITY:
            continue
        groups = {"num_output": str(wide), "group": str(CARDINALITY)}
        edits: tuple[Edit, ...] = (
            Vary((reduce,), (Variation("", {reduce.name: {"num_output": str(wide)}}),)),
            Vary((middle,), (Variation("", {middle.name: groups}),)),
        )
        what = f"{wide} channels in {CARDINALITY} groups instead of {filters(middle)}"
        yield Proposal(middle, edits, what)


def _fed(node: Node, graph: Graph) -> Node | None:
    """The one layer that reads a convolution, past what follows it."""
    at = node
    while True:
        readers = graph.uses[at.values[0]]
        if len(readers) != 1:
            return None
        at = readers[0][0]
        if not isinstance(at.layer, FOLLOWERS):
            return at


def _bottleneck(reduce: Node, middle: Node, expand: Node) -> bool:
    windows = [window(node) for node in (reduce, middle, expand)]
    kernels, one_group = [w.kernel for w in windows], all(w.groups == 1 for w in windows)
    narrow = filters(reduce) == filters(middle) < min(filters(expand), channels(reduce))
    return kernels == [(1, 1), (3, 3), (1, 1)] and one_group and narrow


REWRITES = (Rewrite("A152", "a bottleneck with a grouped convolution, at equal cost", grouped),)
