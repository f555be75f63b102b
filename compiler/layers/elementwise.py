"""Functions of school mathematics, applied to each element."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.elementwise import AbsVal, Clip, Exp, Log, Threshold


class Absolute(nn.Module):
    """|x|."""

    def forward(self, blob: Tensor) -> Tensor:
        return blob.abs()


class Exponential(nn.Module):
    """base^(shift + scale x), as base^shift exp(log(base) scale x)."""

    def __init__(self, layer: Exp) -> None:
        super().__init__()
        self.inner = layer.log_base * layer.scale
        self.outer = math.exp(layer.log_base * layer.shift)

    def forward(self, blob: Tensor) -> Tensor:
        power = (blob if self.inner == 1 else blob * self.inner).exp()
        return power if self.outer == 1 else power * self.outer


class Logarithm(nn.Module):
    """log(shift + scale x) / log(base)."""

    def __init__(self, layer: Log) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, blob: Tensor) -> Tensor:
        said = self.layer
        line = blob if said.scale == 1 else blob * said.scale
        logarithm = (line if said.shift == 0 else line + said.shift).log()
        return logarithm if said.log_base == 1 else logarithm / said.log_base


class Clipped(nn.Module):
    """x between two bounds; the lower one holds where they are the wrong way round."""

    def __init__(self, layer: Clip) -> None:
        super().__init__()
        self.low, self.high = layer.min, layer.max

    def forward(self, blob: Tensor) -> Tensor:
        return blob.clamp(max=self.high).clamp(min=self.low)


class Above(nn.Module):
    """1 above the threshold, 0 up to it."""

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.threshold = threshold

    @torch.no_grad()
    def forward(self, blob: Tensor) -> Tensor:
        return (blob > self.threshold).to(blob.dtype)


@lower.register
def absval(layer: AbsVal, node: Node) -> nn.Module:
    return Absolute()


@lower.register
def exp(layer: Exp, node: Node) -> nn.Module:
    return Exponential(layer)


@lower.register
def log(layer: Log, node: Node) -> nn.Module:
    return Logarithm(layer)


@lower.register
def clip(layer: Clip, node: Node) -> nn.Module:
    return Clipped(layer)


@lower.register
def threshold(layer: Threshold, node: Node) -> nn.Module:
    return Above(layer.threshold)
