"""Learned matrices: products with them, rows of them, and the blob that is one."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from compiler.indices import indices
from compiler.lower import Weighted, lower
from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Node
from netspec.layers.dense import Embed, InnerProduct, Parameter
from netspec.schema.net import Phase


class Dense(Weighted):
    """Weight (outputs, inputs), or (inputs, outputs) when transposed."""

    weight: Tensor
    bias: Tensor

    def __init__(self, layer: InnerProduct, node: Node) -> None:
        super().__init__(node)
        self.axis = layer.axis % len(node.bottoms[0].shape)
        self.transpose = layer.transpose
        self.has_bias = layer.bias_term
        self.added_axes = (None,) * (layer.min_top_axes - self.axis - 1)

    def forward(self, features: Tensor) -> Tensor:
        weight = self.weight.t() if self.transpose else self.weight
        top = F.linear(features.flatten(self.axis), weight, self.bias if self.has_bias else None)
        return top[(..., *self.added_axes)] if self.added_axes else top

    def extra_repr(self) -> str:
        return f"weight={tuple(self.weight.shape)}, axis={self.axis}, transpose={self.transpose}"


class Rows(Weighted):
    """Embed: the row of each index."""

    weight: Tensor
    bias: Tensor

    def __init__(self, layer: Embed, node: Node) -> None:
        super().__init__(node)
        self.has_bias, self.name = layer.bias_term, node.name

    def forward(self, values: Tensor) -> Tensor:
        rows = F.embedding(indices(values, len(self.weight), self.name), self.weight)
        return rows + self.bias if self.has_bias else rows


class Blob(Weighted):
    """Parameter: the parameter itself."""

    weight: Tensor

    def forward(self) -> Tensor:
        return self.weight


@lower.register
def inner_product(layer: InnerProduct, node: Node) -> nn.Module:
    if layer.enable_noise and node.phase is Phase.TRAIN:
        message = f"{node.name}: enable_noise moves weights at random, which is not run in TRAIN"
        raise SpecError(Diagnostic("N211", message, node.span, "remove it, or use phase TEST"))
    return Dense(layer, node)


@lower.register
def embed(layer: Embed, node: Node) -> nn.Module:
    return Rows(layer, node)


@lower.register
def parameter(layer: Parameter, node: Node) -> nn.Module:
    return Blob(node)
