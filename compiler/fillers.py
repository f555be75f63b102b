"""Caffe's fillers: how parameters are drawn before training (caffe/include/caffe/filler.hpp).

`xavier` is PyTorch's kaiming_uniform with gain 1; with variance_norm AVERAGE, its xavier_uniform.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from netspec.schema.net import FillerParameter, VarianceNorm

Draw = Callable[[Tensor, FillerParameter, torch.Generator | None], object]


@torch.no_grad()
def fill(blob: Tensor, filler: FillerParameter, generator: torch.Generator | None = None) -> None:
    """Fill a parameter in place; `generator`, PyTorch's own if left out, is on its device."""
    FILLERS[filler.type](blob, filler, generator)


def fan(blob: Tensor, norm: VarianceNorm) -> float:
    """What xavier and msra divide by: values that reach an output, leave an input, or their mean.

    A fully connected weight is (outputs, inputs), a filter (outputs, inputs, ...): so counts are
    taken as Caffe does, whatever the first two axes mean (with `transpose`, and for a
    Deconvolution, they mean the opposite).
    """
    count = blob.numel()
    fan_in = count / blob.shape[0]
    fan_out = count / blob.shape[1] if blob.dim() > 1 else count
    return {
        VarianceNorm.FAN_IN: fan_in,
        VarianceNorm.FAN_OUT: fan_out,
        VarianceNorm.AVERAGE: (fan_in + fan_out) / 2,
    }[norm]


def _constant(blob: Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    blob.fill_(filler.value)


def _uniform(blob: Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    blob.uniform_(filler.min, filler.max, generator=generator)


def _gaussian(blob: Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    blob.normal_(filler.mean, filler.std, generator=generator)
    if filler.sparse >= 0:  # each output keeps `sparse` inputs on average
        share = filler.sparse / blob.shape[0]
        blob.mul_(torch.empty_like(blob).bernoulli_(share, generator=generator))


def _positive_unitball(
    blob: Tensor, filler: FillerParameter, generator: torch.Generator | None
) -> None:
    blob.uniform_(0, 1, generator=generator)
    rows = blob.view(blob.shape[0], -1)
    rows.div_(rows.sum(dim=1, keepdim=True))


def _xavier(blob: Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    bound = math.sqrt(3 / fan(blob, filler.variance_norm))
    blob.uniform_(-bound, bound, generator=generator)


def _msra(blob: Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    blob.normal_(0, math.sqrt(2 / fan(blob, filler.variance_norm)), generator=generator)


def _bilinear(blob: Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    """Every plane is the kernel that interpolates when a Deconvolution upsamples."""
    width = blob.shape[-1]
    half = math.ceil(width / 2)
    centre = (width - 1) / (2 * half)
    side = 1 - (torch.arange(width, dtype=blob.dtype, device=blob.device) / half - centre).abs()
    blob.copy_((side[:, None] * side[None, :]).expand_as(blob))


def _gaussian_unitball(
    blob: Tensor, filler: FillerParameter, generator: torch.Generator | None
) -> None:
    """NormFace's: rows of length 1, in directions that are all as likely."""
    blob.normal_(0, 1, generator=generator)
    rows = blob.view(blob.shape[0], -1)
    rows.div_((rows.square().sum(dim=1, keepdim=True) + 1e-12).sqrt())


FILLERS: dict[str, Draw] = {
    "constant": _constant,
    "uniform": _uniform,
    "gaussian": _gaussian,
    "positive_unitball": _positive_unitball,
    "xavier": _xavier,
    "msra": _msra,
    "bilinear": _bilinear,
    "gaussian_unitball": _gaussian_unitball,
}
