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
    columns = np.ascontiguousarray(image.transpose(2, 1, 0))  # so that whole columns are gathered
    wide = columns[left] * (ONE - across)[:, None, None]
    wide += columns[right] * across[:, None, None]
    wide >>= 4
    made = wide.take(top, axis=1) * (ONE - down)[:, None] >> 16
    made += wide.take(bottom, axis=1) * down[:, None] >> 16
    made += 2
    made >>= 2
    return made.astype(np.uint8).transpose(2, 1, 0)


def _taps(size: int, wanted: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each new pixel the two old ones that it lies between, and the weight of the second."""
    place = ((np.arange(wanted) + 0.5) * (size / wanted) - 0.5).astype(np.float32)
    first = np.floor(place).astype(np.int64)
    weight = np.rint((place - first.astype(np.float32)) * np.float32(ONE)).astype(np.int32)
    return np.clip(first, 0, size - 1), np.clip(first + 1, 0, size - 1), weight
