"""Eltwise: blobs of one shape, combined element by element (layers/eltwise_layer.cpp)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from netspec.schema.kinds import Bool, Float, One
from netspec.schema.layer import Family, Layer, Shape
from netspec.schema.settings import Reject, param
from netspec.schema.sight import Sees
from netspec.schema.wording import spelled, times
from netspec.schema.work import Keeps, Run, Work


class EltwiseOp(Enum):
    PROD = 0
    SUM = 1
    MAX = 2


class Eltwise(Layer):
    """Add, multiply or take the maximum of blobs of one shape."""

    message, family = "eltwise_param", Family.ARITHMETIC
    caffe = "layers/eltwise_layer.cpp"
    sees = Sees.SAME

    operation: EltwiseOp = param(One(EltwiseOp), "what is done", default=EltwiseOp.SUM)
    coeff: tuple[float, ...] = param(Float(), "a factor for each bottom (SUM)", many=True)
    stable_prod_grad: bool = param(
        Bool(),
        "PROD: multiply the other bottoms for the gradient, instead of dividing the top",
        default=True,
    )

    def check(self) -> Iterable[Reject]:
        if self.coeff and self.operation is EltwiseOp.PROD:
            yield Reject("N208", "coeff", "coeff is given for PROD", "coefficients belong to SUM")

    def infer(self, first: Shape, second: Shape, *more: Shape) -> Shape:
        for i, other in enumerate((second, *more), 1):
            if other != first:
                message = f"bottom 0 is {spelled(first)} and bottom {i} is {spelled(other)}"
                raise Reject("N403", "bottom", message, "all bottoms have one shape", i)
        if self.coeff and len(self.coeff) != 2 + len(more):
            message = f"coeff is given {times(len(self.coeff))} for {2 + len(more)} bottoms"
            raise Reject("N407", "coeff", message, "give one for each bottom")
        return first

    def work(self, run: Run) -> Work:
        pairs = (len(run.bottoms) - 1) * run.made
        between = run.made if len(run.bottoms) > 2 else 0
        match self.operation:
            case EltwiseOp.SUM:
                weighted = sum(c != 1 for c in self.coeff) * run.made
                return Work(pairs + weighted, scratch=between, passes=not weighted)
            case EltwiseOp.PROD:
                return Work(pairs, Keeps.BOTTOMS, kept=pairs - run.made, scratch=between)
            case EltwiseOp.MAX:
                return Work(2 * pairs, marks=pairs)

    def caption(self, *bottoms: Shape) -> str:
        if self.operation is EltwiseOp.SUM and any(c != 1 for c in self.coeff):
            return "sum of " + ", ".join(f"{c:g}×" for c in self.coeff)
        return {EltwiseOp.PROD: "×", EltwiseOp.SUM: "+", EltwiseOp.MAX: "max"}[self.operation]
