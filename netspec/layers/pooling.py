"""Pooling, and the pyramid of poolings that SPP is."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum

from netspec.layers.engine import Engine, engine
from netspec.layers.spatial import by, per_axis, step
from netspec.schema.forks import CAFFE_MODEL
from netspec.schema.kinds import Bool, One, Positive, UInt
from netspec.schema.layer import Count, Family, Layer, Shape, Window
from netspec.schema.settings import Reject, param, spatial
from netspec.schema.sight import Sees
from netspec.schema.wording import spelled
from netspec.schema.work import PLACE, Keeps, Run, Work


class Method(Enum):
    MAX = 0
    AVE = 1
    STOCHASTIC = 2


class RoundMode(Enum):
    CEIL = 0
    FLOOR = 1


class Pooling(Layer):
    """Slide a window over each channel and keep its maximum, its mean, or a member drawn by size.

    An axis of the top has ceil((size + 2 pad - kernel) / stride) + 1 positions, one of a window
    that overhangs the image by less than a stride; with padding, a last window that would start
    beyond the image and its padding is dropped. The second top, with MAX, says where each maximum
    lies.
    """

    message, family = "pooling_param", Family.SPATIAL
    tops = Count(1, 2)
    caffe = "layers/pooling_layer.cpp"

    pool: Method = param(One(Method), "what a window becomes", default=Method.MAX)
    kernel: tuple[int, ...] = spatial(
        Positive, "the size of the window", "kernel_size", "kernel", repeated=False
    )
    stride: tuple[int, ...] = spatial(
        Positive, "the step between windows (1 when not written)", "stride", "stride", False
    )
    pad: tuple[int, ...] = spatial(
        UInt, "padding at each border (0 when not written)", "pad", "pad", False
    )
    global_pooling: bool = param(Bool(), "one window over the whole image", default=False)
    round_mode: RoundMode = param(One(RoundMode), "how the size is rounded", default=RoundMode.CEIL)
    ceil_mode: bool | None = param(
        Bool(), "round_mode by another name: true is CEIL", default=None, fork=CAFFE_MODEL
    )
    engine: Engine = engine()

    def check(self) -> Iterable[Reject]:
        if self.global_pooling and self.kernel:
            message = "global_pooling is given together with a kernel"
            yield Reject("N208", "kernel", message, "remove the kernel")
        if not self.global_pooling and not self.kernel:
            help = "add kernel_size, or global_pooling: true"
            yield Reject("N207", "kernel", "kernel_size is missing", help)
        if self.global_pooling and (any(self.pad) or any(s != 1 for s in self.stride)):
            where = "pad" if any(self.pad) else "stride"
            message = f"global_pooling is given together with {where}"
            yield Reject("N208", where, message, f"remove {where}")
        sides = zip(self.sides("pad", 0), self.sides("kernel", 1))
        if self.kernel and any(pad >= kernel for pad, kernel in sides):
            message = "the padding is as large as the window"
            help = "pad is less than the kernel, or windows would hold nothing but padding"
            yield Reject("N208", "pad", message, help)
        if self.ceil_mode is not None and self.round_mode is RoundMode.FLOOR:
            message = "ceil_mode is given together with round_mode"
            yield Reject("N203", "ceil_mode", message, "keep one")
        if self.pool is Method.STOCHASTIC and any(self.pad):
            message = "STOCHASTIC pooling takes no padding"
            yield Reject("N208", "pad", message, "remove pad, or pool MAX or AVE")

    @property
    def up(self) -> bool:
        """Whether the number of windows is rounded up."""
        return self.round_mode is RoundMode.CEIL if self.ceil_mode is None else self.ceil_mode

    def sides(self, setting: str, default: int) -> tuple[int, ...]:
        """(height, width) of kernel, stride or pad."""
        return per_axis(getattr(self, setting), 2, default, setting, setting)

    def window(self, image: Shape) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Kernel, stride and pad, each (height, width), for a bottom of this shape."""
        if self.global_pooling:
            return tuple(image[2:]), (1, 1), (0, 0)
        return self.sides("kernel", 1), self.sides("stride", 1), self.sides("pad", 0)

    def slides(self, *bottoms: Shape) -> Window:
        kernel, stride, pad = self.window(bottoms[0])
        return Window(kernel, stride, pad, (1, 1))

    def infer(self, image: Shape, *, tops: int = 1) -> tuple[Shape, ...]:
        if tops > 1 and self.pool is not Method.MAX:
            message = f"{self.pool.name} pooling makes 1 top, found {tops}"
            help = "the second top says where each maximum lies: pool MAX"
            raise Reject("N303", "top", message, help)
        if len(image) != 4:
            message = f"expected batch x channels x height x width, found {spelled(image)}"
            raise Reject("N401", "bottom", message, "Pooling works on images")
        kernel, stride, pad = self.window(image)
        spans = [s + 2 * p - k for s, k, p in zip(image[2:], kernel, pad)]
        top = [(-(-s // t) if self.up else s // t) + 1 for s, t in zip(spans, stride)]
        if any(n < 1 for n in top):
            message = f"the window is {spelled(kernel)}, but the image is {spelled(image[2:])}"
            message += f" and {spelled(pad)} of padding at each end" if any(pad) else ""
            help = "use a smaller kernel, more padding, or a larger input"
            raise Reject("N402", "kernel", message, help)
        if any(pad):
            top = [n - ((n - 1) * t >= s + p) for n, t, s, p in zip(top, stride, image[2:], pad)]
        shape = (*image[:2], *top)
        return shape, shape

    def work(self, run: Run) -> Work:
        pooled = math.prod(run.tops[0])
        members = pooled * math.prod(self.window(run.bottoms[0])[0])
        if self.pool is Method.MAX:
            return Work(members, Keeps.BOTTOMS, marks=PLACE * pooled)
        if self.pool is Method.AVE:
            return Work(members, Keeps.BOTTOMS)
        return Work(3 * members, kept=2 * members, scratch=3 * members, back=2 * members)

    def caption(self, *bottoms: Shape) -> str:
        kind = {Method.MAX: "max", Method.AVE: "average", Method.STOCHASTIC: "stochastic"}[
            self.pool
        ]
        if self.global_pooling:
            return f"global {kind} pool"
        kernel, stride, _ = self.window(bottoms[0])
        return f"{by(kernel)} {kind} pool" + (f", /{step(stride)}" if set(stride) != {1} else "")


class SPP(Layer):
    """Spatial pyramid pooling: an image of any size to 1, 4, 16 ... windows (He et al. 2014).

    The windows of all levels stand side by side, batch x numbers; a single level keeps its axes.
    """

    message, family = "spp_param", Family.SPATIAL
    caffe = "layers/spp_layer.cpp"
    sees = Sees.ALL

    pyramid_height: int = param(Positive, "how many levels: level i has 2^i windows a side")
    pool: Method = param(One(Method), "what a window becomes", default=Method.MAX)
    engine: Engine = engine()

    def levels(self, image: Shape) -> tuple[Pooling, ...]:
        """The Pooling of each level, for a bottom of this shape; raises Reject."""
        if len(image) != 4:
            message = f"expected batch x channels x height x width, found {spelled(image)}"
            raise Reject("N401", "bottom", message, "SPP works on images")
        made = []
        for level in range(self.pyramid_height):
            bins = 2**level
            kernel = tuple(-(-size // bins) for size in image[2:])
            pad = tuple((k * bins - size + 1) // 2 for k, size in zip(kernel, image[2:]))
            pooling = Pooling(pool=self.pool, kernel=kernel, stride=kernel, pad=pad)
            for wrong in pooling.check():
                message = f"level {level} pools {spelled(image[2:])} by {by(kernel)}"
                help = "use fewer levels, or a larger image"
                raise Reject("N402", "pyramid_height", f"{message}: {wrong.message}", help)
            made.append(pooling)
        return tuple(made)

    def infer(self, image: Shape) -> Shape:
        pooled = [level.infer(image)[0] for level in self.levels(image)]
        if len(pooled) == 1:
            return pooled[0]
        return image[0], sum(math.prod(shape[1:]) for shape in pooled)

    def work(self, run: Run) -> Work:
        (image,) = run.bottoms
        levels = [x.work(Run((image,), x.infer(image)[:1])) for x in self.levels(image)]
        flops, marks = sum(x.flops or 0 for x in levels), sum(x.marks for x in levels)
        return Work(flops, Keeps.BOTTOMS, marks=marks, back=(len(levels) - 1) * run.read)

    def caption(self, *bottoms: Shape) -> str:
        return f"pyramid pool, {self.pyramid_height} levels"
