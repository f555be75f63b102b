"""Plain stacks of convolutions as residual blocks (He et al. 2015, arXiv 1512.03385)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from netspec.graph import Graph, Node, Value
from netspec.layers.activation import ReLU
from netspec.layers.arithmetic import Eltwise
from netspec.layers.shape import Concat
from netspec.rewrite.edit import Replace
from netspec.rewrite.fields import layer
from netspec.rewrite.proposal import Proposal, Rewrite
from netspec.rewrite.unit import convolutions, unit

DEPTH = 2  # convolutions of a block
DEEP = 10  # convolutions of a plain net that is hard to train without


def shortcuts(graph: Graph) -> Iterator[Proposal]:
    """What two convolutions read, added to what they make, before the last activation."""
    taken: set[Node] = set()
    joins = any(isinstance(n.layer, Eltwise | Concat) for n in graph.nodes)
    filtering = dict.fromkeys(convolutions(graph))
    plain = not joins and len(filtering) >= DEEP
    for first in filtering:
        start = first.bottoms[0]
        body = _stack(first, graph, filtering)
        if body is None or taken & set(body) or start.shape != body[-1].shapes[0]:
            continue
        last = body[-1]
        if not isinstance(last.layer, ReLU) or _added(last.values[0], graph):
            continue
        taken.update(body)
        yield Proposal(
            first,
            (_shortcut(start, last),),
            f"{start.blob} added to what its block makes",
            offered=plain,
        )


def _stack(first: Node, graph: Graph, filtering: Collection[Node]) -> list[Node] | None:
    """The nodes of DEPTH convolutions, with what belongs to each, from `first` on."""
    body: list[Node] = []
    at = first
    for i in range(DEPTH):
        body += unit(at, graph)
        readers = graph.uses[body[-1].values[0]]
        if i + 1 < DEPTH:
            if len(readers) != 1 or readers[0][0] not in filtering:
                return None
            at = readers[0][0]
    return body


def _added(value: Value, graph: Graph) -> bool:
    return any(isinstance(reader.layer, Eltwise) for reader, _ in graph.uses[value])


def _shortcut(start: Value, last: Node) -> Replace:
    """The activation, with the sum before it."""
    inner, out = last.bottoms[0].blob, last.tops[0]
    name = f"{inner}/sum"
    relu_top = name if out == inner else out
    made = (
        layer("Eltwise", name, [start.blob, inner], [name]),
        layer("ReLU", last.name, [name], [relu_top], extra=last.layer.unbind_fields()),
    )
    return Replace((last,), made, {out: relu_top} if relu_top != out else {})


REWRITES = (Rewrite("A153", "a plain stack as a residual block", shortcuts),)
