"""SegAccuracy, how well each pixel is classified, and MultiStageMeanfield, which tidies classes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum

from netspec.schema.forks import CRF_RNN, PSPNET
from netspec.schema.kinds import Bool, Float, Int, One, Text, UInt
from netspec.schema.layer import Family, Layer, Shape, Weight
from netspec.schema.settings import Reject, param
from netspec.schema.wording import spelled
from netspec.schema.work import Run, Work


class Metric(Enum):
    PixelAccuracy = 0
    ClassAccuracy = 1
    PixelIOU = 2


class SegAccuracy(Layer):
    """Pixel accuracy, mean accuracy of the classes, and their mean overlap: 1 x 1 x 1 x 3."""

    message, family = "seg_accuracy_param", Family.LOSS
    fork = PSPNET
    caffe = "layers/seg_accuracy_layer.cpp"
    differentiable = False

    ignore_label: tuple[int, ...] = param(
        Int(), "pixels with these labels do not count", default=(), many=True
    )
    reset: bool = param(Bool(), "count each batch by itself; false: all so far", default=True)
    metric: Metric = param(
        One(Metric), "of no effect", default=Metric.PixelAccuracy, unused="all three are given"
    )

    def infer(self, scores: Shape, label: Shape) -> Shape:
        batch, _, *size = scores if len(scores) == 4 else (0, 0)
        if len(scores) != 4 or label != (batch, 1, *size):
            message = f"the scores are {spelled(scores)}, the labels {spelled(label)}"
            raise Reject("N403", "bottom", message, "a label for each pixel, in one channel")
        return 1, 1, 1, 3

    def work(self, run: Run) -> Work:
        return Work(math.prod(run.bottoms[0]))


class Compatibility(Enum):
    POTTS = 0


class MultiStageMeanfield(Layer):
    """Mean field iterations of a dense random field, as a recurrent net (Zheng et al. 2015).

    The bottoms are the scores, a copy of them, and the image. Its shapes and blobs are known, and a
    net with it can be read, drawn and loaded; its filtering on a lattice is not computed.
    """

    message, family = "multi_stage_meanfield_param", Family.NORMALIZATION
    fork = CRF_RNN
    caffe = "layers/multi_stage_meanfield.cpp"

    compatibility_mode: Compatibility = param(
        One(Compatibility), "how labels repel each other", default=Compatibility.POTTS
    )
    threshold: float = param(Float(), "of no effect", default=0.0, unused="nothing looks at it")
    theta_alpha: float = param(Float(), "how far pixels of like colour reach")
    theta_beta: float = param(Float(), "how unlike colours may be")
    theta_gamma: float = param(Float(), "how far pixels reach, whatever their colour")
    num_iterations: int = param(UInt, "how many iterations")
    spatial_filter_weight: float = param(Float(), "a first weight", default=0.0)
    bilateral_filter_weight: float = param(Float(), "a first weight", default=0.0)
    spatial_filter_weights_str: str = param(Text(), "first weights, one a class", default="")
    bilateral_filter_weights_str: str = param(Text(), "first weights, one a class", default="")
    force_cpu: bool = param(Bool(), "where it runs", default=False)

    def check(self) -> Iterable[Reject]:
        if self.num_iterations < 2:
            message = f"num_iterations is {self.num_iterations}"
            yield Reject("N205", "num_iterations", message, "give 2 or more")

    def infer(self, scores: Shape, start: Shape, image: Shape) -> Shape:
        if len(scores) != 4 or start != scores or image[2:] != scores[2:]:
            found = f"{spelled(scores)}, {spelled(start)} and {spelled(image)}"
            message = f"the scores, their copy and the image are {found}"
            raise Reject("N403", "bottom", message, "a score for each class and pixel of the image")
        return scores

    def weights(self, scores: Shape, start: Shape, image: Shape) -> tuple[Weight, ...]:
        square = (1, 1, scores[1], scores[1])
        roles = ("spatial", "bilateral", "compatibility")
        return tuple(Weight(role, square, None) for role in roles)
