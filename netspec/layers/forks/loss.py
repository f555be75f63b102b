"""Losses of the R-CNN family and of faces: smooth L1, those with hard examples, L1, centre loss."""

from __future__ import annotations

import math
from collections.abc import Iterable

from netspec.layers.loss import LossParameter, SoftmaxWithLoss, same_batch
from netspec.schema.forks import CENTER_LOSS, FAST_RCNN, INTEL, NVIDIA, R_FCN
from netspec.schema.kinds import Float, Int, Positive, Text
from netspec.schema.layer import Count, Family, Layer, Shape, Weight, canonical_axis
from netspec.schema.net import FillerParameter
from netspec.schema.settings import Reject, group, param
from netspec.schema.sight import Sees
from netspec.schema.wording import spelled
from netspec.schema.work import Run, Work


def four(shape: Shape) -> Shape:
    """num, channels, height, width, as Caffe's older layers see a blob of four axes or fewer."""
    return (*shape, 1, 1, 1, 1)[:4]


class _Smooth(Layer):
    """A sum of 0.5 x² near 0 and |x| - 0.5 further out; the second top has it for each position."""

    family, loss = Family.LOSS, True
    tops = Count(1, 2)
    sees = Sees.ALL

    rule: LossParameter = group(LossParameter, "loss_param", "what the sum is divided by")

    def agree(self, *blobs: Shape) -> tuple[Shape, ...]:
        """The shapes of both tops; raises Reject where the bottoms differ."""
        for other in blobs[1:]:
            if math.prod(other) != math.prod(blobs[0]) or four(other)[1:] != four(blobs[0])[1:]:
                message = f"the bottoms are {' and '.join(spelled(blob) for blob in blobs)}"
                raise Reject("N403", "bottom", message, "all have one shape")
        batch, _, height, width = four(blobs[0])
        return (), (batch, 1, height, width)

    def work(self, run: Run) -> Work:
        elements = math.prod(run.bottoms[0])
        return Work(6 * elements, kept=3 * elements, scratch=3 * elements)


class SmoothL1Loss(_Smooth):
    """Smooth L1: 0.5 (sigma x)² for |x| < 1 / sigma², |x| - 0.5 / sigma² beyond (Girshick 2015).

    x is the difference of the first two bottoms times the third; the result is multiplied by the
    fourth. It is divided by the batch size; where loss_param is written or there is a second top
    (R-FCN), as loss_param says.
    """

    message = "smooth_l1_loss_param"
    fork = f"{FAST_RCNN}; {R_FCN}"
    caffe = "layers/smooth_L1_loss_layer.cpp"

    sigma: float = param(Float(), "how narrow the square part is", default=1.0)

    def ruled(self, tops: int) -> bool:
        """Whether loss_param says what the sum is divided by."""
        return self.rule != LossParameter() or tops > 1

    def variant(self, bottoms: int, tops: int) -> str:
        if self.ruled(tops):
            return "R-FCN's, divided by what loss_param says"
        return "Fast R-CNN's, divided by the batch size"

    def infer(
        self,
        prediction: Shape,
        target: Shape,
        inside: Shape | None = None,
        outside: Shape | None = None,
    ) -> tuple[Shape, ...]:
        weights = [blob for blob in (inside, outside) if blob is not None]
        return self.agree(prediction, target, *weights)


class SmoothL1LossOHEM(_Smooth):
    """Smooth L1 of the weighted differences; with a second top, also the loss of each position."""

    fork = f"{R_FCN}; {INTEL}"
    caffe = "layers/smooth_L1_loss_ohem_layer.cpp"

    def infer(
        self, prediction: Shape, target: Shape, weight: Shape | None = None
    ) -> tuple[Shape, ...]:
        return self.agree(prediction, target, *([weight] if weight is not None else ()))


class SoftmaxWithLossOHEM(SoftmaxWithLoss):
    """SoftmaxWithLoss by the name that it had while its third top, each label's loss, was new."""

    fork = f"{R_FCN}; {INTEL}"
    caffe = "layers/softmax_loss_ohem_layer.cpp"


class BoxAnnotatorOHEM(Layer):
    """Keep the labels of the regions with the largest losses; all others are ignored.

    The bottoms are regions, losses, labels and the weights of the box losses; the tops are labels
    and weights (Shrivastava et al. 2016, arXiv 1604.03540).
    """

    message, family = "box_annotator_ohem_param", Family.LOSS
    tops = Count(2, 2)
    fork = R_FCN
    caffe = "layers/box_annotator_ohem_layer.cpp"

    roi_per_img: int = param(Positive, "how many regions of an image are kept")
    ignore_label: int = param(Int(), "the label of the others", default=-1)

    def infer(self, regions: Shape, loss: Shape, label: Shape, weight: Shape) -> tuple[Shape, ...]:
        count, _, height, width = four(regions)
        places = (count, 1, height, width)
        if four(regions)[1] != 5 or four(loss) != places or four(label) != places:
            message = f"the bottoms are {spelled(regions)}, {spelled(loss)} and {spelled(label)}"
            raise Reject("N403", "bottom", message, "5 numbers, a loss and a label for each region")
        if four(weight)[0] != count or four(weight)[2:] != (height, width):
            message = f"{count} regions, but weights of {spelled(weight)}"
            raise Reject("N403", "bottom", message, "weights for each region")
        return places, four(weight)

    def work(self, run: Run) -> Work:
        return Work(None)


class L1Loss(Layer):
    """The sum of absolute differences, divided by the batch size."""

    family, loss = Family.LOSS, True
    fork = NVIDIA
    caffe = "layers/l1_loss_layer.cpp"
    sees = Sees.ALL

    def infer(self, prediction: Shape, target: Shape) -> Shape:
        same_batch(prediction, target)
        if math.prod(prediction) != math.prod(target):
            message = f"the bottoms are {spelled(prediction)} and {spelled(target)}"
            raise Reject("N403", "bottom", message, "a target for each element")
        return ()

    def work(self, run: Run) -> Work:
        elements = math.prod(run.bottoms[0])
        return Work(3 * elements, kept=elements, scratch=2 * elements, back=elements)


class CenterLoss(Layer):
    """Half the squared distance of each feature to the centre of its class, over the batch size.

    A centre moves by the mean difference of its batch's members (Wen et al. 2016).
    """

    message, family, loss = "center_loss_param", Family.LOSS, True
    fork = CENTER_LOSS
    caffe = "layers/center_loss_layer.cpp"
    sees = Sees.ALL

    num_output: int = param(Positive, "how many classes there are")
    center_filler: FillerParameter = param(
        FillerParameter, "fills the centres", default=FillerParameter()
    )
    axis: int = param(Int(), "the first axis of a feature", default=1)
    distance_type: str = param(Text(), "L2 or L1", default="L2")

    def check(self) -> Iterable[Reject]:
        if self.distance_type != "L2":
            message = f"distance_type is {self.distance_type}"
            yield Reject("N206", "distance_type", message, "L2 is what is known here")

    def infer(self, features: Shape, label: Shape) -> Shape:
        canonical_axis(self.axis, len(features))
        same_batch(features, label)
        return ()

    def weights(self, features: Shape, label: Shape) -> tuple[Weight, ...]:
        axis = canonical_axis(self.axis, len(features))
        shape = (self.num_output, math.prod(features[axis:]))
        return (Weight("weight", shape, self.center_filler),)

    def work(self, run: Run) -> Work:
        elements = math.prod(run.bottoms[0])
        return Work(3 * elements, kept=elements, scratch=elements)
