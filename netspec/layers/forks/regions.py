"""Regions of interest: ROIPooling, PSROIPooling, and the Proposals that they pool."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from netspec.schema.forks import FAST_RCNN, FASTER_RCNN, R_FCN
from netspec.schema.kinds import Float, Positive, UInt
from netspec.schema.layer import Count, Family, Layer, Shape
from netspec.schema.settings import Reject, param
from netspec.schema.wording import spelled
from netspec.schema.work import PLACE, Keeps, Run, Work

REGION = 5  # numbers: image, left, top, right, bottom in pixels of the network's input


def _expect(image: Shape, regions: Shape) -> None:
    if len(image) != 4:
        message = f"expected batch x channels x height x width, found {spelled(image)}"
        raise Reject("N401", "bottom", message, "regions are pooled from images")
    if len(regions) < 2 or (*regions[1:], 1, 1)[:3] != (REGION, 1, 1):
        message = f"expected regions as regions x {REGION}, found {spelled(regions)}"
        raise Reject("N401", "bottom", message, "image, left, top, right, bottom for each region")


class ROIPooling(Layer):
    """The maximum of each of pooled_h x pooled_w parts of every region (Girshick 2015).

    Regions are in pixels of the network's input; their corners are rounded to the feature map's.
    """

    message, family = "roi_pooling_param", Family.SPATIAL
    fork = FAST_RCNN
    caffe = "layers/roi_pooling_layer.cpp"

    pooled_h: int = param(Positive, "how many parts a region has downwards")
    pooled_w: int = param(Positive, "how many parts a region has across")
    spatial_scale: float = param(
        Float(), "pixels of the feature map for each of the network's input", default=1.0
    )

    def infer(self, image: Shape, regions: Shape) -> Shape:
        _expect(image, regions)
        return regions[0], image[1], self.pooled_h, self.pooled_w

    def work(self, run: Run) -> Work:
        return Work(None, Keeps.BOTTOMS, marks=PLACE * run.made)

    def caption(self, *bottoms: Shape) -> str:
        return f"{self.pooled_h}×{self.pooled_w} region pool"


class PSROIPooling(Layer):
    """The mean of each part of every region, each part from channels of its own (Dai et al. 2016).

    Channel (output, part) of the bottom gives part of output of the top.
    """

    message, family = "psroi_pooling_param", Family.SPATIAL
    fork = R_FCN
    caffe = "layers/psroi_pooling_layer.cpp"

    spatial_scale: float = param(
        Float(), "pixels of the feature map for each of the network's input"
    )
    output_dim: int = param(Positive, "how many channels the top has")
    group_size: int = param(Positive, "how many parts a side of a region has")

    def infer(self, image: Shape, regions: Shape) -> Shape:
        _expect(image, regions)
        needed = self.output_dim * self.group_size**2
        if image[1] != needed:
            message = f"{self.output_dim} outputs of {self.group_size} x {self.group_size} parts "
            message += f"need {needed} channels, found {image[1]}"
            raise Reject("N406", "output_dim", message, "channels are output_dim x group_size²")
        return regions[0], self.output_dim, self.group_size, self.group_size

    def work(self, run: Run) -> Work:
        return Work(None)

    def caption(self, *bottoms: Shape) -> str:
        return f"{self.group_size}×{self.group_size} position-sensitive pool"


class Proposal(Layer):
    """Where things may be: anchors moved as predicted, the best, of those that overlap the best.

    The bottoms are scores (background and thing for each anchor), moves (4 for each anchor) and the
    image's height, width and scale. The tops are regions x 5 (image, left, top, right, bottom) and
    their scores; there are post_nms_topn at most (Ren et al. 2015, arXiv 1506.01497).
    """

    message, family = "proposal_param", Family.SPATIAL
    tops = Count(1, 2)
    fork = FASTER_RCNN
    caffe = "layers/proposal_layer.cpp"
    drops_small: ClassVar[bool] = False  # boxes smaller than min_size; else they get the score 0
    differentiable = False

    feat_stride: int = param(Positive, "pixels of the input from position to position", default=16)
    base_size: int = param(Positive, "the side of the anchor of scale 1", default=16)
    min_size: int = param(
        UInt, "the least side of a proposal, before the image was scaled", default=16
    )
    ratio: tuple[float, ...] = param(Float(), "height by width of the anchors", many=True)
    scale: tuple[float, ...] = param(Float(), "how many times larger the anchors are", many=True)
    pre_nms_topn: int = param(Positive, "how many of the best are looked at", default=6000)
    post_nms_topn: int = param(Positive, "how many stay at most", default=300)
    nms_thresh: float = param(
        Float(), "a proposal that overlaps a better one by more goes", default=0.7
    )

    def check(self) -> Iterable[Reject]:
        for name in ("ratio", "scale"):
            values = getattr(self, name)
            if not values:
                yield Reject("N207", name, f"{name} is missing", f"give {self.settings[name].doc}")
            if any(value <= 0 for value in values):
                yield Reject("N205", name, f"a {name} is not more than 0", "give positive numbers")

    def anchors(self) -> list[tuple[float, float, float, float]]:
        """Left, top, right, bottom of the anchors at the first position."""
        centre = 0.5 * (self.base_size - 1)
        made = []
        for ratio in self.ratio:
            width = int((self.base_size**2 / ratio) ** 0.5 + 0.5)
            height = int(width * ratio + 0.5)
            for scale in self.scale:
                half_w, half_h = 0.5 * (width * scale - 1), 0.5 * (height * scale - 1)
                corner = (centre - half_w, centre - half_h)
                made.append((*corner, centre + half_w, centre + half_h))
        return made

    def infer(self, scores: Shape, moves: Shape, image: Shape) -> tuple[Shape, ...]:
        count = len(self.ratio) * len(self.scale)
        if len(scores) != 4 or len(moves) != 4 or scores[2:] != moves[2:]:
            message = f"the scores are {spelled(scores)}, the moves {spelled(moves)}"
            raise Reject("N403", "bottom", message, "both are maps of one size")
        if scores[1] != 2 * count or moves[1] != 4 * count:
            message = f"{count} anchors need {2 * count} scores and {4 * count} moves a position, "
            message += f"found {scores[1]} and {moves[1]}"
            raise Reject("N406", "ratio", message, "there are as many anchors as ratios x scales")
        if len(image) < 2 or image[1] < 3:
            message = f"expected the image's height, width and scale, found {spelled(image)}"
            raise Reject("N401", "bottom", message, "the third bottom is 1 x 3, or more")
        regions = scores[0] * self.post_nms_topn
        return (regions, REGION), (regions,)

    def work(self, run: Run) -> Work:
        return Work(None)
