"""Axpy and ChannelScale: a number for each channel, or each position, times a blob."""

from __future__ import annotations

import math

from netspec.schema.forks import NORMFACE, SENET
from netspec.schema.kinds import Bool, Float
from netspec.schema.layer import Family, Layer, Shape
from netspec.schema.settings import Reject, param
from netspec.schema.sight import Sees
from netspec.schema.wording import spelled
from netspec.schema.work import Keeps

GRADIENT = "gradients that do not belong to the result"


class Axpy(Layer):
    """a x + y: a has a number for each channel of each image (Hu et al. 2017, arXiv 1709.01507)."""

    family = Family.ARITHMETIC
    fork = SENET
    caffe = "layers/axpy_layer.cpp"
    each, keeps = 2, Keeps.BOTTOMS
    sees = Sees.SAME

    def infer(self, a: Shape, x: Shape, y: Shape) -> Shape:
        if a[:2] != x[:2] or math.prod(a) != math.prod(x[:2]):
            message = f"the first bottom is {spelled(a)}, the second {spelled(x)}"
            raise Reject("N403", "bottom", message, "a number for each channel of each image")
        if x != y:
            message = f"the second bottom is {spelled(x)}, the third {spelled(y)}"
            raise Reject("N403", "bottom", message, "both have one shape")
        return x


class ChannelScale(Layer):
    """The first bottom times the second, which has one number for all channels of a position."""

    message, family = "channel_scale_param", Family.ARITHMETIC
    fork = NORMFACE
    caffe = "layers/channel_scale_layer.cpp"
    each, keeps = 1, Keeps.BOTTOMS
    sees = Sees.SAME

    do_forward: bool = param(Bool(), "false: pass the first bottom on", default=True)
    do_backward_feature: bool = param(
        Bool(), "false: the gradient is not scaled", default=True, uncomputed=GRADIENT
    )
    do_backward_scale: bool = param(
        Bool(), "false: no gradient for the second bottom", default=True, uncomputed=GRADIENT
    )
    global_scale: bool = param(
        Bool(), "one scale for all, kept with the layer", default=False, uncomputed="such a scale"
    )
    max_global_scale: float = param(Float(), "the largest such scale", default=1000.0)
    min_global_scale: float = param(Float(), "the least", default=0.0)
    init_global_scale: float = param(Float(), "the first", default=1.0)

    def infer(self, image: Shape, scale: Shape) -> Shape:
        if math.prod(scale) * (image[1] if len(image) > 1 else 1) != math.prod(image):
            message = f"the first bottom is {spelled(image)}, the second {spelled(scale)}"
            raise Reject("N403", "bottom", message, "a number for each position of each image")
        return image
