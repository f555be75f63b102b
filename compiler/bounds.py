"""Values held within bounds whose gradient goes straight through, as Caffe's losses have it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class _Held(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, low: float | None, high: float | None) -> Tensor:
        return values.clamp(low, high)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return gradient, None, None


def at_least(values: Tensor, low: float) -> Tensor:
    """`values`, but no less than `low`; the gradient is that of `values`."""
    return _Held.apply(values, low, None)


def at_most(values: Tensor, high: float) -> Tensor:
    """`values`, but no more than `high`; the gradient is that of `values`."""
    return _Held.apply(values, None, high)
