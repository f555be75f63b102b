"""Classifying faces: InnerDistance, and the angular margin of SphereFace."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from enum import Enum

from netspec.layers.loss import same_batch
from netspec.schema.forks import NORMFACE
from netspec.schema.kinds import Bool, Float, Int, One, Positive, Text
from netspec.schema.layer import Count, Family, Layer, Shape, Weight, canonical_axis
from netspec.schema.net import FillerParameter
from netspec.schema.settings import Reject, param
from netspec.schema.work import Keeps, Run, Work


class InnerDistance(Layer):
    """The distance of each feature to each row of a matrix, learned or the second bottom."""

    message, family = "inner_distance_param", Family.DENSE
    fork = NORMFACE
    caffe = "layers/inner_distance_layer.cpp"

    num_output: int | None = param(Positive, "how many rows", default=None)
    bias_term: bool = param(Bool(), "of no effect", default=True, unused="there is no bias")
    weight_filler: FillerParameter = param(
        FillerParameter, "fills the rows", default=FillerParameter()
    )
    bias_filler: FillerParameter | None = param(
        FillerParameter, "of no effect", default=None, unused="there is no bias"
    )
    axis: int = param(Int(), "the first axis of a feature", default=1)
    transpose: bool = param(
        Bool(), "keep the matrix transposed", default=False, uncomputed="a transposed matrix"
    )
    distance_type: str = param(Text(), "L2, the square of it, or L1", default="L2")
    normalize: bool = param(Bool(), "keep the rows at length 1", default=False)
    update_center_only: bool = param(
        Bool(), "no gradient for features", default=False, uncomputed="gradients for rows alone"
    )

    def check(self) -> Iterable[Reject]:
        if self.distance_type not in ("L1", "L2"):
            message = f"expected L1 or L2, found {self.distance_type}"
            yield Reject("N206", "distance_type", message, "write L2")

    def infer(self, features: Shape, rows: Shape | None = None) -> Shape:
        axis = canonical_axis(self.axis, len(features))
        length = math.prod(features[axis:])
        if rows is None and self.num_output is None:
            help = "give the number of rows, or a second bottom"
            raise Reject("N207", "num_output", "num_output is missing", help)
        if rows is not None and math.prod(rows[1:]) != length:
            message = f"features have {length} numbers, rows {math.prod(rows[1:])}"
            raise Reject("N403", "bottom", message, "both are as long")
        return (*features[:axis], rows[0] if rows is not None else self.num_output or 0)

    def weights(self, features: Shape, rows: Shape | None = None) -> tuple[Weight, ...]:
        if rows is not None:
            return ()
        length = math.prod(features[canonical_axis(self.axis, len(features)) :])
        return (Weight("weight", (self.num_output or 0, length), self.weight_filler),)

    def work(self, run: Run) -> Work:
        pairs = math.prod(run.bottoms[0]) * run.tops[0][-1]  # a difference for each product
        return Work(pairs, Keeps.BOTTOMS, kept=pairs)

    def macs(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(bottoms[0]) * tops[0][-1]


class MarginType(Enum):
    SINGLE = 0
    DOUBLE = 1
    TRIPLE = 2
    QUADRUPLE = 3


class MarginInnerProduct(Layer):
    """An InnerProduct with rows of length 1, in which the true class needs a margin of angle.

    The angle to the true row counts 1 to 4 times; the result is mixed with the plain product, by
    lambda to 1, and lambda sinks from step to step: base (1 + gamma step)^-power, lambda_min at
    least. The second top is lambda (Liu et al. 2017, arXiv 1704.08063).
    """

    message, family = "margin_inner_product_param", Family.DENSE
    tops = Count(1, 2)
    fork = f"SphereFace (wy1iu/sphereface); {NORMFACE}"
    caffe = "layers/margin_inner_product_layer.cpp"

    num_output: int = param(Positive, "how many classes")
    type: MarginType = param(
        One(MarginType), "how often the angle counts", default=MarginType.SINGLE
    )
    weight_filler: FillerParameter = param(
        FillerParameter, "fills the rows", default=FillerParameter()
    )
    axis: int = param(Int(), "the first axis of a feature", default=1)
    base: float = param(Float(), "lambda at the start", default=1.0)
    gamma: float = param(Float(), "how fast lambda sinks", default=0.0)
    power: float = param(Float(), "how fast lambda sinks, as a power", default=1.0)
    iteration: int = param(Int(), "the step that it starts from", default=0)
    lambda_min: float = param(Float(), "the least lambda", default=0.0)

    def share(self, step: int) -> float:
        """Lambda at a step, counted from 1."""
        sunk = self.base * (1 + self.gamma * step) ** -self.power
        return max(sunk, self.lambda_min)

    def infer(self, features: Shape, label: Shape) -> tuple[Shape, ...]:
        same_batch(features, label)
        axis = canonical_axis(self.axis, len(features))
        return (*features[:axis], self.num_output), (1,)

    def weights(self, features: Shape, label: Shape) -> tuple[Weight, ...]:
        length = math.prod(features[canonical_axis(self.axis, len(features)) :])
        return (Weight("weight", (self.num_output, length), self.weight_filler),)

    def work(self, run: Run) -> Work:
        features, scores = math.prod(run.bottoms[0]), math.prod(run.tops[0])
        return Work(3 * features + 12 * scores, Keeps.BOTTOMS, kept=features + 6 * scores)

    def macs(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(bottoms[0]) * self.num_output
