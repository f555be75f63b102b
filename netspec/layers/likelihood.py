"""Losses over probabilities: MultinomialLogisticLoss and InfogainLoss."""

from __future__ import annotations

import math
from collections.abc import Iterable

from netspec.layers.activation import Softmax
from netspec.layers.loss import LossParameter, NormalizationMode, one_label_each, same_batch
from netspec.schema.kinds import Int, Text
from netspec.schema.layer import Count, Family, Layer, Shape, canonical_axis
from netspec.schema.settings import Reject, group, param
from netspec.schema.sight import Sees
from netspec.schema.wording import spelled
from netspec.schema.work import Run, Work


class MultinomialLogisticLoss(Layer):
    """The negative logarithm of the true class's probability, averaged over the batch.

    The first bottom holds probabilities; SoftmaxWithLoss takes scores, and is safer.
    """

    family, loss = Family.LOSS, True
    caffe = "layers/multinomial_logistic_loss_layer.cpp"
    sees = Sees.ALL

    def classes(self, scores: Shape) -> int:
        return math.prod(scores[1:])

    def infer(self, probabilities: Shape, label: Shape) -> Shape:
        same_batch(probabilities, label)
        if math.prod(label[1:]) != 1:
            message = f"the labels are {spelled(label)}"
            raise Reject("N403", "bottom", message, "one label for each item of the batch")
        return ()

    def work(self, run: Run) -> Work:
        return Work(3 * run.bottoms[0][0], kept=run.bottoms[0][0])


class InfogainLoss(Layer):
    """Softmax, then -log of every probability, weighed by the true class's row of a matrix H.

    H is the third bottom or a .binaryproto; with the identity it is SoftmaxWithLoss. The second
    top is the softmax.
    """

    message = "infogain_loss_param"
    family, loss = Family.LOSS, True
    probabilities = True
    tops = Count(1, 2)
    caffe = "layers/infogain_loss_layer.cpp"
    sees = Sees.ALL

    matrix: str = param(
        Text(), "the .binaryproto of H, where it is no bottom", default="", field="source"
    )
    axis: int = param(Int(), "the axis of the classes", default=1)
    rule: LossParameter = group(
        LossParameter, "loss_param", "which labels count and what the sum is divided by"
    )

    def check(self) -> Iterable[Reject]:
        if self.rule.normalize is not None:
            yield Reject(
                "N202", "rule", "InfogainLoss does not take normalize", "write normalization"
            )

    @property
    def mode(self) -> NormalizationMode:
        return self.rule.mode(NormalizationMode.VALID)

    def classes(self, scores: Shape) -> int:
        return scores[canonical_axis(self.axis, len(scores))]

    def infer(self, scores: Shape, label: Shape, h: Shape | None = None) -> tuple[Shape, ...]:
        same_batch(scores, label)
        classes = scores[one_label_each(scores, label, self.axis)]
        if h is None and not self.matrix:
            raise Reject(
                "N207", "matrix", "the matrix is missing", "give source, or a third bottom"
            )
        if h is not None and math.prod(h) != classes**2:
            message = f"the matrix is {spelled(h)}, but there are {classes} classes"
            raise Reject(
                "N403", "bottom", message, f"the matrix has {classes} x {classes} elements"
            )
        return (), scores

    def work(self, run: Run) -> Work:
        scores = math.prod(run.bottoms[0])
        return Work(8 * scores, kept=3 * scores, scratch=scores)

    def deployed(self) -> Layer:
        return Softmax(axis=self.axis)
