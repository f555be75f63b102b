"""What stands in for the Python classes of Faster R-CNN, where no Python may run.

(rbgirshick/py-faster-rcnn and YuwenXiong/py-R-FCN: lib/rpn and lib/roi_data_layer, with the
defaults of fast_rcnn/config.py)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import yaml

from netspec.layers.forks.regions import REGION, Proposal
from netspec.schema.kinds import Positive
from netspec.schema.layer import Count, Family, Layer, Shape
from netspec.schema.net import Phase
from netspec.schema.settings import Reject, param
from netspec.schema.wording import spelled
from netspec.schema.work import Run, Work

SCALES, RATIOS = (8.0, 16.0, 32.0), (0.5, 1.0, 2.0)
PY_FASTER_RCNN = "Faster R-CNN in Python (rbgirshick/py-faster-rcnn)"


class ProposalLayer(Proposal):
    """rpn.proposal_layer.ProposalLayer: a Proposal that drops boxes smaller than min_size.

    How many are looked at, and how many stay, depends on the phase. Its tops are said to have one
    row; how many they have is known when it runs.
    """

    fork = PY_FASTER_RCNN
    caffe = ""
    drops_small = True
    most: ClassVar[dict[Phase, tuple[int, int]]] = {
        Phase.TRAIN: (12000, 2000),
        Phase.TEST: (6000, 300),
    }

    def infer(self, scores: Shape, moves: Shape, image: Shape) -> tuple[Shape, ...]:
        super().infer(scores, moves, image)
        return (1, REGION), (1, 1, 1, 1)


class _Anchored(Layer):
    """A layer with the anchors of a ProposalLayer."""

    anchors: int = param(Positive, "how many anchors a position has")

    def work(self, run: Run) -> Work:
        return Work(None)


class AnchorTargetLayer(_Anchored):
    """rpn.anchor_target_layer.AnchorTargetLayer: what each anchor has to learn."""

    family = Family.LOSS
    shape_only = frozenset({0, 3})
    fork = PY_FASTER_RCNN
    tops = Count(4, 4)

    def infer(self, scores: Shape, boxes: Shape, info: Shape, image: Shape) -> tuple[Shape, ...]:
        if len(scores) != 4:
            message = f"expected a map of scores, found {spelled(scores)}"
            raise Reject("N401", "bottom", message, "batch x channels x height x width")
        height, width = scores[2:]
        targets = (1, 4 * self.anchors, height, width)
        return (1, 1, self.anchors * height, width), targets, targets, targets


class _Classes(Layer):
    """A layer that knows how many classes there are."""

    num_classes: int = param(Positive, "how many classes, with the background")

    @property
    def targets(self) -> Shape:
        """The shape of the targets of one region."""
        return 1, 4 * self.num_classes


class ProposalTargetLayer(_Classes):
    """rpn.proposal_target_layer.ProposalTargetLayer: which proposals are learned from, and what.

    Its tops have the four axes that R-FCN's class gives them.
    """

    family = Family.LOSS
    fork = PY_FASTER_RCNN
    tops = Count(5, 5)

    def infer(self, regions: Shape, boxes: Shape) -> tuple[Shape, ...]:
        targets = (*self.targets, 1, 1)
        return (1, REGION, 1, 1), (1, 1, 1, 1), targets, targets, targets

    def work(self, run: Run) -> Work:
        return Work(None)


class RoIDataLayer(_Classes):
    """roi_data_layer.layer.RoIDataLayer: images with true boxes or regions; the caller feeds them.

    With three tops they are image, its height, width and scale, and true boxes; else images,
    regions, labels, and where there are six, targets and their weights.
    """

    family, makes_data, fed = Family.DATA, True, True
    fork = PY_FASTER_RCNN
    tops = Count(3, 6)

    def infer(self, *, tops: int, given: Shape | None = None) -> tuple[Shape, ...]:
        if tops == 3:
            return given or (1, 3, 600, 1000), (1, 3), (1, 4)
        return given or (2, 3, 600, 1000), (1, REGION), (1,), *(self.targets,) * 3


def known(module: str, name: str, text: str) -> Layer | None:
    """The layer that stands in for a class of a module, or None. Raises Reject.

    `text` is the layer's param_str, YAML with the class's settings.
    """
    make = STAND_INS.get((module, name))
    if make is None:
        return None
    try:
        said = yaml.safe_load(text)
        return make(said if isinstance(said, dict) else {})
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as wrong:
        message = f"param_str is not what {module}.{name} reads: {wrong}"
        raise Reject("N204", "param_str", message, "write \"'feat_stride': 16\"") from None


def _proposals(said: dict[str, Any]) -> Layer:
    scales, ratios = said.get("scales", SCALES), said.get("ratios", RATIOS)
    return ProposalLayer(
        feat_stride=int(said["feat_stride"]),
        scale=tuple(float(s) for s in scales),
        ratio=tuple(float(r) for r in ratios),
    )


def _anchors(said: dict[str, Any]) -> Layer:
    count = len(said.get("scales", SCALES)) * len(said.get("ratios", RATIOS))
    return AnchorTargetLayer(anchors=count)


STAND_INS: dict[tuple[str, str], Callable[[dict[str, Any]], Layer]] = {
    ("rpn.proposal_layer", "ProposalLayer"): _proposals,
    ("rpn.anchor_target_layer", "AnchorTargetLayer"): _anchors,
    ("rpn.proposal_target_layer", "ProposalTargetLayer"): lambda said: ProposalTargetLayer(
        num_classes=int(said["num_classes"])
    ),
    ("roi_data_layer.layer", "RoIDataLayer"): lambda said: RoIDataLayer(
        num_classes=int(said["num_classes"])
    ),
}
