"""A deep net in several columns: where a single line passes, the drawing may go on beside.

A numbered circle ends a column, and the same one begins the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from netspec.draw.drawing import Drawing, Edge, Line


def cuts(drawing: Drawing, columns: int) -> list[str]:
    """The boxes that end a column: all that goes on below comes out of them.

    The columns are about equally long. There are fewer than asked for where the net has too few
    such places; blocks are not broken.
    """
    flow = [edge for edge in drawing.edges() if edge.line is Line.FLOW]
    shown = (drawing.ids[stack] for stack in drawing.shown)
    boxes = dict.fromkeys((*drawing.inputs.values(), *shown, *drawing.outputs.values()))
    place = {box: i for i, box in enumerate(boxes)}
    depth = _depths(flow, list(place))
    outermost = {drawing.ids[stack]: drawing.paths[stack][:1] for stack in drawing.shown}
    possible: dict[int, str] = {}
    for above, below in pairwise(place):
        inside = outermost.get(above) and outermost.get(above) == outermost.get(below)
        passing = [e for e in flow if place[e.tail] <= place[above] < place[e.head]]
        if not inside and {e.tail for e in passing} == {above} and above in outermost:
            possible[depth[above] + 1] = above
    each = (max(depth.values(), default=0) + 1) / columns
    chosen = [_nearest(possible, each * i, each / 2) for i in range(1, columns)]
    return [possible[at] for at in dict.fromkeys(at for at in chosen if at is not None)]


def _depths(flow: Sequence[Edge], boxes: Sequence[str]) -> dict[str, int]:
    """How many boxes stand above each, on the longest way; the boxes are in running order."""
    above: dict[str, list[str]] = {box: [] for box in boxes}
    for edge in flow:
        above[edge.head].append(edge.tail)
    depth: dict[str, int] = {}
    for box in boxes:
        depth[box] = 1 + max((depth[tail] for tail in above[box]), default=-1)
    return depth


def _nearest(places: dict[int, str], wanted: float, reach: float) -> int | None:
    near = [at for at in places if abs(at - wanted) < reach]
    return min(near, key=lambda at: abs(at - wanted), default=None)
