"""How far numbers are from those that were expected, relative to the largest of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

SMALLEST = 1e-6  # below that a blob counts as zeros, and is compared absolutely


@dataclass(frozen=True)
class Gap:
    """The largest difference, relative to the largest expected number; where it is, and the two."""

    size: float
    at: tuple[int, ...] = ()
    got: float = 0.0
    want: float = 0.0


def gap(got: Tensor, want: Tensor) -> Gap:
    """The gap between blobs; infinite where the shapes differ, or one alone is not finite."""
    if got.shape != want.shape:
        return Gap(math.inf)
    if not want.numel():
        return Gap(0.0)
    a, b = (each.detach().double().reshape(-1) for each in (got, want))
    apart = torch.where((a == b) | (a.isnan() & b.isnan()), 0.0, (a - b).abs())
    apart = apart.nan_to_num(math.inf, math.inf)
    worst = int(apart.argmax())
    finite = b[b.isfinite()].abs()
    scale = max(float(finite.max()) if finite.numel() else 0.0, SMALLEST)
    place = torch.unravel_index(torch.tensor(worst), want.shape) if want.dim() else ()
    at = tuple(int(i) for i in place)
    return Gap(float(apart[worst]) / scale, at, float(a[worst]), float(b[worst]))
