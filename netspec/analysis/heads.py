"""Auxiliary classifiers, and what is now known of them (arXiv 1512.00567, section 4)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from netspec.analysis.finding import Figure, Finding, Principle
from netspec.analysis.flow import Flow, flows
from netspec.graph import Graph, Node, Value
from netspec.schema.layer import Family


@dataclass(frozen=True)
class Head:
    """An auxiliary classifier. `own` are the values that it alone is computed from.

    `lower` where another stands above it, `normalised` where it normalises by the batch.
    """

    end: Value
    own: tuple[Value, ...]
    lower: bool
    normalised: bool

    @property
    def first(self) -> Node:
        """The layer that it begins with."""
        return self.own[0].node if self.own else self.end.node


def auxiliary_heads(graph: Graph) -> tuple[Head, ...]:
    """The heads that classify what the net's last prediction does, from the lowest on."""
    found = flows(graph)
    main = found[-1] if found else None
    heads = [flow for flow in found[:-1] if main is not None and _same_task(flow, main, graph)]
    made = []
    for flow in heads:
        assert main is not None
        own = tuple(value for value in flow.parents if value not in main.parents)
        normalised = any(n.layer.batch_statistics and _reads(n, own, flow) for n in graph.nodes)
        made.append(Head(flow.end, own, flow is not heads[-1], normalised))
    return tuple(made)


def auxiliary(graph: Graph) -> Iterator[Finding]:
    """A142: an auxiliary classifier without batch normalisation, or one of several.

    It does not help early training, as was thought, but regularises, and does so better when it is
    batch-normalised; of two, the lower one can go without harm (section 4).
    """
    for head in auxiliary_heads(graph):
        if head.normalised and not head.lower:
            continue
        learned = sum(math.prod(w.shape) for v in head.own for w in v.node.weights if w.learned)
        message = f"the auxiliary classifier {head.end.blob} "
        if head.lower:
            message += "is the lower of two"
            help = "remove it: it has no effect on the quality that is reached"
        else:
            message += "has no batch normalisation"
            help = "normalise its layers by the batch: it regularises the better"
        figures = (Figure("parameters", learned, "parameters"),)
        yield Finding("A142", Principle.FACTORS, (head.first,), message, help, figures)


def _same_task(head: Flow, main: Flow, graph: Graph) -> bool:
    """Whether a head classifies what the main classifier does, and leads to it in no way."""
    alike = head.end.shape == main.end.shape and math.prod(head.end.shape[2:]) == 1
    labels = _labels(head, graph)
    own = alike and head.end not in main.parents
    return own and bool(labels) and labels == _labels(main, graph)


def _labels(flow: Flow, graph: Graph) -> set[Value]:
    """What the losses of a prediction compare it with."""
    judges = [
        reader
        for value in flow.aliases()
        for reader, _ in graph.uses[value]
        if reader.layer.family is Family.LOSS
    ]
    return {b for node in judges for b in node.bottoms if flow.passed_on.get(b) != flow.end}


def _reads(node: Node, own: tuple[Value, ...], head: Flow) -> bool:
    return any(head.passed_on.get(b) in own for b in node.bottoms)
