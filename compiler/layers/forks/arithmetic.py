"""Axpy and ChannelScale."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.forks.arithmetic import Axpy, ChannelScale


class ScaledSum(nn.Module):
    """a x + y, where a has a number for each channel of each image."""

    def forward(self, a: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return torch.addcmul(y, x, a.reshape(*x.shape[:2], *(1,) * (x.dim() - 2)))


class ScaledPositions(nn.Module):
    """Each position times its number."""

    def forward(self, image: Tensor, scale: Tensor) -> Tensor:
        return image * scale.reshape(len(image), 1, *image.shape[2:])


class First(nn.Module):
    """The first bottom."""

    def forward(self, image: Tensor, scale: Tensor) -> Tensor:
        return image


@lower.register
def axpy(layer: Axpy, node: Node) -> nn.Module:
    return ScaledSum()


@lower.register
def channel_scale(layer: ChannelScale, node: Node) -> nn.Module:
    return ScaledPositions() if layer.do_forward else First()
