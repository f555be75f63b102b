"""Losses that ask for a margin and no more: HingeLoss, ContrastiveLoss."""

from __future__ import annotations

import math
from enum import Enum

from netspec.layers.loss import same_batch
from netspec.schema.kinds import Bool, Float, One
from netspec.schema.layer import Family, Layer, Shape
from netspec.schema.settings import Reject, param
from netspec.schema.sight import Sees
from netspec.schema.wording import spelled
from netspec.schema.work import Run, Work


class Norm(Enum):
    L1 = 1
    L2 = 2


class HingeLoss(Layer):
    """One class against the rest: the true class's score should be above 1, every other below -1.

    The sum of max(0, 1 - s x) over all scores x, with s 1 for the true class and -1 for others, or
    of its square (L2), divided by the batch size.
    """

    message = "hinge_loss_param"
    family, loss = Family.LOSS, True
    caffe = "layers/hinge_loss_layer.cpp"
    sees = Sees.ALL

    norm: Norm = param(
        One(Norm), "whether a shortfall counts as it is, or squared", default=Norm.L1
    )

    def classes(self, scores: Shape) -> int:
        return math.prod(scores[1:])

    def infer(self, scores: Shape, label: Shape) -> Shape:
        same_batch(scores, label)
        if math.prod(label) != label[0]:
            message = f"the labels are {spelled(label)}"
            raise Reject("N403", "bottom", message, "one label for each item of the batch")
        return ()

    def work(self, run: Run) -> Work:
        scores = math.prod(run.bottoms[0])
        return Work(4 * scores, kept=2 * scores)


class ContrastiveLoss(Layer):
    """Pairs that are similar should be close, others a margin apart (Hadsell et al. 2006).

    The third bottom is 1 for similar pairs and 0 for others. Half the mean of d^2 for similar pairs
    and of max(0, margin - d)^2 for others, where d is the distance of the pair.
    """

    message = "contrastive_loss_param"
    family, loss = Family.LOSS, True
    caffe = "layers/contrastive_loss_layer.cpp"
    sees = Sees.ALL

    margin: float = param(Float(), "the distance that pairs of others should have", default=1.0)
    legacy_version: bool = param(
        Bool(),
        "max(0, margin - d^2), which early Caffe had, instead of max(0, margin - d)^2",
        default=False,
    )

    def infer(self, one: Shape, other: Shape, similar: Shape) -> Shape:
        same_batch(one, other)
        for blob in (one, other):
            if len(blob) > 4 or math.prod(blob[2:]) != 1:
                raise Reject(
                    "N401",
                    "bottom",
                    f"expected batch x features, found {spelled(blob)}",
                    "flatten it",
                )
        if one[1:2] != other[1:2]:
            message = f"the bottoms are {spelled(one)} and {spelled(other)}"
            raise Reject("N403", "bottom", message, "a pair has the same number of features")
        if similar[:1] != one[:1] or math.prod(similar[1:]) != 1:
            message = f"the bottom that says which pairs are similar is {spelled(similar)}"
            raise Reject("N403", "bottom", message, f"one number for each of the {one[0]} pairs")
        return ()

    def work(self, run: Run) -> Work:
        elements = math.prod(run.bottoms[0])
        return Work(3 * elements, kept=elements, scratch=elements)
