"""Batch normalisation over the batches of all processes (sync_batch_norm)."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from compiler.distributed.group import Group


class ByBatch:
    """A module that normalises by its batch in training, or by those of `world` processes."""

    world = 1


def synchronize(net: nn.Module, group: Group) -> None:
    """Let every module that normalises by its batch take those of all processes."""
    for module in net.modules():
        if isinstance(module, ByBatch):
            module.world = group.world


def normalized(blob: Tensor, world: int, eps: float) -> tuple[Tensor, Tensor, Tensor, int]:
    """The blob (batch, channels, ...) normalised by all processes' batches together; their mean,
    their biased variance, and how many values a channel has in them.
    """
    axes = [axis for axis in range(blob.dim()) if axis != 1]
    variance, mean = torch.var_mean(blob.float(), axes, correction=0)
    count = torch.full_like(mean, blob.numel() // blob.shape[1])
    counts, means, variances = Gathered.apply(torch.stack([count, mean, variance]), world).unbind(1)
    share = counts / counts.sum(0)
    mean = (share * means).sum(0)
    variance = (share * (variances + (means - mean) ** 2)).sum(0)  # Chan et al. 1979
    shape = (1, -1, *(1,) * (blob.dim() - 2))
    top = (blob - mean.view(shape)) * (variance + eps).rsqrt().view(shape)
    return top.to(blob.dtype), mean, variance, int(counts.sum(0)[0])


class Gathered(torch.autograd.Function):
    """The tensors of all processes, stacked by rank; each process gets the gradient of its own."""

    @staticmethod
    def forward(context: Any, mine: Tensor, world: int) -> Tensor:
        found = [torch.empty_like(mine) for _ in range(world)]
        dist.all_gather(found, mine.contiguous())
        return torch.stack(found)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        total = gradients[0].contiguous()
        dist.all_reduce(total)
        return total[dist.get_rank()], None
