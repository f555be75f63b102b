"""Eltwise: sums with coefficients, products, and maxima whose gradient goes to one bottom."""

from __future__ import annotations

from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn

from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.arithmetic import Eltwise, EltwiseOp


class Sum(nn.Module):
    """The bottoms added up, each with its coefficient."""

    def __init__(self, coefficients: tuple[float, ...]) -> None:
        super().__init__()
        self.coefficients = coefficients

    def forward(self, first: Tensor, *more: Tensor) -> Tensor:
        if not self.coefficients:
            return reduce(torch.add, more, first)
        total = first if self.coefficients[0] == 1 else first * self.coefficients[0]
        for blob, factor in zip(more, self.coefficients[1:]):
            total = torch.add(total, blob, alpha=factor)
        return total

    def extra_repr(self) -> str:
        return f"coefficients={self.coefficients}" if self.coefficients else ""


class Product(nn.Module):
    """The bottoms multiplied; the gradient of one is the product of the others."""

    def forward(self, first: Tensor, *more: Tensor) -> Tensor:
        return reduce(torch.mul, more, first)


class _DividedProduct(torch.autograd.Function):
    """A product whose gradient is top / bottom: cheaper in Caffe, and NaN where a bottom is 0."""

    @staticmethod
    def forward(ctx: Any, *bottoms: Tensor) -> Tensor:
        top = reduce(torch.mul, bottoms)
        ctx.save_for_backward(top, *bottoms)
        return top

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        top, *bottoms = ctx.saved_tensors
        return tuple(top / bottom * gradient for bottom in bottoms)


class DividedProduct(nn.Module):
    """PROD with stable_prod_grad: false."""

    def forward(self, *bottoms: Tensor) -> Tensor:
        return _DividedProduct.apply(*bottoms)


class Maximum(nn.Module):
    """The largest; of equal ones the second bottom, then the earliest takes all the gradient."""

    def forward(self, first: Tensor, second: Tensor, *more: Tensor) -> Tensor:
        top = torch.where(first > second, first, second)
        for blob in more:
            top = torch.where(blob > top, blob, top)
        return top


@lower.register
def eltwise(layer: Eltwise, node: Node) -> nn.Module:
    if layer.operation is EltwiseOp.SUM:
        return Sum(layer.coeff)
    if layer.operation is EltwiseOp.MAX:
        return Maximum()
    return Product() if layer.stable_prod_grad else DividedProduct()
