"""Labels are numbers in a float blob; here they become class numbers that can be trusted."""

from __future__ import annotations

import torch
from torch import Tensor

from compiler.indices import outside
from netspec.diagnostics import Diagnostic, SpecError


def class_numbers(
    label: Tensor, classes: int, ignored: int | None, layer: str
) -> tuple[Tensor, Tensor | None]:
    """(class numbers, which of them count): fractions are cut off, ignored ones become class 0.

    Raises SpecError (C350) for a label outside 0 .. classes - 1, where Caffe's release builds read
    memory that is not theirs.
    """
    target = label.long()
    counted = None if ignored is None else target != ignored
    if counted is not None:
        target = torch.where(counted, target, 0)
    if (wrong := outside(target, classes)) is not None:
        help = f"labels run from 0 to {classes - 1}: give more num_output, or count from 0"
        message = f"{layer or 'a layer'} got the label {wrong}, but scores {classes} classes"
        raise SpecError(Diagnostic("C350", message, None, help))
    return target, counted
