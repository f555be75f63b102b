"""Parts of blobs: Crop a window, BatchReindex and Filter items of the batch, Tile them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from netspec.schema.forks import FCN
from netspec.schema.kinds import Bool, Int, UInt
from netspec.schema.layer import Count, Family, Layer, Shape, canonical_axis
from netspec.schema.settings import Reject, param
from netspec.schema.sight import Reach, Sees, Sight
from netspec.schema.wording import spelled
from netspec.schema.work import Run, Work


class Crop(Layer):
    """Cut a window out of the first bottom, as large as the second from an axis on."""

    message, family = "crop_param", Family.SHAPE
    shape_only = frozenset({1})
    caffe = "layers/crop_layer.cpp"

    axis: int = param(Int(), "the first axis that is cut; those before it are kept", default=2)
    offset: tuple[int, ...] = param(
        UInt,
        "where the window begins: none is 0, one counts for every axis, or one for each",
        many=True,
    )
    align: bool = param(
        Bool(),
        "work the offset out, from the layers between the bottoms",
        default=False,
        fork=FCN,
    )

    def check(self) -> Iterable[Reject]:
        if self.align and (self.offset or self.axis != 2):
            message = "align is given together with axis or offset"
            yield Reject("N208", "align", message, "align works them out: keep one or the other")

    def placed(self, lying: Callable[[], tuple[int, ...]], net: Sequence[Layer]) -> Crop:
        return replace(self, align=False, offset=lying()) if self.align else self

    def window(self, blob: Shape, size: Shape) -> tuple[slice, ...]:
        """What is cut, axis by axis; raises Reject."""
        first = canonical_axis(self.axis, len(blob))
        cut = len(blob) - first
        if len(self.offset) not in (0, 1, cut):
            message = f"offset is given {len(self.offset)} times for {cut} axes"
            raise Reject(
                "N407", "offset", message, f"give it once, or once for each of the {cut} axes"
            )
        if len(size) < len(blob):
            message = f"the second bottom is {spelled(size)}, but the first has {len(blob)} axes"
            raise Reject("N403", "bottom", message, "both have the same axes")
        offsets = self.offset * cut if len(self.offset) == 1 else self.offset or (0,) * cut
        for axis, offset in enumerate(offsets, first):
            if offset + size[axis] > blob[axis]:
                message = (
                    f"axis {axis} has {blob[axis]} elements, fewer than {offset} + {size[axis]}"
                )
                raise Reject(
                    "N402", "offset", message, "use a smaller offset, or a larger first bottom"
                )
        return (slice(None),) * first + tuple(
            slice(offset, offset + size[axis]) for axis, offset in enumerate(offsets, first)
        )

    def infer(self, blob: Shape, size: Shape) -> Shape:
        window = self.window(blob, size)
        return tuple(len(range(d)[part]) for d, part in zip(blob, window))

    def sight(self, *bottoms: Shape) -> Sight:
        return tuple(Reach.shifted(part.start or 0) for part in self.window(*bottoms)[2:])

    def work(self, run: Run) -> Work:
        return Work(0, view=True)


class BatchReindex(Layer):
    """The items of the first bottom that the second names, in its order, as often as it does."""

    family = Family.SHAPE
    caffe = "layers/batch_reindex_layer.cpp"
    each = 0
    sees = Sees.SAME

    def infer(self, blob: Shape, places: Shape) -> Shape:
        if not blob:
            raise Reject("N401", "bottom", "expected a batch, found a single number", "add an axis")
        if len(places) != 1:
            raise Reject(
                "N401",
                "bottom",
                f"expected one axis of places, found {spelled(places)}",
                "flatten it",
            )
        return (*places, *blob[1:])


class Filter(Layer):
    """The items of the bottoms for which the last bottom, the selector, is not 0.

    How many they are is only known when the net runs; the shape stated is that of all items.
    """

    family = Family.SHAPE
    tops = Count(1, None)
    caffe = "layers/filter_layer.cpp"
    each = 0
    sees = Sees.SAME

    def infer(self, blob: Shape, *more: Shape, tops: int) -> tuple[Shape, ...]:
        *blobs, selector = blob, *more
        if tops != len(blobs):
            message = f"{tops} tops are made of {len(blobs)} bottoms and a selector"
            raise Reject(
                "N303", "top", message, "one top for each bottom but the last, which selects"
            )
        if any(d != 1 for d in selector[1:]):
            message = f"the selector is {spelled(selector)}"
            raise Reject("N401", "bottom", message, "it has one number for each item of the batch")
        for other in blobs:
            if other[:1] != selector[:1]:
                message = f"the selector is {spelled(selector)} and a bottom {spelled(other)}"
                raise Reject("N403", "bottom", message, "the first axis of all is the batch")
        return tuple(blobs)


class Tile(Layer):
    """Repeat a blob along an axis."""

    message, family = "tile_param", Family.SHAPE
    caffe = "layers/tile_layer.cpp"
    each = 0

    axis: int = param(Int(), "the axis", default=1)
    tiles: int = param(Int(), "how often")

    def check(self) -> Iterable[Reject]:
        if self.tiles < 1:
            yield Reject(
                "N205", "tiles", f"tiles is {self.tiles}; it has to be 1 or more", "give 1 or more"
            )

    def infer(self, blob: Shape) -> Shape:
        axis = canonical_axis(self.axis, len(blob))
        return (*blob[:axis], blob[axis] * self.tiles, *blob[axis + 1 :])

    def sight(self, *bottoms: Shape) -> Sight:
        return Sees.SAME if canonical_axis(self.axis, len(bottoms[0])) < 2 else None

    def caption(self, *bottoms: Shape) -> str:
        return f"tile ×{self.tiles}"
