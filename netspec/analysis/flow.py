"""How a net's inputs reach one of its outputs: the values between them, and who reads whom.

A layer that makes as many elements of one blob as that has, and mixes none of them (an activation,
a normalisation, a reshape, a Split), passes its bottom on: both are one value here. It changes no
cut: where such a top is in one, its bottom does as well and costs no more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from netspec.graph import Graph, Node, Value
from netspec.schema.layer import Family
from netspec.schema.unsized import UNSIZED

MIXES = (Family.SPATIAL, Family.DENSE)


@dataclass(frozen=True, eq=False)
class Flow:
    """What carries the inputs to `end`.

    `steps` are the values in running order, those that one layer makes together; the first step is
    all inputs. `parents` are what a value is made of. Only values on a way from an input to the
    end are here; labels reach a loss, and no prediction.
    """

    end: Value
    steps: tuple[tuple[Value, ...], ...]
    parents: Mapping[Value, tuple[Value, ...]]
    passed_on: Mapping[Value, Value]
    """Every value that an input reaches, and the one that it is here."""
    batch: int
    """The first axis of all inputs; 1 where they differ, and the whole is counted."""

    def elements(self, value: Value) -> int:
        """How many there are in the whole batch."""
        return math.prod(value.shape)

    @property
    def inputs(self) -> tuple[Value, ...]:
        return self.steps[0]

    def aliases(self) -> list[Value]:
        """The end, and what passes it on."""
        return [value for value, same in self.passed_on.items() if same == self.end]

    def readers(self) -> dict[Value, list[Value]]:
        """What is made of each value."""
        found: dict[Value, list[Value]] = {value: [] for step in self.steps for value in step}
        for value, parents in self.parents.items():
            for parent in parents:
                found[parent].append(value)
        return found

    def depths(self) -> dict[Value, int]:
        """The most layers that mix or join between an input and each value."""
        found: dict[Value, int] = {}
        for step in self.steps:
            for value in step:
                found[value] = 1 + max((found[p] for p in self.parents[value]), default=-1)
        return found


def flows(graph: Graph, source: Value | None = None) -> tuple[Flow, ...]:
    """A flow for each prediction, in running order; from all inputs, or from `source` alone.

    There is none for what has no input above it, nor for one whose shape is not known.
    """
    passed_on, parents = _carried(graph, source)
    known = (end for end in _ends(graph) if end in passed_on and end.shape is not UNSIZED)
    ends = dict.fromkeys(passed_on[end] for end in known)
    return tuple(_flow(graph, end, passed_on, parents) for end in ends)


def unsized(graph: Graph) -> tuple[str, ...]:
    """The predictions of a sketch that have no flow, since their shapes are not known."""
    return tuple(dict.fromkeys(end.blob for end in _ends(graph) if end.shape is UNSIZED))


def flow_to(graph: Graph, blob: str) -> Flow:
    """The flow to a blob, as its last writer leaves it. Raises KeyError where no input reaches."""
    passed_on, parents = _carried(graph)
    return _flow(graph, passed_on[graph.blobs[blob]], passed_on, parents)


def _carried(
    graph: Graph, source: Value | None = None
) -> tuple[dict[Value, Value], dict[Value, tuple[Value, ...]]]:
    """Every value that an input reaches, as the one that it passes on, and what each is made of.

    Where a layer reads a blob's shape alone, nothing is carried.
    """
    passed_on: dict[Value, Value] = {}
    parents: dict[Value, tuple[Value, ...]] = {}
    for node in graph.nodes:
        carrying = [passed_on[b] for b in _read(node) if b in passed_on]
        if not carrying and not node.layer.makes_data:
            continue
        for value in node.values:
            if not carrying and source not in (None, value):
                continue
            if len(carrying) == 1 and _passes_on(node, value, carrying[0]):
                passed_on[value] = carrying[0]
            else:
                passed_on[value] = value
                parents[value] = tuple(dict.fromkeys(carrying))
    return passed_on, parents


def _read(node: Node) -> Iterator[Value]:
    """The bottoms of which it reads more than the shape."""
    return (b for i, b in enumerate(node.bottoms) if i not in node.layer.shape_only)


def _passes_on(node: Node, top: Value, bottom: Value) -> bool:
    mixes = node.layer.family in MIXES or top.shape is UNSIZED
    return not mixes and math.prod(top.shape) == math.prod(bottom.shape)


def _ends(graph: Graph) -> Iterator[Value]:
    """The predictions: what a loss or a measure reads and nobody else, and the net's outputs.

    What no parameter has made is none: it is a label, or data.
    """
    learned: set[Value] = set()
    for node in graph.nodes:
        if node.weights or not node.layer.known or any(b in learned for b in _read(node)):
            learned.update(node.values)
    for node in graph.nodes:
        judges = node.layer.family is Family.LOSS
        if judges or node.layer.writes:
            yield from (b for b in _read(node) if b in learned)
        if not judges:
            yield from (v for v in node.values if v in learned and not graph.uses[v])


def _flow(
    graph: Graph,
    end: Value,
    passed_on: Mapping[Value, Value],
    parents: Mapping[Value, tuple[Value, ...]],
) -> Flow:
    needed, waiting = {end}, [end]
    while waiting:
        new = [p for p in parents[waiting.pop()] if p not in needed]
        needed.update(new)
        waiting += new
    inputs = tuple(v for v in parents if v in needed and not parents[v])
    made = (tuple(v for v in n.values if v in needed and parents.get(v)) for n in graph.nodes)
    firsts = {value.shape[:1] for value in inputs}
    first = firsts.pop() if len(firsts) == 1 else ()
    return Flow(
        end,
        (inputs, *(step for step in made if step)),
        {value: found for value, found in parents.items() if value in needed},
        passed_on,
        first[0] if first and first[0] > 0 else 1,
    )
