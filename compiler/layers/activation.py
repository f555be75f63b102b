"""Layers that change each element by itself, and Softmax."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from compiler.lower import Weighted, lower
from netspec.graph import Node
from netspec.layers.activation import (
    BNLL,
    ELU,
    Dropout,
    Power,
    PReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Swish,
    TanH,
)


class LearnedSlope(Weighted):
    """PReLU: a slope a channel, or one for all."""

    weight: Tensor

    def forward(self, blob: Tensor) -> Tensor:
        return F.prelu(blob, self.weight.reshape(-1))


class Powered(nn.Module):
    """(shift + scale x)^power, a constant where power or scale is 0."""

    def __init__(self, layer: Power) -> None:
        super().__init__()
        self.power, self.scale, self.shift = layer.power, layer.scale, layer.shift

    def forward(self, blob: Tensor) -> Tensor:
        if self.power * self.scale == 0:
            constant = blob.new_tensor(self.shift) ** self.power  # 1 when power is 0
            return torch.where(
                blob.new_tensor(True, dtype=torch.bool), constant, blob
            )  # its gradient is 0
        line = blob if self.scale == 1 else blob * self.scale
        line = line if self.shift == 0 else line + self.shift
        return line if self.power == 1 else line**self.power

    def extra_repr(self) -> str:
        return f"power={self.power}, scale={self.scale}, shift={self.shift}"


class SharpSwish(nn.Module):
    """x times the sigmoid of beta x."""

    def __init__(self, beta: float) -> None:
        super().__init__()
        self.beta = beta

    def forward(self, blob: Tensor) -> Tensor:
        return blob * (blob * self.beta).sigmoid()


@lower.register
def relu(layer: ReLU, node: Node) -> nn.Module:
    return nn.LeakyReLU(layer.negative_slope) if layer.negative_slope else nn.ReLU()


@lower.register
def prelu(layer: PReLU, node: Node) -> nn.Module:
    return LearnedSlope(node)


@lower.register
def elu(layer: ELU, node: Node) -> nn.Module:
    return nn.ELU(layer.alpha)


@lower.register
def sigmoid(layer: Sigmoid, node: Node) -> nn.Module:
    return nn.Sigmoid()


@lower.register
def tanh(layer: TanH, node: Node) -> nn.Module:
    return nn.Tanh()


@lower.register
def bnll(layer: BNLL, node: Node) -> nn.Module:
    return nn.Softplus()


@lower.register
def swish(layer: Swish, node: Node) -> nn.Module:
    return nn.SiLU() if layer.beta == 1 else SharpSwish(layer.beta)


@lower.register
def power(layer: Power, node: Node) -> nn.Module:
    return Powered(layer)


@lower.register
def dropout(layer: Dropout, node: Node) -> nn.Module:
    return nn.Dropout(layer.dropout_ratio)


@lower.register
def softmax(layer: Softmax, node: Node) -> nn.Module:
    return nn.Softmax(layer.axis)
