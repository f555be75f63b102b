"""Random choices that depend on a seed and on what they are for, and not on what was drawn before.

So a stream can be entered anywhere, and batches can be made out of order.
"""

from __future__ import annotations

from enum import IntEnum
from zlib import crc32

import numpy as np


class Purpose(IntEnum):
    START = 0  # where to begin
    ORDER = 1  # the order of images or files in a pass over them
    ROWS = 2  # the order of the rows of a file in a pass over them
    IMAGES = 3  # crop and mirror of the images of a batch
    FILL = 4  # the values of a batch of DummyData
    WINDOWS = 5  # which windows a batch has, and which are mirrored


class Chance:
    """The random choices of one source, by the seed and the layer's name."""

    def __init__(self, seed: int, name: str) -> None:
        self._entropy = (seed % 2**64, crc32(name.encode("utf-8", "surrogatepass")))

    def __call__(self, purpose: Purpose, *which: int) -> np.random.Generator:
        """The generator for one purpose and, say, the number of a batch or of a pass."""
        return np.random.default_rng((*self._entropy, purpose, *which))
