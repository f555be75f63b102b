"""Indices are numbers in a float blob; here they become whole numbers that can be trusted."""

from __future__ import annotations

import torch
from torch import Tensor

from netspec.diagnostics import Diagnostic, SpecError


def outside(whole: Tensor, count: int) -> int | None:
    """One of whole numbers that is not from 0 to count - 1, where there is any.

    It is looked for on the CPU only: on a GPU looking would make it wait, and PyTorch's own
    assertion stops the run.
    """
    if whole.device.type != "cpu" or not whole.numel() or torch.compiler.is_compiling():
        return None
    low, high = (int(v) for v in torch.aminmax(whole))
    return low if low < 0 else high if high >= count else None


def indices(values: Tensor, count: int, layer: str) -> Tensor:
    """`values` as whole numbers, fractions cut off as Caffe does it.

    Raises SpecError (C351) for one outside 0 .. count - 1, where Caffe's Embed reads memory that is
    not its own.
    """
    whole = values.long()
    if (wrong := outside(whole, count)) is not None:
        message = f"{layer or 'the layer'} got the index {wrong}, but has {count} rows"
        help = f"indices run from 0 to {count - 1}"
        raise SpecError(Diagnostic("C351", message, None, help))
    return whole
