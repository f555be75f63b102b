"""Numbers that live on a device and are seen as NumPy arrays, as Caffe's SyncedMemory has them."""

from __future__ import annotations

import math
from enum import Enum, auto
from typing import Any

import numpy as np
import torch
from torch import Tensor

Array = np.ndarray[Any, Any]


class Head(Enum):
    """Where the newest numbers are."""

    HOST = auto()
    DEVICE = auto()
    BOTH = auto()


class Memory:
    """A flat run of float32; on the CPU, array and tensor are the same bytes.

    On a GPU an array is brought over when it is asked for, and taken back by the next layer that
    runs: what is written into it later is only seen once it is asked for again.
    """

    def __init__(self, values: Tensor) -> None:
        self._tensor = values.detach().reshape(-1)
        self._host: Array | None = None
        self._head = Head.DEVICE

    @staticmethod
    def zeros(count: int, device: torch.device) -> Memory:
        return Memory(torch.zeros(count, device=device))

    @property
    def size(self) -> int:
        return self._tensor.numel()

    def array(self, shape: tuple[int, ...]) -> Array:
        """The first numbers, to be read and written in that shape."""
        if self._tensor.device.type == "cpu":
            host = self._tensor.numpy()
        else:
            host = self._brought_over()
            self._head = Head.HOST
        return host[: math.prod(shape)].reshape(shape)

    def tensor(self, shape: tuple[int, ...]) -> Tensor:
        """The first numbers on the device, for a layer to read."""
        if self._head is Head.HOST and self._host is not None:
            self._tensor.copy_(torch.from_numpy(self._host))
            self._head = Head.BOTH
        return self._tensor[: math.prod(shape)].view(shape)

    def written(self, shape: tuple[int, ...]) -> Tensor:
        """The same, for a layer to write."""
        tensor = self.tensor(shape)
        self._head = Head.DEVICE
        return tensor

    def move(self, values: Tensor) -> None:
        """Have the numbers in another tensor, perhaps on another device.

        Where there are as many, arrays that were taken before go on to show them.
        """
        before, self._tensor = self._tensor, values.detach().reshape(-1)
        self._head = Head.DEVICE
        if before.device.type == "cpu":
            self._host = before.numpy()
        if self._host is not None and len(self._host) != self.size:
            self._host = None

    def _brought_over(self) -> Array:
        if self._host is None:
            self._host = self._tensor.cpu().numpy()
        elif self._head is Head.DEVICE:
            self._host[...] = self._tensor.cpu().numpy()
        return self._host
