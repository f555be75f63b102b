"""One set of data read by many processes together: each record by one of them."""

from __future__ import annotations

import torch.distributed as dist
from torch import nn

from compiler.data.source import Source


def shard(net: nn.Module, rank: int, world: int, seed: int | None = None) -> None:
    """Let the data layers of a net read every `world`-th record only, from `rank` on.

    As in Caffe, whose solvers of several GPUs do this in TRAIN alone, batch_size is that of one
    process. All processes have to shuffle alike: where no `seed` is given and torch.distributed is
    up, all take that of rank 0, which is a collective call; otherwise each keeps torch's. Where a
    source is does not change: a snapshot of any number of processes can be gone on from.
    """
    if seed is None and world > 1 and dist.is_available() and dist.is_initialized():
        agreed = [[source.state[0] for source in sources(net)]]
        dist.broadcast_object_list(agreed, src=0)
        seeds = agreed[0]
    else:
        seeds = [source.state[0] if seed is None else seed for source in sources(net)]
    for source, each in zip(sources(net), seeds):
        source.seed(each)
        source.shard(rank, world)


def sources(net: nn.Module) -> list[Source]:
    """The data layers of a net, in the order of its file."""
    return [module for module in net.modules() if isinstance(module, Source)]
