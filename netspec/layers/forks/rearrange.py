"""Layers that move elements: Permute, ShuffleChannel, Reorg, Flip, Gather."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.schema.forks import INTEL, NORMFACE, SHUFFLENET, SSD, TSN
from netspec.schema.kinds import Bool, Positive, UInt
from netspec.schema.layer import Count, Family, Layer, Shape
from netspec.schema.settings import Reject, param
from netspec.schema.sight import Sees
from netspec.schema.wording import spelled
from netspec.schema.work import Run, Work


def expect_image(image: Shape, kind: str) -> None:
    """Raise Reject unless the bottom has four axes."""
    if len(image) != 4:
        message = f"expected batch x channels x height x width, found {spelled(image)}"
        raise Reject("N401", "bottom", message, f"{kind} works on images")


class Permute(Layer):
    """Put the axes into another order."""

    message, family = "permute_param", Family.SHAPE
    fork = SSD
    caffe = "layers/permute_layer.cpp"

    order: tuple[int, ...] = param(
        UInt, "the axes of the bottom in the top's order; those not named follow", many=True
    )

    def check(self) -> Iterable[Reject]:
        if len(set(self.order)) < len(self.order):
            yield Reject("N205", "order", "order has an axis twice", "name each axis once")

    def axes(self, rank: int) -> tuple[int, ...]:
        """All axes of a bottom in the top's order; raises Reject."""
        if any(axis >= rank for axis in self.order):
            message = f"order names axis {max(self.order)}, but the bottom has {rank} axes"
            raise Reject("N404", "order", message, f"an axis from 0 to {rank - 1}")
        return (*self.order, *(axis for axis in range(rank) if axis not in self.order))

    def infer(self, blob: Shape) -> Shape:
        return tuple(blob[axis] for axis in self.axes(len(blob)))

    def work(self, run: Run) -> Work:
        return Work(0, view=True, passes=True)

    def identity_when(self, training: bool) -> bool:
        return list(self.order) == list(range(len(self.order)))

    def caption(self, *bottoms: Shape) -> str:
        return f"permute {' '.join(map(str, self.order))}"


class ShuffleChannel(Layer):
    """Deal the channels of each group out to all groups (Zhang et al. 2017, arXiv 1707.01083)."""

    message, family = "shuffle_channel_param", Family.SHAPE
    fork = SHUFFLENET
    each = 0
    sees = Sees.SAME

    group: int = param(Positive, "how many groups there are", default=1)

    def infer(self, image: Shape) -> Shape:
        expect_image(image, "ShuffleChannel")
        if image[1] % self.group:
            message = f"{image[1]} channels cannot be split into {self.group} groups"
            raise Reject("N406", "group", message, "group divides the channels, axis 1")
        return image

    def identity_when(self, training: bool) -> bool:
        return self.group == 1

    def caption(self, *bottoms: Shape) -> str:
        return f"shuffle, {self.group} groups"


class Reorg(Layer):
    """Space to depth as Darknet does it: stride x stride fewer pixels, as many times the channels.

    With reverse the other way. The order is Darknet's: without reverse, the bottom's channels are
    spread over the pixels first, so the result is not the plain space to depth.
    """

    message, family = "reorg_param", Family.SHAPE
    fork = f"{INTEL}, from Darknet"
    caffe = "layers/reorg_layer.cpp"
    each = 0

    stride: int = param(Positive, "the side of the blocks")
    reverse: bool = param(Bool(), "from depth to space", default=False)

    def infer(self, image: Shape) -> Shape:
        expect_image(image, "Reorg")
        batch, channels, height, width = image
        stride = self.stride
        if channels % stride**2 or (not self.reverse and (height % stride or width % stride)):
            message = f"{spelled(image)} cannot be cut into blocks of {stride} x {stride}"
            help = "stride divides height and width, and its square the channels"
            raise Reject("N406", "stride", message, help)
        if self.reverse:
            return batch, channels // stride**2, height * stride, width * stride
        return batch, channels * stride**2, height // stride, width // stride


class Flip(Layer):
    """Turn images over: left to right, top to bottom, or both."""

    message, family = "flip_param", Family.SHAPE
    fork = NORMFACE
    caffe = "layers/flip_layer.cpp"
    each = 0
    sees = Sees.ALL

    flip_width: bool = param(Bool(), "left to right", default=True)
    flip_height: bool = param(Bool(), "top to bottom", default=False)

    def infer(self, image: Shape) -> Shape:
        expect_image(image, "Flip")
        return image

    def identity_when(self, training: bool) -> bool:
        return not self.flip_width and not self.flip_height


class Gather(Layer):
    """The batches of all machines as one; on a single machine the bottoms pass unchanged."""

    family = Family.SHAPE
    tops, top_per_bottom = Count(1, None), True
    fork = TSN
    caffe = "layers/gather_layer.cpp"
    sees = Sees.SAME

    def infer(self, blob: Shape, *more: Shape) -> tuple[Shape, ...]:
        return (blob, *more)

    def work(self, run: Run) -> Work:
        return Work(0, view=True, passes=True)
