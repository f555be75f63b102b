"""The module that `import caffe` finds while a Python layer's module is imported.

It has what pycaffe gives to such a layer (caffe/python/caffe/_caffe.cpp): the class Layer to derive
from, blobs whose `data` and `diff` are numpy arrays, and the numbers of the phases.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

TRAIN, TEST = 0, 1


class Shaped:
    """What the shape of a blob tells."""

    @property
    def shape(self) -> tuple[int, ...]:
        raise NotImplementedError

    @property
    def count(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)

    @property
    def num(self) -> int:
        return self._old(0)

    @property
    def channels(self) -> int:
        return self._old(1)

    @property
    def height(self) -> int:
        return self._old(2)

    @property
    def width(self) -> int:
        return self._old(3)

    def _old(self, axis: int) -> int:
        """A dimension of the old four; those that the blob does not have are 1."""
        if len(self.shape) > 4:
            raise ValueError("a blob of more than four axes has no num, channels, height and width")
        return self.shape[axis] if axis < len(self.shape) else 1


class Blob(Shaped):
    """An array `data` and its gradient `diff`; written as `blob.data[...] = x`."""

    def __init__(self, shape: Sequence[int] = ()) -> None:
        self.data: np.ndarray[Any, Any] = np.zeros(tuple(shape), np.float32)
        self.diff: np.ndarray[Any, Any] = np.zeros_like(self.data)

    def reshape(self, *shape: int) -> None:
        """Take another shape; where the number of elements stays, so do they."""
        if shape == self.data.shape:
            return
        same = int(np.prod(shape, dtype=np.int64)) == self.data.size
        self.data = self.data.reshape(shape) if same else np.zeros(shape, self.data.dtype)
        self.diff = self.diff.reshape(shape) if same else np.zeros(shape, self.data.dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape


class Blobs:
    """The parameters of a layer: `self.blobs.add_blob(3, 4)` in setup."""

    def __init__(self) -> None:
        self._all: list[Blob] = []

    def add_blob(self, *shape: int) -> None:
        """One more parameter, of zeros; setup may fill it."""
        self._all.append(Blob(shape))

    def __getitem__(self, index: int) -> Blob:
        return self._all[index]

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Blob]:
        return iter(self._all)


class Layer:
    """Derive from this and write `setup`, `reshape`, `forward` and `backward`.

    `self.param_str` and `self.phase` (caffe.TRAIN or caffe.TEST) are there from setup on. `setup`
    runs once, `reshape` before each `forward`.
    """

    param_str = ""
    phase = TEST

    def __init__(self, *_: object) -> None:
        pass

    def __new__(cls, *_: object) -> Layer:
        made = super().__new__(cls)
        made.blobs = Blobs()
        return made

    blobs: Blobs

    def setup(self, bottom: list[Blob], top: list[Blob]) -> None:
        """Read param_str, look at the bottoms, add parameters."""

    def reshape(self, bottom: list[Blob], top: list[Blob]) -> None:
        """Give the tops their shapes."""

    def forward(self, bottom: list[Blob], top: list[Blob]) -> None:
        """Fill the tops' data."""
        raise NotImplementedError("the layer has no forward")

    def backward(self, top: list[Blob], propagate_down: list[bool], bottom: list[Blob]) -> None:
        """Fill the diffs of the bottoms that propagate_down says, and of self.blobs."""
        raise NotImplementedError("the layer has no backward")
