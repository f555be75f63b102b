"""Cuts: sets of values that all of what reaches an output has to pass.

For each cut one can say how much passes (Szegedy et al. 2015, arXiv 1512.00567, section 2). How
much is counted in elements of one image, which is a rough measure: elements may be correlated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from netspec.analysis.flow import Flow, flow_to
from netspec.graph import Graph, Value
from netspec.schema.wording import listed


@dataclass(frozen=True)
class Cut:
    """Values that separate the inputs from an output, and how many elements they have in all.

    `elements` are those of one image, rounded; `depth` is the most layers that mix or join above
    any of the values.
    """

    values: tuple[Value, ...]
    elements: int
    depth: int

    @property
    def alone(self) -> bool:
        """Whether it is a single value, which dominates the output."""
        return len(self.values) == 1

    @property
    def last(self) -> Value:
        """The value that is made last."""
        return self.values[-1]

    @property
    def named(self) -> str:
        """What people call it: its blobs, of many the first and the last."""
        blobs = [value.blob for value in self.values]
        if len(blobs) > 3:
            return f"{blobs[0]} ... {blobs[-1]} ({len(blobs)} blobs)"
        return listed(blobs)

    def as_json(self) -> dict[str, Any]:
        blobs = [value.blob for value in self.values]
        return {"blobs": blobs, "elements": self.elements, "depth": self.depth}


def narrowest_cut(graph: Graph, output: str) -> Cut:
    """The cut of fewest elements between the inputs and a blob, the blob itself not counted.

    Of several the first, from the inputs on. Raises KeyError where no input reaches the blob.
    """
    return narrowest(profile_of(flow_to(graph, output)))


def narrowest(profile: Sequence[Cut]) -> Cut:
    """The narrowest of a profile, its end not counted unless there is nothing else."""
    return min(profile[:-1] or profile, key=lambda cut: cut.elements)


def profile(graph: Graph, output: str) -> tuple[Cut, ...]:
    """The narrowest cuts from the inputs to a blob, in order; the last is the blob itself.

    Every value that dominates the blob is one, and between two of them stands the narrowest cut of
    what lies side by side there, unless something leads around it. A cut that cannot be made
    smaller lies between two dominators, so the narrowest of all is among them.
    """
    return profile_of(flow_to(graph, output))


def profile_of(flow: Flow) -> tuple[Cut, ...]:
    """The same for a flow: one minimum cut for each stretch between two dominators."""
    dominators = [cut.values[0] for cut in frontiers(flow) if cut.alone]
    order = [value for step in flow.steps for value in step]
    place = {value: i for i, value in enumerate(order)}
    readers, depths = flow.readers(), flow.depths()
    made = []
    for before, after in pairwise((None, *dominators)):
        assert after is not None
        inside = order[place[before] + 1 if before else 0 : place[after]]
        if inside and (before is None or after not in readers[before]):
            made.append(_cut(_minimum_cut(flow, before, after, inside), flow, depths))
        made.append(_cut([after], flow, depths))
    return tuple(made)


def profile_as_json(flow: Flow) -> dict[str, Any]:
    """Plain data: the profile, its narrowest cut, and the frontiers."""
    found = profile_of(flow)
    return {
        "prediction": flow.end.blob,
        "batch": flow.batch,
        "narrowest": narrowest(found).as_json(),
        "profile": [cut.as_json() for cut in found],
        "frontiers": [cut.as_json() for cut in frontiers(flow)],
    }


def frontiers(flow: Flow) -> Iterator[Cut]:
    """What is alive after each layer in running order: made, and still to be read. Each is a cut.

    Of a value that dominates the output, the frontier is that value alone: any other value alive
    there would lead around it.
    """
    unread = {value: len(made) for value, made in flow.readers().items()}
    depths = flow.depths()
    alive: dict[Value, None] = {}
    for step in flow.steps:
        for value in step:
            alive[value] = None
            for parent in flow.parents[value]:
                unread[parent] -= 1
                if not unread[parent]:
                    del alive[parent]
        yield _cut(list(alive), flow, depths)


def _cut(values: list[Value], flow: Flow, depths: dict[Value, int]) -> Cut:
    elements = sum(flow.elements(value) for value in values)
    return Cut(tuple(values), round(elements / flow.batch), max(depths[v] for v in values))


def _minimum_cut(
    flow: Flow, before: Value | None, after: Value, inside: Sequence[Value]
) -> list[Value]:
    """The values inside that separate the two with fewest elements, by maximum flow.

    Each value is an edge of its elements, from where it is written to where it is read; reading it
    has no bound. Without `before`, the inputs inside are where the flow begins.
    """
    import networkx
    from networkx.algorithms.flow import boykov_kolmogorov

    start, end = "inputs", "output"
    within, net = set(inside), networkx.DiGraph()
    for value in inside:
        net.add_edge((value, "written"), (value, "read"), capacity=flow.elements(value))
        for parent in flow.parents[value]:
            net.add_edge((parent, "read") if parent in within else start, (value, "written"))
        if not flow.parents[value]:
            net.add_edge(start, (value, "written"))
    for parent in flow.parents[after]:
        net.add_edge((parent, "read"), end)
    _, (reached, _) = networkx.minimum_cut(net, start, end, flow_func=boykov_kolmogorov)
    return [v for v in inside if (v, "written") in reached and (v, "read") not in reached]
