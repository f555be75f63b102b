"""InnerDistance, and MarginInnerProduct with the gradients that SphereFace gave it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from compiler.labels import class_numbers
from compiler.lower import Weighted, lower
from netspec.graph import Node
from netspec.layers.forks.faces import InnerDistance, MarginInnerProduct, MarginType

TINY = 1e-6  # added to the square of a row's length


class Distances(Weighted):
    """Of each feature to each row: squared, or the sum of absolute differences."""

    weight: Tensor

    def __init__(self, layer: InnerDistance, node: Node) -> None:
        super().__init__(node)
        self.layer, self.axis = layer, layer.axis % len(node.bottoms[0].shape)

    def forward(self, features: Tensor, rows: Tensor | None = None) -> Tensor:
        if rows is None:
            if self.layer.normalize:
                with torch.no_grad():
                    self.weight.div_((self.weight.square().sum(1, keepdim=True) + TINY).sqrt())
            rows = self.weight
        points = features.flatten(self.axis).unsqueeze(-2)
        difference = points - rows.flatten(1)
        if self.layer.distance_type == "L1":
            return difference.abs().sum(-1)
        return difference.square().sum(-1)


def margin(cosine: Tensor, kind: MarginType) -> tuple[Tensor, Tensor]:
    """(the stretched cosine, its derivative): (-1)^k cos(m angle) - 2k, m times the angle."""
    sign = cosine.sign()
    if kind is MarginType.DOUBLE:
        return 2 * sign * cosine**2 - 1, 4 * sign * cosine
    if kind is MarginType.TRIPLE:
        outer = (cosine.abs() - 0.5).sign()
        shift = sign * (1 + outer) - 2
        return outer * (4 * cosine**3 - 3 * cosine) + shift, outer * (12 * cosine**2 - 3)
    if kind is MarginType.QUADRUPLE:
        turn = sign * (2 * cosine**2 - 1).sign()
        shift = 2 * sign + turn - 3
        value = turn * (8 * cosine**4 - 8 * cosine**2 + 1) + shift
        return value, turn * (32 * cosine**3 - 16 * cosine)
    return cosine, torch.ones_like(cosine)


class _Margin(torch.autograd.Function):
    """Products with rows of length 1, those of the true rows with the margin, mixed by lambda."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, rows: Tensor, labels: Tensor, kind: MarginType, share: float
    ) -> Tensor:
        products, length = x @ rows.t(), x.norm(dim=1)
        places = torch.arange(len(x), device=x.device)
        value, slope = margin(products[places, labels] / length, kind)
        ctx.save_for_backward(x, rows, labels, length, value, slope)
        ctx.kind, ctx.share = kind, share
        if kind is MarginType.SINGLE:
            return products
        with_margin = products.index_put((places, labels), length * value)
        return (with_margin + share * products) / (1 + share)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        x, rows, labels, length, value, slope = ctx.saved_tensors
        for_rows = upstream.t() @ x
        if ctx.kind is MarginType.SINGLE:
            return upstream @ rows, for_rows, None, None, None
        places = torch.arange(len(x), device=x.device)
        true = upstream[places, labels]
        others = upstream.index_put((places, labels), torch.zeros_like(true))
        along = (x * rows[labels]).sum(1) / length
        by_row, by_x = slope, (value - along * slope) / length
        size = torch.hypot(by_row, by_x)
        direction = (by_row / size)[:, None] * rows[labels] + (by_x / size)[:, None] * x
        mixed = others @ rows + true[:, None] * direction + ctx.share * (upstream @ rows)
        return mixed / (1 + ctx.share), for_rows, None, None, None


class WithMargin(Weighted):
    """MarginInnerProduct; it counts its forward passes, from which lambda follows."""

    weight: Tensor

    def __init__(self, layer: MarginInnerProduct, node: Node) -> None:
        super().__init__(node)
        self.layer, self.name, self.both = layer, node.name, len(node.tops) > 1
        self.axis, self.step = layer.axis % len(node.bottoms[0].shape), layer.iteration

    def forward(self, features: Tensor, label: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        self.step += 1
        share = self.layer.share(self.step)
        with torch.no_grad():
            self.weight.div_(self.weight.norm(dim=1, keepdim=True))
        labels, _ = class_numbers(label.flatten(), len(self.weight), None, self.name)
        x = features.flatten(self.axis)
        rows = x.reshape(-1, x.shape[-1])
        top = _Margin.apply(rows, self.weight, labels, self.layer.type, share)
        top = top.reshape(*x.shape[:-1], -1)
        return (top, features.new_tensor([share])) if self.both else top


@lower.register
def inner_distance(layer: InnerDistance, node: Node) -> nn.Module:
    return Distances(layer, node)


@lower.register
def margin_inner_product(layer: MarginInnerProduct, node: Node) -> nn.Module:
    return WithMargin(layer, node)
