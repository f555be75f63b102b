"""Losses, and Accuracy: predictions against labels."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum

from netspec.layers.activation import Sigmoid, Softmax, normalize_type
from netspec.layers.engine import Engine, engine
from netspec.schema.forks import INTEL, NORMFACE, NVIDIA, OURS, R_FCN
from netspec.schema.kinds import Bool, Float, Int, One, Positive
from netspec.schema.layer import Count, Family, Layer, Shape, canonical_axis
from netspec.schema.settings import Reject, Settings, group, param
from netspec.schema.sight import Sees
from netspec.schema.wording import spelled
from netspec.schema.work import PLACE, Keeps, Run, Work


class NormalizationMode(Enum):
    FULL = 0
    VALID = 1
    BATCH_SIZE = 2
    NONE = 3
    PRE_FIXED = -1  # of R-FCN, which numbers it 3 and NONE 4


class LossParameter(Settings):
    """Which labels count, and what the sum is divided by."""

    ignore_label: int | None = param(Int(), "elements with this label do not count", default=None)
    normalization: NormalizationMode | None = param(
        One(NormalizationMode),
        "what the sum is divided by: FULL all elements, VALID those not ignored, "
        "BATCH_SIZE the batch, NONE 1, PRE_FIXED (R-FCN) pre_fixed_normalizer",
        default=None,
    )
    pre_fixed_normalizer: float = param(
        Float(), "what PRE_FIXED divides by", default=1.0, fork=R_FCN
    )
    label_smoothing: float = param(
        Float(),
        "how much of each label goes to the other classes",
        default=0.0,
        uncomputed="smoothed labels",
        fork=f"{NVIDIA}; {INTEL}",
    )
    normalize: bool | None = param(
        Bool(), "the old form: true is VALID, false BATCH_SIZE", default=None
    )

    def mode(self, default: NormalizationMode) -> NormalizationMode:
        """The normalization in force: as written, else the old form, else the layer's default."""
        if self.normalization is not None:
            return self.normalization
        if self.normalize is not None:
            return NormalizationMode.VALID if self.normalize else NormalizationMode.BATCH_SIZE
        return default


class SmoothedLossParameter(LossParameter):
    """The same, for labels that may be smoothed."""

    label_smoothing: float = param(
        Float(),
        "how much of each label is spread evenly over all classes, as in PyTorch "
        "(Szegedy et al. 2015, arXiv 1512.00567)",
        default=0.0,
        fork=OURS,
    )

    def check(self) -> Iterable[Reject]:
        if not 0 <= self.label_smoothing < 1:
            message = f"label_smoothing is {self.label_smoothing:g}"
            yield Reject("N205", "label_smoothing", message, "give a number from 0 to below 1")


class _Loss(Layer):
    """A number that training makes small."""

    family, loss = Family.LOSS, True
    sees = Sees.ALL


def same_batch(prediction: Shape, target: Shape) -> None:
    if not prediction or not target or prediction[0] != target[0]:
        message = f"the bottoms are {spelled(prediction)} and {spelled(target)}"
        raise Reject("N403", "bottom", message, "the first axis of both is the batch")


def one_label_each(scores: Shape, label: Shape, axis: int) -> int:
    """The class axis, where there is one label for every position beside it; raises Reject."""
    axis = canonical_axis(axis, len(scores))
    wanted = math.prod(scores[:axis]) * math.prod(scores[axis + 1 :])
    if wanted != math.prod(label):
        message = f"scores of {spelled(scores)} need {wanted} labels, found {spelled(label)}"
        raise Reject(
            "N403",
            "bottom",
            message,
            "one label for each position; a label is a class number, not one-hot",
        )
    return axis


