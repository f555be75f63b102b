"""GeneralContrastiveLoss, on the distances of features to the centres of all classes."""

from __future__ import annotations

import math

from netspec.layers.loss import same_batch
from netspec.schema.forks import NORMFACE
from netspec.schema.kinds import Bool, Float
from netspec.schema.layer import Count, Family, Layer, Shape
from netspec.schema.settings import Reject, param
from netspec.schema.sight import Sees
from netspec.schema.work import Run, Work

MOVING = "a margin that follows the data"


class GeneralContrastiveLoss(Layer):
    """The distance to the own class beyond a margin, and what others lack to theirs, over N.

    The first bottom has a distance to each class. The second top, without a gradient, has the mean
    distance to the own class and by how much others are too near (Wang et al. 2017, 1704.06369).
    """

    message, family, loss = "general_contrastive_loss_param", Family.LOSS, True
    tops = Count(1, 2)
    fork = NORMFACE
    caffe = "layers/general_constrastive_loss_layer.cpp"
    sees = Sees.ALL

    positive_margin: float = param(Float(), "what the own class may be away", default=0.0)
    negative_margin: float = param(Float(), "what others are to be away", default=1.0)
    positive_weight: float = param(Float(), "of the own class", default=1.0)
    negative_weight: float = param(Float(), "of others", default=1.0)
    positive_outlier_thresh: float = param(
        Float(), "a distance beyond this has no gradient", default=4.0
    )
    exp_negative_weight: bool = param(
        Bool(), "exp(-distance) in place of what is lacking", default=False
    )
    square: bool = param(Bool(), "of no effect", default=False, unused="nothing looks at it")
    normalize_negative: float | None = param(
        Float(), "scales the gradient of others", default=None, uncomputed="such a gradient"
    )
    max_negative_only: bool = param(Bool(), "only the nearest other class", default=False)
    max_positive_only: bool = param(
        Bool(), "only the item nearest to its own class, as the fork has it", default=False
    )
    positive_first: bool = param(Bool(), "others count once the own class is near", default=False)
    positive_upper_bound: float = param(
        Float(), "how near", default=1.0, unused="it needs positive_first"
    )
    add_intra_mae: bool = param(
        Bool(), "add the mean distance to the margin", default=False, uncomputed=MOVING
    )
    max_negative_margin: float = param(
        Float(), "its end", default=1.2, unused="it needs add_intra_mae"
    )

    def infer(self, distances: Shape, label: Shape) -> tuple[Shape, ...]:
        same_batch(distances, label)
        if math.prod(distances[1:]) < 2:
            message = "there is one class, and no other to be away from"
            raise Reject("N406", "bottom", message, "a distance for each of two classes or more")
        return (), (3 if self.add_intra_mae else 2,)

    def work(self, run: Run) -> Work:
        elements = math.prod(run.bottoms[0])
        return Work(4 * elements, kept=elements, scratch=elements)
