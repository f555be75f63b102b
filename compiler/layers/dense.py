"""InnerProduct as a matrix product over everything from `axis` on."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from compiler.lower import Weighted, lower
from netspec.graph import Node
from netspec.layers.dense import InnerProduct


class Dense(Weighted):
    """Weight (outputs, inputs), or (inputs, outputs) when transposed."""

    weight: Tensor

    def __init__(self, layer: InnerProduct, node: Node) -> None:
        super().__init__(node)
        self.axis = layer.axis % len(node.bottoms[0].shape)
        self.transpose = layer.transpose
        self.has_bias = layer.bias_term

    def forward(self, features: Tensor) -> Tensor:
        weight = self.weight.t() if self.transpose else self.weight
        return F.linear(features.flatten(self.axis), weight, self.bias if self.has_bias else None)

    def extra_repr(self) -> str:
        return f"weight={tuple(self.weight.shape)}, axis={self.axis}, transpose={self.transpose}"


@lower.register
def inner_product(layer: InnerProduct, node: Node) -> nn.Module:
    return Dense(layer, node)
