"""SegAccuracy: how well each pixel is classified."""

from __future__ import annotations

import math
from enum import Enum

from netspec.layers.spatial import spelled
from netspec.schema.forks import PSPNET
from netspec.schema.kinds import Bool, Int, One
from netspec.schema.layer import Family, Layer, Shape
from netspec.schema.settings import Reject, param
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
