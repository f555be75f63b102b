"""ReLU6, SeLu and SeLuDropout."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.forks.activation import ReLU6, SeLu, SeLuDropout


class Scaled(nn.Module):
    """ELU times a slope."""

    def __init__(self, alpha: float, slope: float) -> None:
        super().__init__()
        self.alpha, self.slope = alpha, slope

    def forward(self, blob: Tensor) -> Tensor:
        return nn.functional.elu(blob, self.alpha) * self.slope


class AlphaDropped(nn.Module):
    """In training, elements become alpha at random; then all are scaled and shifted."""

    def __init__(self, layer: SeLuDropout) -> None:
        super().__init__()
        self.ratio, self.alpha = layer.dropout_ratio, layer.alpha
        self.scale, self.shift = layer.affine()

    def forward(self, blob: Tensor) -> Tensor:
        if not self.training:
            return blob
        kept = torch.rand_like(blob) >= self.ratio
        return torch.where(kept, blob, self.alpha) * self.scale + self.shift


@lower.register
def relu6(layer: ReLU6, node: Node) -> nn.Module:
    return nn.ReLU6()


@lower.register
def selu(layer: SeLu, node: Node) -> nn.Module:
    return Scaled(layer.alpha, layer.slope)


@lower.register
def selu_dropout(layer: SeLuDropout, node: Node) -> nn.Module:
    return AlphaDropped(layer)
