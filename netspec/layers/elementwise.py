"""Functions of school mathematics, applied to each element: AbsVal, Exp, Log, Clip, Threshold."""

from __future__ import annotations

import math
from collections.abc import Iterable

from netspec.schema.kinds import Float
from netspec.schema.layer import Family, Layer, Shape
from netspec.schema.settings import Reject, param
from netspec.schema.work import Keeps, Run, Work


class _Function(Layer):
    """One bottom, one top of the same shape."""

    family = Family.ARITHMETIC
    elementwise = in_place = True

    def infer(self, blob: Shape) -> Shape:
        return blob


class AbsVal(_Function):
    """|x|."""

    in_place = False
    caffe = "layers/absval_layer.cpp"
    each, keeps = 1, Keeps.BOTTOMS

    def caption(self, *bottoms: Shape) -> str:
        return "|x|"


class _WithBase(_Function):
    """What Exp and Log share: a base, and a line in x that they are taken of."""

    base: float = param(Float(), "the base; -1 is e", default=-1.0)
    scale: float = param(Float(), "multiplies x", default=1.0)
    shift: float = param(Float(), "added to scale x", default=0.0)

    def check(self) -> Iterable[Reject]:
        if self.base != -1 and not 0 < self.base < math.inf:
            message = f"base is {self.base:g}; it has to be more than 0"
            yield Reject("N205", "base", message, "leave it out for e")

    @property
    def log_base(self) -> float:
        """The natural logarithm of the base."""
        return 1.0 if self.base == -1 else math.log(self.base)

    @property
    def inner(self) -> str:
        """The line, for captions: 2x + 1."""
        line = "x" if self.scale == 1 else f"{self.scale:g}x"
        return line + (
            f" {'+' if self.shift > 0 else '−'} {abs(self.shift):g}" if self.shift else ""
        )


class Exp(_WithBase):
    """base^(shift + scale x)."""

    message = "exp_param"
    backward_from_top = True
    caffe = "layers/exp_layer.cpp"

    def work(self, run: Run) -> Work:
        inner, outer = self.log_base * self.scale != 1, self.shift != 0
        between = run.made if inner or outer else 0
        keeps = Keeps.NOTHING if outer else Keeps.TOPS
        return Work((1 + inner + outer) * run.made, keeps, run.made * outer, scratch=between)

    def caption(self, *bottoms: Shape) -> str:
        return f"exp({self.inner})" if self.base == -1 else f"{self.base:g}^({self.inner})"


class Log(_WithBase):
    """The logarithm of shift + scale x to the base."""

    message = "log_param"
    backward_from_bottom = True
    caffe = "layers/log_layer.cpp"

    def check(self) -> Iterable[Reject]:
        yield from super().check()
        if self.base == 1:
            yield Reject(
                "N205", "base", "base is 1; no power of 1 is another number", "leave it out for e"
            )

    def work(self, run: Run) -> Work:
        line = (self.scale, self.shift) != (1, 0)
        steps = 1 + (self.scale != 1) + (self.shift != 0) + (self.log_base != 1)
        between, keeps = run.made if steps > 1 else 0, Keeps.NOTHING if line else Keeps.BOTTOMS
        return Work(steps * run.made, keeps, run.made * line, scratch=between)

    def caption(self, *bottoms: Shape) -> str:
        return f"log({self.inner})" + ("" if self.base == -1 else f" to base {self.base:g}")


class Clip(_Function):
    """x, but at least min and at most max."""

    message = "clip_param"
    backward_from_bottom = True
    caffe = "layers/clip_layer.cpp"

    min: float = param(Float(), "the lowest value")
    max: float = param(Float(), "the highest value")

    def work(self, run: Run) -> Work:
        return Work(2 * run.made, Keeps.BOTTOMS, kept=run.made, scratch=run.made)

    def caption(self, *bottoms: Shape) -> str:
        return f"clip to {self.min:g} … {self.max:g}"


class Threshold(_Function):
    """1 where x is more than the threshold, 0 elsewhere. No gradient flows through it."""

    message = "threshold_param"
    caffe = "layers/threshold_layer.cpp"
    each = 1
    differentiable = False

    threshold: float = param(Float(), "what x has to exceed", default=0.0)

    def caption(self, *bottoms: Shape) -> str:
        return f"x > {self.threshold:g}"
