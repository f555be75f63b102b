"""A blob of a net as scripts see it: NumPy arrays `data` and `diff` that are written in place."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from compiler.pycaffe.memory import Array, Memory
from netspec.pycaffe.caffe import Shaped


class Blob(Shaped):
    """`data` and `diff` of one shape. Arrays that were taken before see what layers write later."""

    def __init__(self, shape: tuple[int, ...], values: Memory, gradient: Memory) -> None:
        self._shape, self.values, self.gradient = tuple(shape), values, gradient

    @staticmethod
    def zeros(shape: tuple[int, ...], device: torch.device) -> Blob:
        count = math.prod(shape)
        return Blob(shape, Memory.zeros(count, device), Memory.zeros(count, device))

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    @property
    def data(self) -> Array:
        return self.values.array(self._shape)

    @property
    def diff(self) -> Array:
        return self.gradient.array(self._shape)

    def reshape(self, *shape: int) -> None:
        """Take another shape (Blob::Reshape): the numbers stay as far as there is room for them."""
        made = tuple(int(d) for d in shape)
        if any(d < 0 for d in made):
            raise ValueError(f"a blob cannot have the shape {made}")
        for memory in (self.values, self.gradient):
            if memory.size < math.prod(made):
                old = memory.tensor((memory.size,))
                grown = torch.zeros(math.prod(made), device=old.device)
                grown[: memory.size] = old
                memory.move(grown)
        self._shape = made

    def take(self, top: Tensor) -> None:
        """Hold what a layer made."""
        if tuple(top.shape) != self._shape:
            self.reshape(*top.shape)
        self.values.written(self._shape).copy_(top.detach())

    def take_diff(self, gradient: Tensor) -> None:
        """Hold the gradient that a layer above made."""
        self.gradient.written(self._shape).copy_(gradient)

    def __repr__(self) -> str:
        return f"Blob{self._shape}"
