"""Resizing as OpenCV does it for 8-bit images by default (cv::resize, INTER_LINEAR), to the bit.

Centres of pixels lie at halves, nothing is smoothed before shrinking, and weights are whole numbers
of 1/2048.
"""

from __future__ import annotations

import numpy as np

ONE = 2048


def resize(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """A uint8 image of channels x height x width in another size."""
    if image.shape[1:] == (height, width):
        return image
    left, right, across = _taps(image.shape[2], width)
    top, bottom, down = _taps(image.shape[1], height)
    wide = image.astype(np.int32)
    wide = wide[:, :, left] * (ONE - across) + wide[:, :, right] * across
    wide >>= 4
    made = (wide[:, top] * (ONE - down)[:, None] >> 16) + (wide[:, bottom] * down[:, None] >> 16)
    return ((made + 2) >> 2).astype(np.uint8)


def _taps(size: int, wanted: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each new pixel the two old ones that it lies between, and the weight of the second."""
    place = ((np.arange(wanted) + 0.5) * (size / wanted) - 0.5).astype(np.float32)
    first = np.floor(place).astype(np.int64)
    weight = np.rint((place - first.astype(np.float32)) * np.float32(ONE)).astype(np.int32)
    return np.clip(first, 0, size - 1), np.clip(first + 1, 0, size - 1), weight
