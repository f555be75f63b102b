"""Layers that move blobs without computing: Concat, Slice, Split, Flatten, Reshape, Silence."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from netspec.schema.kinds import Int, UInt
from netspec.schema.layer import Count, Family, Layer, Shape, canonical_axis
from netspec.schema.net import BlobShape
from netspec.schema.settings import Reject, param
from netspec.schema.sight import Sees, Sight
from netspec.schema.wording import spelled, times
from netspec.schema.work import Run, Work


class _AlongAxis(Layer):
    """An axis that older files name by another field."""

    axis: int = param(Int(), "the axis", default=1)

    def along(self, rank: int, old: str) -> int:
        """The axis counted from the front; raises Reject."""
        older: int | None = getattr(self, old)
        if older is None:
            return canonical_axis(self.axis, rank)
        return canonical_axis(older, rank, old)

    def twice(self, old: str) -> Iterable[Reject]:
        if getattr(self, old) is not None and self.axis != 1:
            message = f"axis is given together with {old}"
            yield Reject("N208", "axis", message, f"keep axis; {old} is its old name")


class Concat(_AlongAxis):
    """Join blobs along an axis."""

    message, family = "concat_param", Family.SHAPE
    caffe = "layers/concat_layer.cpp"

    axis: int = param(Int(), "the axis along which the blobs are joined", default=1)
    concat_dim: int | None = param(UInt, "the old name of axis", default=None)

    def check(self) -> Iterable[Reject]:
        return self.twice("concat_dim")

    def infer(self, first: Shape, *more: Shape) -> Shape:
        axis = self.along(len(first), "concat_dim")
        for i, other in enumerate(more, 1):
            rest = [d for j, d in enumerate(other) if j != axis]
            if len(other) != len(first) or rest != [d for j, d in enumerate(first) if j != axis]:
                message = f"bottom 0 is {spelled(first)} and bottom {i} is {spelled(other)}"
                help = f"all axes but axis {axis} have to agree"
                raise Reject("N403", "bottom", message, help, i)
        return (*first[:axis], first[axis] + sum(b[axis] for b in more), *first[axis + 1 :])

    def sight(self, *bottoms: Shape) -> Sight:
        return Sees.SAME if self.along(len(bottoms[0]), "concat_dim") < 2 else None

    def work(self, run: Run) -> Work:
        return Work(0, view=len(run.bottoms) == 1, passes=True)

    def caption(self, *bottoms: Shape) -> str:
        axis = self.along(len(bottoms[0]), "concat_dim")
        return "concat" if axis == 1 else f"concat, axis {axis}"


class Slice(_AlongAxis):
    """Cut a blob along an axis, into equal parts or at the slice points."""

    message, family = "slice_param", Family.SHAPE
    tops = Count(1, None)
    caffe = "layers/slice_layer.cpp"

    axis: int = param(Int(), "the axis along which the blob is cut", default=1)
    slice_point: tuple[int, ...] = param(
        UInt, "where a new part begins; one less than there are tops", many=True
    )
    slice_dim: int | None = param(UInt, "the old name of axis", default=None)

    def check(self) -> Iterable[Reject]:
        yield from self.twice("slice_dim")
        if any(b <= a for a, b in pairwise((0, *self.slice_point))):
            message = "the slice points do not rise"
            yield Reject("N208", "slice_point", message, "give them in order, each above 0")

    def infer(self, blob: Shape, *, tops: int) -> tuple[Shape, ...]:
        axis = self.along(len(blob), "slice_dim")
        size = blob[axis]
        if self.slice_point:
            if len(self.slice_point) != tops - 1:
                cuts = len(self.slice_point)
                message = f"slice_point is given {times(cuts)}: {cuts + 1} parts for {tops} tops"
                help = "give one slice_point less than there are tops"
                raise Reject("N407", "slice_point", message, help)
            if self.slice_point[-1] >= size:
                message = f"slice_point is {self.slice_point[-1]}, but axis {axis} has {size}"
                raise Reject("N407", "slice_point", message, f"at most {size - 1}")
            parts = [b - a for a, b in pairwise((0, *self.slice_point, size))]
        else:
            if size % tops:
                message = f"the {size} elements of axis {axis} do not make {tops} equal parts"
                raise Reject("N407", "top", message, "give slice_point, or another number of tops")
            parts = [size // tops] * tops
        return tuple((*blob[:axis], part, *blob[axis + 1 :]) for part in parts)

    def sight(self, *bottoms: Shape) -> Sight:
        return Sees.SAME if self.along(len(bottoms[0]), "slice_dim") < 2 else None

    def work(self, run: Run) -> Work:
        return Work(0, view=True, passes=False)


class Split(Layer):
    """Copy a blob to several tops; hardly needed, since any number of layers may read a blob."""

    family = Family.SHAPE
    tops = Count(1, None)
    caffe = "layers/split_layer.cpp"
    sees = Sees.SAME

    def infer(self, blob: Shape, *, tops: int) -> tuple[Shape, ...]:
        return (blob,) * tops

    def work(self, run: Run) -> Work:
        return Work(0, view=True, passes=True)

    def identity_when(self, training: bool) -> bool:
        return True


class Silence(Layer):
    """Read blobs and do nothing, so that they are no outputs of the net."""

    family = Family.SHAPE
    tops = Count(0, 0)
    caffe = "layers/silence_layer.cpp"
    each = 0

    def infer(self, blob: Shape, *more: Shape) -> tuple[Shape, ...]:
        return ()

    def deployed(self) -> None:
        return None


class Flatten(Layer):
    """Make one axis of several, of all but the batch when nothing is said."""

    message, family = "flatten_param", Family.SHAPE
    caffe = "layers/flatten_layer.cpp"
    sees = Sees.ALL

    axis: int = param(Int(), "the first axis that is flattened", default=1)
    end_axis: int = param(Int(), "the last axis that is flattened", default=-1)

    def span(self, rank: int) -> tuple[int, int]:
        """The first axis flattened and the one after the last; raises Reject."""
        first = canonical_axis(self.axis, rank)
        last = canonical_axis(self.end_axis, rank, "end_axis")
        if last < first - 1:
            message = f"end_axis {self.end_axis} lies before axis {self.axis}"
            help = "end_axis is the last axis that is flattened"
            raise Reject("N404", "end_axis", message, help)
        return first, last + 1

    def infer(self, blob: Shape) -> Shape:
        first, end = self.span(len(blob))
        return (*blob[:first], math.prod(blob[first:end]), *blob[end:])

    def work(self, run: Run) -> Work:
        return Work(0, view=True, passes=True)


class NewShape(BlobShape):
    """Dimensions of which 0 is copied from the bottom and one -1 is worked out."""

    dim: tuple[int, ...] = param(Int(-1), "a dimension", default=(), many=True)

    def check(self) -> Iterable[Reject]:
        if self.dim.count(-1) > 1:
            message = "the shape has -1 more than once"
            yield Reject("N208", "dim", message, "one dimension can be worked out")


class Reshape(Layer):
    """Give a blob another shape of as many elements: 0 copies a dimension, one -1 is worked out."""

    message, family = "reshape_param", Family.SHAPE
    caffe = "layers/reshape_layer.cpp"

    shape: NewShape = param(
        NewShape, "the dimensions that replace those from axis on", default=NewShape()
    )
    axis: int = param(Int(), "the first axis that is replaced; -1 is after the last", default=0)
    num_axes: int = param(Int(-1), "how many axes are replaced; -1 is all from axis on", default=-1)

    def span(self, rank: int) -> tuple[int, int]:
        """The first axis replaced and the one after the last; raises Reject."""
        first = self.axis if self.axis >= 0 else rank + self.axis + 1
        if not 0 <= first <= rank:
            message = f"axis is {self.axis}, but the bottom has {rank} axes"
            raise Reject("N404", "axis", message, f"an axis from {-rank - 1} to {rank}")
        end = rank if self.num_axes == -1 else first + self.num_axes
        if end > rank:
            message = f"num_axes is {self.num_axes}, but from axis {first} on the bottom has "
            message += f"{rank - first}"
            raise Reject("N404", "num_axes", message, f"at most {rank - first}")
        return first, end

    def infer(self, blob: Shape) -> Shape:
        first, end = self.span(len(blob))
        top = [*blob[:first], *self.shape.dim, *blob[end:]]
        for i, wanted in enumerate(self.shape.dim):
            if wanted == 0:
                if first + i >= len(blob):
                    message = f"dimension {i} of the shape is 0, but there is no axis {first + i}"
                    help = f"0 copies a dimension of the bottom, which is {spelled(blob)}"
                    raise Reject("N404", "shape", message, help)
                top[first + i] = blob[first + i]
        count = math.prod(blob)
        if -1 in self.shape.dim:
            missing = first + self.shape.dim.index(-1)
            known = math.prod(d for i, d in enumerate(top) if i != missing)
            if known == 0 or count % known:
                message = f"the {count} elements of {spelled(blob)} cannot be divided by {known}"
                help = "the dimensions that are given divide the number of elements"
                raise Reject("N405", "shape", message, help)
            top[missing] = count // known
        if math.prod(top) != count:
            message = f"{spelled(blob)} has {count} elements, {spelled(top)} has {math.prod(top)}"
            raise Reject("N405", "shape", message, "a reshaped blob keeps its number of elements")
        return tuple(top)

    def sight(self, *bottoms: Shape) -> Sight:
        return Sees.SAME if self.infer(bottoms[0])[2:] == bottoms[0][2:] else Sees.ALL

    def work(self, run: Run) -> Work:
        return Work(0, view=True, passes=True)
