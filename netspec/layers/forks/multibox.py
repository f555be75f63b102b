"""MultiBoxLoss: what single-shot detectors are trained with (Liu et al. 2016, arXiv 1512.02325)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from netspec.layers.forks.detection import (
    TRUTH,
    CodeType,
    NonMaximumSuppressionParameter,
    corners,
    scores,
)
from netspec.layers.loss import LossParameter
from netspec.schema.forks import SSD
from netspec.schema.kinds import Bool, Float, One, Positive, UInt
from netspec.schema.layer import Family, Layer, Shape
from netspec.schema.settings import Reject, group, param
from netspec.schema.wording import spelled
from netspec.schema.work import Keeps, Run, Work


class LocationLoss(Enum):
    L2 = 0
    SMOOTH_L1 = 1


class ConfidenceLoss(Enum):
    SOFTMAX = 0
    LOGISTIC = 1


class MatchType(Enum):
    BIPARTITE = 0
    PER_PREDICTION = 1


class MiningType(Enum):
    NONE = 0
    MAX_NEGATIVE = 1
    HARD_EXAMPLE = 2


class MultiBoxLoss(Layer):
    """Match priors to true boxes; the loss of their locations plus that of their classes.

    Each true box takes the prior that overlaps it most, and with PER_PREDICTION every prior that
    overlaps one by overlap_threshold matches it. Of the others the worst classified are added, at
    most neg_pos_ratio for each match (MAX_NEGATIVE). The true boxes are 1 x 1 x boxes x 8: image,
    label, instance, left, top, right, bottom, difficult.
    """

    message, family, loss = "multibox_loss_param", Family.LOSS, True
    fork = SSD
    caffe = "layers/multibox_loss_layer.cpp"

    num_classes: int = param(Positive, "how many classes there are, with the background")
    loc_loss_type: LocationLoss = param(
        One(LocationLoss), "the loss of a location", default=LocationLoss.SMOOTH_L1
    )
    conf_loss_type: ConfidenceLoss = param(
        One(ConfidenceLoss), "the loss of a class", default=ConfidenceLoss.SOFTMAX
    )
    loc_weight: float = param(Float(), "multiplies the loss of the locations", default=1.0)
    share_location: bool = param(Bool(), "one location for all classes", default=True)
    match_type: MatchType = param(
        One(MatchType), "whether a true box has several priors", default=MatchType.PER_PREDICTION
    )
    overlap_threshold: float = param(Float(), "the overlap of a match", default=0.5)
    use_prior_for_matching: bool = param(
        Bool(), "match priors; false: the boxes that are predicted", default=True
    )
    background_label_id: int = param(UInt, "the class of no thing", default=0)
    use_difficult_gt: bool = param(Bool(), "match difficult true boxes, too", default=True)
    do_neg_mining: bool | None = param(
        Bool(), "the old form of mining_type, which it has to agree with", default=None
    )
    neg_pos_ratio: float = param(
        Float(), "how many priors without a match count for each with one", default=3.0
    )
    neg_overlap: float = param(
        Float(), "a prior that overlaps by as much is no background", default=0.5
    )
    code_type: CodeType = param(One(CodeType), "what a location is", default=CodeType.CORNER)
    encode_variance_in_target: bool = param(
        Bool(), "locations have their variance in them", default=False
    )
    map_object_to_agnostic: bool = param(
        Bool(), "one class for all things: thing or background", default=False
    )
    ignore_cross_boundary_bbox: bool = param(
        Bool(), "priors across the image's border do not count", default=False
    )
    bp_inside: bool = param(
        Bool(), "coordinates outside of the image are not learned", default=False
    )
    mining_type: MiningType = param(
        One(MiningType),
        "which priors count: all, matches and the worst others, or the worst",
        default=MiningType.MAX_NEGATIVE,
    )
    nms_param: NonMaximumSuppressionParameter | None = param(
        NonMaximumSuppressionParameter, "suppress overlapping priors before mining", default=None
    )
    sample_size: int = param(Positive, "how many priors HARD_EXAMPLE takes", default=64)
    use_prior_for_nms: bool = param(
        Bool(), "suppress priors; false: the boxes that are predicted", default=False
    )
    rule: LossParameter = group(LossParameter, "loss_param", "what the sum is divided by")

    def check(self) -> Iterable[Reject]:
        mining = self.mining_type is not MiningType.NONE
        if self.do_neg_mining is not None and self.do_neg_mining is not mining:
            message = f"do_neg_mining is given together with mining_type {self.mining_type.name}"
            yield Reject("N208", "do_neg_mining", message, "remove do_neg_mining")
        if mining and not self.share_location:
            message = "mining is given together with share_location: false"
            yield Reject("N208", "share_location", message, "write mining_type: NONE")
        softmax = self.conf_loss_type is ConfidenceLoss.SOFTMAX
        if softmax and self.background_label_id >= self.num_classes:
            message = f"background_label_id is {self.background_label_id}"
            help = f"a class from 0 to {self.num_classes - 1}"
            yield Reject("N205", "background_label_id", message, help)
        agnostic = 2
        if self.map_object_to_agnostic and self.num_classes != agnostic:
            message = f"map_object_to_agnostic needs {agnostic} classes, found {self.num_classes}"
            yield Reject("N208", "map_object_to_agnostic", message, f"num_classes: {agnostic}")

    @property
    def location_classes(self) -> int:
        return 1 if self.share_location else self.num_classes

    def infer(self, location: Shape, confidence: Shape, priors: Shape, truth: Shape) -> Shape:
        count = corners(location, priors, self.location_classes)
        scores(confidence, location[0], count, self.num_classes)
        if len(truth) != 4 or truth[:2] != (1, 1) or truth[3] != TRUTH:
            message = f"expected true boxes as 1 x 1 x boxes x {TRUTH}, found {spelled(truth)}"
            raise Reject("N401", "bottom", message, "AnnotatedData makes them")
        return ()

    def work(self, run: Run) -> Work:
        return Work(None, Keeps.BOTTOMS)
