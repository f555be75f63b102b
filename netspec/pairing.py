"""Which layer of one graph is which of another: by name, or, renamed, by what it does and reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable

from netspec.graph import Graph, Node, Value
from netspec.schema.one_line import describe


def pair(a: Graph, b: Graph) -> dict[Node, Node]:
    """The layers of `a` that `b` has too, in running order.

    Layers of one name are one layer, in their order where several have it; so are sources of the
    same blobs. Of the rest, two are one layer renamed if they have the same settings and shapes and
    read the same layers; or if no other layer that is left has those settings and parameters. A
    layer without parameters is renamed only where it reads the same, since anything may look like
    it.
    """
    paired = _by(_names(a), _names(b))
    paired |= _by(_sources(a, paired.keys()), _sources(b, paired.values()))
    left = [n for n in a.nodes if n not in paired]
    free = dict.fromkeys(n for n in b.nodes if n not in set(paired.values()))
    for node in left:
        other = next((m for m in free if _alike(node, m) and _reads_same(node, m, paired)), None)
        if other is not None:
            paired[node] = other
            del free[other]
    alone = _by(_single(n for n in left if n not in paired), _single(free))
    paired |= {one: other for one, other in alone.items() if one.weights}
    return {node: paired[node] for node in a.nodes if node in paired}


def _names(graph: Graph) -> dict[Hashable, Node]:
    """Nodes by name, and by how many above have it."""
    count: dict[str, int] = defaultdict(int)
    found: dict[Hashable, Node] = {}
    for node in graph.nodes:
        found[node.name, count[node.name]] = node
        count[node.name] += 1
    return found


def _sources(graph: Graph, paired: Collection[Node]) -> dict[Hashable, Node]:
    return {n.tops: n for n in graph.nodes if n.layer.makes_data and n not in paired}


def _by(one: dict[Hashable, Node], other: dict[Hashable, Node]) -> dict[Node, Node]:
    return {node: other[key] for key, node in one.items() if key in other}


def _single(nodes: Iterable[Node]) -> dict[Hashable, Node]:
    """Nodes by what they do, where only one does it."""
    found: dict[Hashable, list[Node]] = defaultdict(list)
    for node in nodes:
        found[describe(node.layer), tuple(w.shape for w in node.weights)].append(node)
    return {key: same[0] for key, same in found.items() if len(same) == 1}


def _alike(one: Node, other: Node) -> bool:
    return describe(one.layer) == describe(other.layer) and one.shapes == other.shapes


def _reads_same(one: Node, other: Node, paired: dict[Node, Node]) -> bool:
    return len(one.bottoms) == len(other.bottoms) and all(
        same_value(v, w, paired) for v, w in zip(one.bottoms, other.bottoms)
    )


def same_value(one: Value, other: Value, paired: dict[Node, Node]) -> bool:
    """Whether two values are the same top of the same layer."""
    return paired.get(one.node) is other.node and one.index == other.index
