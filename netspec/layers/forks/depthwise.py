"""Depthwise convolution: a filter for each channel, by the names that forks gave it."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.layers.convolution import Convolution
from netspec.schema.forks import DEPTHWISE
from netspec.schema.layer import Shape
from netspec.schema.settings import Reject


class _Depthwise(Convolution):
    """A Convolution whose groups are the channels, whether group says so or not."""

    caffe = ""

    def check(self) -> Iterable[Reject]:
        return (reject for reject in super().check() if reject.setting != "group")

    def parts(self, channels: int) -> int:
        return channels

    def channels(self, image: Shape) -> int:
        found = super().channels(image)
        if self.num_output % found:
            message = f"num_output is {self.num_output}, but there are {found} channels"
            raise Reject("N406", "num_output", message, "as many filters as channels")
        if self.group not in (1, found):
            message = f"group is {self.group}, but there are {found} channels"
            raise Reject("N406", "group", message, "remove it: each channel is a group")
        return found


class DepthwiseConvolution(_Depthwise):
    """A Convolution with a filter of its own for each channel (Chollet 2016, arXiv 1610.02357)."""

    fork = DEPTHWISE


class ConvolutionDepthwise(_Depthwise):
    """The same as DepthwiseConvolution, by another fork's name."""

    fork = "ShuffleNet, OpenVINO and others"
