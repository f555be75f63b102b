"""Many elements become few: Reduction to sums and means, ArgMax to the places of the largest."""

from __future__ import annotations

import math
from enum import Enum

from netspec.schema.kinds import Bool, Float, Int, One, Positive
from netspec.schema.layer import Family, Layer, Shape, canonical_axis
from netspec.schema.settings import Reject, param
from netspec.schema.sight import Sees, Sight
from netspec.schema.work import PLACE, Keeps, Run, Work


class ReductionOp(Enum):
    SUM = 1
    ASUM = 2
    SUMSQ = 3
    MEAN = 4


class Reduction(Layer):
    """Add up everything from an axis on: values, sizes (ASUM) or squares (SUMSQ); or the mean."""

    message, family = "reduction_param", Family.ARITHMETIC
    caffe = "layers/reduction_layer.cpp"
    sees = Sees.ALL

    operation: ReductionOp = param(One(ReductionOp), "what is done", default=ReductionOp.SUM)
    axis: int = param(Int(), "the first axis that is reduced; those before it are kept", default=0)
    coeff: float = param(Float(), "multiplies the result", default=1.0)

    def infer(self, blob: Shape) -> Shape:
        return blob[: canonical_axis(self.axis, len(blob))]

    def work(self, run: Run) -> Work:
        squares = self.operation in (ReductionOp.ASUM, ReductionOp.SUMSQ)
        made = run.read * squares
        return Work(run.read + made, Keeps.BOTTOMS if squares else Keeps.NOTHING, scratch=made)

    def caption(self, *bottoms: Shape) -> str:
        return {"SUM": "sum", "ASUM": "sum of |x|", "SUMSQ": "sum of x²", "MEAN": "mean"}[
            self.operation.name
        ]


class ArgMax(Layer):
    """The places of the top_k largest values, of each item of the batch or along an axis.

    Without axis an item is flattened and the top is batch x 1 x top_k, or batch x 2 x top_k with
    the values beside the places. Along an axis the top has top_k places there, or values instead.
    """

    message, family = "argmax_param", Family.LOSS
    caffe = "layers/argmax_layer.cpp"
    differentiable = False

    out_max_val: bool = param(
        Bool(), "the values too, or along an axis the values instead", default=False
    )
    top_k: int = param(Positive, "how many", default=1)
    axis: int | None = param(
        Int(), "the axis; a whole item of the batch when not written", default=None
    )

    def infer(self, scores: Shape) -> Shape:
        if not scores:
            raise Reject("N401", "bottom", "expected a batch, found a single number", "add an axis")
        axis = None if self.axis is None else canonical_axis(self.axis, len(scores))
        size = math.prod(scores[1:]) if axis is None else scores[axis]
        if self.top_k > size:
            message = f"top_k is {self.top_k}, but there are {size} values"
            raise Reject("N407", "top_k", message, f"at most {size}")
        if axis is not None:
            return (*scores[:axis], self.top_k, *scores[axis + 1 :])
        ones = max(len(scores), 3) - 3
        return (*scores[:1], 2 if self.out_max_val else 1, self.top_k, *(1,) * ones)

    def sight(self, *bottoms: Shape) -> Sight:
        return Sees.SAME if self.axis in (1, 1 - len(bottoms[0])) else Sees.ALL

    def work(self, run: Run) -> Work:
        return Work(run.read, marks=PLACE * run.read, scratch=2 * run.read)

    def caption(self, *bottoms: Shape) -> str:
        return "argmax" if self.top_k == 1 else f"argmax, top {self.top_k}"
