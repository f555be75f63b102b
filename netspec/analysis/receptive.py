"""The receptive field of every blob: which part of an input a position of it sees.

Sizes, strides and paddings are those of Araujo, Norris and Sim, "Computing receptive fields of
convolutional neural networks" (Distill 2019). Where paths meet the field is their hull. It is
undefined where they have different strides, since its size then differs from place to place.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from netspec.graph import Graph, Node, Value
from netspec.schema.layer import Shape
from netspec.schema.sight import Reach, Sees

SPATIAL = 2  # the first spatial axis


@dataclass(frozen=True)
class Span:
    """On one axis of the input, position p of the blob sees `stride` p + `first` to + `last`.

    A stride of 0 is a blob whose positions all see the same. `first` counts from the input's first
    element; it is negative where padding is seen. `aligned` is False where paths with different
    centres meet.
    """

    stride: Fraction
    first: Fraction
    last: Fraction
    aligned: bool = True

    @property
    def size(self) -> int:
        """How many elements a position sees, at most."""
        return math.floor(self.last - self.first) + 1

    @property
    def offset(self) -> float:
        """Where the centre of the first position's field lies, in elements of the input."""
        return float((self.first + self.last) / 2)

    @property
    def padding(self) -> int:
        """How many elements before the input's first the first position sees."""
        return math.ceil(-self.first)

    def seen_by(self, reach: Reach) -> Span:
        """The field of a position that reaches for several of these."""
        first = self.stride * reach.first + self.first
        last = self.stride * reach.last + self.last
        return Span(self.stride * reach.step, first, last, self.aligned)

    def of_all(self, positions: int) -> Span:
        """The field of what sees every position."""
        end = self.last + self.stride * (positions - 1)
        return Span(Fraction(0), self.first, end, self.aligned)

    def as_json(self) -> dict[str, Any]:
        return {
            "size": self.size,
            "stride": float(self.stride),
            "offset": self.offset,
            "padding": self.padding,
            "aligned": self.aligned,
        }


Field = tuple[Span, ...] | None
"""A Span for each spatial axis of the input; None where it is undefined or not known."""


def receptive_fields(graph: Graph, blob: str) -> dict[Value, Field]:
    """The field in an input, or in what a data layer makes, of every value that depends on it.

    Raises KeyError where the graph has no such blob.
    """
    first = {v.blob: v for n in reversed(graph.nodes) for v in n.values}
    source = first[blob]
    own = Span(Fraction(1), Fraction(0), Fraction(0))
    found: dict[Value, Field] = {source: (own,) * len(source.shape[SPATIAL:])}
    for node in graph.nodes:
        seen = [
            (found[b], b.shape)
            for i, b in enumerate(node.bottoms)
            if b in found and i not in node.layer.shape_only
        ]
        if seen:
            field = _field(node, seen)
            found.update((v, field) for v in node.values if v not in found)
    return found


def _field(node: Node, seen: Sequence[tuple[Field, Shape]]) -> Field:
    """The hull of what is seen through each bottom."""
    if not node.sized or not node.shapes:
        return None
    parts = [None if field is None else _through(node, field, shape) for field, shape in seen]
    known = [part for part in parts if part is not None]
    return _hull(known, node.shapes[0][SPATIAL:]) if len(known) == len(parts) else None


def _through(node: Node, field: tuple[Span, ...], shape: Shape) -> Field:
    """What a position of the tops sees through a bottom of this shape."""
    sight = node.sight
    match sight:
        case Sees.SAME:
            return field
        case Sees.ALL:
            return _of_all(field, shape)
        case tuple() if len(sight) == len(field):
            return tuple(span.seen_by(reach) for span, reach in zip(field, sight))
    return None


def _of_all(field: tuple[Span, ...], shape: Shape) -> Field:
    """What all positions see; a blob without spatial axes has one."""
    sizes = shape[SPATIAL:] or (1,) * len(field)
    if len(sizes) == len(field):
        return tuple(span.of_all(size) for span, size in zip(field, sizes))
    return field if all(span.stride == 0 for span in field) else None


def _hull(parts: Sequence[tuple[Span, ...]], sizes: Shape) -> Field:
    """What is seen through any of the paths, by a blob of these spatial sizes."""
    joined = []
    for axis, spans in enumerate(zip(*parts)):
        strides = {span.stride for span in spans}
        if len(strides) > 1 and 0 in strides and axis < len(sizes):  # all see one of them alike
            spans = tuple(span.of_all(sizes[axis]) for span in spans)
        elif len(strides) > 1:
            return None
        aligned = len({s.first + s.last for s in spans}) == 1 and all(s.aligned for s in spans)
        first, last = min(s.first for s in spans), max(s.last for s in spans)
        joined.append(Span(spans[0].stride, first, last, aligned))
    return tuple(joined)
