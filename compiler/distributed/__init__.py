"""One training by many processes, on the GPUs of one machine or of several, over torch.distributed.

Each process trains on its share of the records; gradients are averaged before each update, so that
all have the same weights (Caffe's NCCL<Dtype>, parallel.cpp).
"""

from __future__ import annotations

from compiler.distributed.group import ALONE, Group
from compiler.distributed.join import joined

__all__ = ["ALONE", "Group", "joined"]
