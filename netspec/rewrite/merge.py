"""Convolutions side by side as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate

from netspec.graph import Graph, Node
from netspec.language.tree import Field
from netspec.rewrite.edit import Replace
from netspec.rewrite.fields import layer, scalar
from netspec.rewrite.proposal import Proposal, Rewrite
from netspec.rewrite.unit import convolution, convolutions, filters, window
from netspec.rewrite.weight_rules import Stack
from netspec.schema.settings import NOWHERE

FEWEST = 2


def merged(graph: Graph) -> Iterator[Proposal]:
    """1x1 convolutions of one blob, all alike but for how many filters they have, as one whose top
    is sliced: one pass over the blob instead of several.
    """
    alike: dict[object, list[Node]] = defaultdict(list)
    for node in convolutions(graph):
        if set(window(node).kernel) != {1} or window(node).groups != 1:
            continue
        same = replace(convolution(node), num_output=1)
        alike[node.bottoms[0], str(same), str(node.params), node.phase].append(node)
    for nodes in alike.values():
        if len(nodes) >= FEWEST and len({n.span for n in nodes}) == len(nodes):
            yield _merge(nodes)


def _merge(nodes: list[Node]) -> Proposal:
    first = nodes[0]
    name = f"{first.name}_merged"
    total = sum(map(filters, nodes))
    whole = replace(convolution(first), num_output=total)
    params = [Field("param", spec.unbind(), NOWHERE) for spec in first.params]
    ends = accumulate(map(filters, nodes[:-1]))
    points = [Field("slice_point", scalar(str(end)), NOWHERE) for end in ends]
    read, tops = first.bottoms[0].blob, [n.tops[0] for n in nodes]
    made = (
        layer("Convolution", name, [read], [name], extra=[*params, *whole.unbind_fields()]),
        layer("Slice", f"{name}/slice", [name], tops, "slice_param", inside=points),
    )
    what = f"one convolution with {total} filters, sliced: " + ", ".join(n.name for n in nodes)
    rule = Stack(name, tuple(n.name for n in nodes))
    return Proposal(first, (Replace(tuple(nodes), made),), what, (rule,))


REWRITES = (Rewrite("A155", "1x1 convolutions of one blob as one", merged),)
