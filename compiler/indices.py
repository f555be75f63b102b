"""Indices are numbers in a float blob; here they become whole numbers that can be trusted."""

from __future__ import annotations

import torch
from torch import Tensor

from netspec.diagnostics import Diagnostic, SpecError


def indices(values: Tensor, count: int, layer: str) -> Tensor:
    """`values` as whole numbers, fractions cut off as Caffe does it.

    On the CPU one outside 0 .. count - 1 raises SpecError (C351); on a GPU PyTorch's own assertion
    stops the run. Caffe's Embed reads memory that is not its own.
    """
    whole = values.long()
    if whole.device.type == "cpu" and whole.numel() and not torch.compiler.is_compiling():
        low, high = (int(v) for v in torch.aminmax(whole))
        if low < 0 or high >= count:
            wrong = low if low < 0 else high
            message = f"{layer or 'the layer'} got the index {wrong}, but has {count} rows"
            help = f"indices run from 0 to {count - 1}"
            raise SpecError(Diagnostic("C351", message, None, help))
    return whole
