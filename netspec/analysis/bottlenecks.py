"""Representational bottlenecks: where a net passes on much less than it was given, and then widens.

Principle 1 of arXiv 1512.00567: "one should avoid bottlenecks with extreme compression ... the
representation size should gently decrease from the inputs to the outputs before reaching the final
representation used for the task at hand."
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise, takewhile

from netspec.analysis.cuts import Cut, profile_of
from netspec.analysis.finding import Figure, Finding, Principle
from netspec.analysis.flow import Flow, flows
from netspec.diagnostics import Note
from netspec.graph import Graph, Value
from netspec.schema.layer import Family

WAIST = 2.0  # a waist is more times narrower than what lies before it, and than what follows
SHARP = 2 * math.sqrt(2)  # half-way between a stride of 2 with the filters doubled (2) and not (4)
OWN_TREND = 1.5  # a sharp drop is so many times the net's own
LOST = 0.75  # and leaves at most so much of what can arrive there


@dataclass(frozen=True)
class Passage:
    """A cut in its place along a profile, in elements of one image."""

    cut: Cut
    before: Cut
    """The value alone that it is made of, or the inputs."""
    arriving: int
    """The most that can arrive: the narrowest cut before it."""
    following: int
    """The widest cut after it, before the target."""

    @property
    def drop(self) -> float:
        """How many times fewer elements there are than in the value before it."""
        return self.before.elements / max(self.cut.elements, 1)

    @property
    def coarser(self) -> bool:
        """Whether its grid has fewer positions than that of the value before it."""
        return positions(self.cut.last) < positions(self.before.last)

    @property
    def waist(self) -> float:
        """How many times narrower it is than what lies before and after it."""
        return min(self.arriving, self.following) / max(self.cut.elements, 1)


def bottlenecks(graph: Graph) -> tuple[Finding, ...]:
    """What principle 1 says of the net: A101 waists and A102 sharp drops, each layer once.

    Every prediction is looked at by itself, and where it has several inputs, each of these as far
    as no other joins it. A prediction is a target, and no bottleneck; nor is the end of the funnel,
    where nothing wider follows.
    """
    whole = flows(graph)
    several = dict.fromkeys(v for flow in whole if len(flow.inputs) > 1 for v in flow.inputs)
    reached = {source: flows(graph, source) for source in several}
    every = []
    for source, found in reached.items():
        others = {
            v for other in several if other != source for f in reached[other] for v in f.parents
        }
        every += [finding for flow in found for finding in _findings(flow, others)]
    every += [finding for flow in whole for finding in _findings(flow)]
    return tuple({(found.code, found.node): found for found in every}.values())


def _findings(flow: Flow, others: Collection[Value] = ()) -> Iterator[Finding]:
    """What is found as far as none of `others` is passed."""
    profile, joined = profile_of(flow), frozenset(others)
    own = sum(1 for _ in takewhile(lambda cut: joined.isdisjoint(cut.values), profile))
    came = f"all of {flow.inputs[0].blob}" if joined else "all"
    found = passages(profile, own)
    waists = set(_waists(found))
    trend = own_trend(profile[: len(found) + 1])
    for passage in found:
        if passage in waists:
            yield _waist(passage, came, flow.end)
        elif _is_sharp(passage, trend):
            yield _sharp(passage, trend)


def passages(profile: Sequence[Cut], own: int | None = None) -> list[Passage]:
    """The cuts between the inputs and the target, each with what arrives and what follows.

    `own` is how many cuts are looked at where not all are.

    After a cut that gives up the grid, as global pooling does, nothing follows but an output with
    a grid of its own: the layers of a classifier may be of any width.
    """
    inner = profile[: _target(profile)][:own]
    classifies = positions(profile[-1].last) == 1
    elements = [cut.elements for cut in inner]
    narrowest_until = list(accumulate(elements, min))
    widest_from = [*accumulate(elements[::-1], max)][::-1] + [0]
    made, alone = [], profile[0]
    for i, cut in enumerate(inner[1:], 1):
        gives_up = positions(alone.last) > positions(cut.last) == 1
        following = 0 if classifies and gives_up else widest_from[i + 1]
        made.append(Passage(cut, alone, narrowest_until[i - 1], following))
        alone = cut if cut.alone else alone
    return made


def _target(profile: Sequence[Cut]) -> int:
    """Where the prediction begins: scores stay scores where they are resampled or pooled.

    So it is the first value alone from which on the channels are those of the output.
    """
    channels, first = profile[-1].last.shape[1:2], len(profile) - 1
    while first > 1 and (cut := profile[first - 1]).alone and cut.last.shape[1:2] == channels:
        first -= 1
    return first


def _waists(found: Sequence[Passage]) -> Iterator[Passage]:
    """The narrowest of each run of cuts that are narrow; later ones that are no narrower pass."""
    for narrow, run in groupby(found, key=lambda passage: passage.waist > WAIST):
        if narrow:
            yield min(run, key=lambda passage: passage.cut.elements)


def positions(value: Value) -> int:
    """How many positions the grid of a value has; 1 where it has no spatial axes.

    Axes that a fully connected or recurrent layer leaves are steps and features, and no grid.
    """
    return 1 if value.node.layer.family is Family.DENSE else math.prod(value.shape[2:])


def own_trend(cuts: Sequence[Cut]) -> float:
    """How many times fewer elements there are after each coarsening of the grid, on the whole.

    The geometric mean from the first cut to the last that has a grid; at least 1.
    """
    grids = [cut for cut in cuts if positions(cut.last) > 1]
    coarser = sum(positions(b.last) < positions(a.last) for a, b in pairwise(grids))
    if not coarser:
        return 1.0
    return max(1.0, (grids[0].elements / max(grids[-1].elements, 1)) ** (1 / coarser))


def _is_sharp(passage: Passage, trend: float) -> bool:
    return (
        passage.coarser
        and passage.drop >= max(SHARP, OWN_TREND * trend)
        and passage.cut.elements <= LOST * passage.arriving
        and passage.following > passage.cut.elements
        and positions(passage.cut.last) > 1
    )


def _waist(passage: Passage, came: str, end: Value) -> Finding:
    where, elements = passage.cut.named, passage.cut.elements
    message = f"{came} that reaches {end.blob} passes {elements:,} elements in {where}"
    help = "use more filters there; or lead a second branch around it, and concatenate"
    notes = [f"{passage.arriving:,} elements could arrive, and {passage.following:,} follow"]
    return _finding(
        "A101", passage, message, help, notes, Figure("narrower", passage.waist, "times")
    )


def _sharp(passage: Passage, trend: float) -> Finding:
    message = f"the grid gets coarser in {passage.cut.named} before there are more filters"
    help = "put a convolution of the same stride beside it, and concatenate the two"
    before, elements = passage.before.elements, passage.cut.elements
    notes = [
        f"{before:,} elements become {elements:,}, and {passage.following:,} follow",
        f"{passage.drop:.1f} times fewer; the net's own trend is {trend:.1f} for each grid",
    ]
    figures = Figure("drop", passage.drop, "times"), Figure("trend", trend, "times")
    return _finding("A102", passage, message, help, notes, *figures)


def _finding(
    code: str, passage: Passage, message: str, help: str, notes: Sequence[str], *more: Figure
) -> Finding:
    figures = (
        Figure("elements", passage.cut.elements, "elements"),
        Figure("arriving", passage.arriving, "elements"),
        Figure("following", passage.following, "elements"),
        *more,
    )
    nodes = tuple(dict.fromkeys(value.node for value in passage.cut.values))
    told = tuple(Note(note) for note in notes)
    return Finding(code, Principle.BOTTLENECKS, nodes, message, help, figures, told)
