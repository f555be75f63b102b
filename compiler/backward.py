"""Where Caffe runs no backward pass: a net that has neither a loss nor force_backward.

Caffe leaves out of the backward pass whatever does not contribute to a loss (Net::Init, net.cpp),
so the parameters of such a net get no gradient. A compiled net keeps to that, and says so, until
someone asks for gradients: net.train(), or an input that requires one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

ADVICE = (
    "the net has no loss, so that Caffe runs no backward pass and its parameters get no gradient; "
    "to train it with a loss of your own call net.train(), or set force_backward: true in the spec"
)


class _Stop(torch.autograd.Function):
    """The identity; what comes back is dropped, with a warning."""

    @staticmethod
    def forward(ctx: Any, blob: Tensor) -> Tensor:
        return blob.view_as(blob)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> None:
        warnings.warn(ADVICE, stacklevel=2)


def no_gradient_asked(inputs: Iterable[Tensor]) -> bool:
    """Whether no input requires a gradient, as far as gradients are recorded at all."""
    return torch.is_grad_enabled() and not any(x.requires_grad for x in inputs)


def stop_backward(blobs: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same blobs, through which no gradient comes back to the parameters."""
    return {k: _Stop.apply(v) if v.requires_grad else v for k, v in blobs.items()}