class SoftmaxWithLoss(_Loss):
    """Softmax followed by the negative logarithm of the true class's probability, averaged.

    The second top is the softmax; loss_weight then has to be given for both. A third, R-FCN's, has
    the loss of each label.
    """

    message = "softmax_param"
    tops = Count(1, 3)
    probabilities = True
    caffe = "layers/softmax_loss_layer.cpp"

    axis: int = param(Int(), "the axis of the classes", default=1)
    engine: Engine = engine()
    normalize_type: str = normalize_type()
    rule: SmoothedLossParameter = group(
        SmoothedLossParameter, "loss_param", "which labels count and what the sum is divided by"
    )

    def classes(self, scores: Shape) -> int:
        return scores[canonical_axis(self.axis, len(scores))]

    def infer(self, scores: Shape, label: Shape) -> tuple[Shape, ...]:
        same_batch(scores, label)
        one_label_each(scores, label, self.axis)
        return (), scores, label

    def work(self, run: Run) -> Work:
        scores = math.prod(run.bottoms[0])
        copied = scores if len(run.bottoms[0]) > 2 else 0  # the classes become the last axis
        places = 2 * PLACE * math.prod(run.bottoms[1])
        return Work(5 * scores, kept=scores, marks=places, scratch=scores + copied)

    def deployed(self) -> Layer:
        return Softmax(axis=self.axis, engine=self.engine)


class SigmoidCrossEntropyLoss(_Loss):
    """Sigmoid followed by the cross entropy with targets between 0 and 1."""

    caffe = "layers/sigmoid_cross_entropy_loss_layer.cpp"

    rule: LossParameter = group(
        LossParameter, "loss_param", "which targets count and what the sum is divided by"
    )

    def infer(self, scores: Shape, target: Shape) -> Shape:
        same_batch(scores, target)
        if math.prod(scores) != math.prod(target):
            message = f"the bottoms are {spelled(scores)} and {spelled(target)}"
            raise Reject("N403", "bottom", message, "a target for each score")
        return ()

    def work(self, run: Run) -> Work:
        scores = math.prod(run.bottoms[0])
        return Work(7 * scores, Keeps.BOTTOMS, scratch=scores, back=scores)

    def deployed(self) -> Layer:
        return Sigmoid()


class EuclideanLoss(_Loss):
    """The sum of squared differences, divided by twice the batch size."""

    caffe = "layers/euclidean_loss_layer.cpp"

    def infer(self, prediction: Shape, target: Shape) -> Shape:
        same_batch(prediction, target)
        if math.prod(prediction) != math.prod(target):
            message = f"the bottoms are {spelled(prediction)} and {spelled(target)}"
            raise Reject("N403", "bottom", message, "a target for each element")
        return ()

    def work(self, run: Run) -> Work:
        elements = math.prod(run.bottoms[0])
        return Work(3 * elements, kept=elements, scratch=2 * elements, back=2 * elements)


class Accuracy(Layer):
    """The share of labels that are among the top_k scores; the second top gives it by class."""

    message, family = "accuracy_param", Family.LOSS
    tops = Count(1, 2)
    caffe = "layers/accuracy_layer.cpp"
    sees = Sees.ALL
    differentiable = False

    top_k: int = param(Positive, "how many of the best classes may hold the label", default=1)
    axis: int = param(Int(), "the axis of the classes", default=1)
    ignore_label: int | None = param(Int(), "elements with this label do not count", default=None)
    min_is_better: bool = param(
        Bool(),
        "the best class is that of the lowest score",
        default=False,
        uncomputed="distances rather than scores",
        fork=NORMFACE,
    )

    def classes(self, scores: Shape) -> int:
        return scores[canonical_axis(self.axis, len(scores))]

    def infer(self, scores: Shape, label: Shape) -> tuple[Shape, ...]:
        axis = one_label_each(scores, label, self.axis)
        if self.top_k > scores[axis]:
            message = f"top_k is {self.top_k}, but there are {scores[axis]} classes"
            raise Reject("N407", "top_k", message, f"at most {scores[axis]}")
        return (), (scores[axis],)

    def work(self, run: Run) -> Work:
        return Work(math.prod(run.bottoms[0]), marks=math.prod(run.bottoms[0]))

    def deployed(self) -> None:
        return None

    def caption(self, *bottoms: Shape) -> str:
        return "Accuracy" if self.top_k == 1 else f"Accuracy, top {self.top_k}"
