"""A window of an image warped to a square, with context around it where it is asked for."""

from __future__ import annotations

import math

import numpy as np

from compiler.data.resize import resize
from netspec.layers.windows import WindowData
from netspec.records import Unreadable

Real = np.float32  # what Caffe computes in


def warp(
    image: np.ndarray, corners: np.ndarray, layer: WindowData, mirrored: bool, what: str
) -> tuple[np.ndarray, int, int]:
    """(what is seen of the window, and the row and column of the square where it begins).

    The rest of the square, where the context lies beyond the image, is 0. Corners are x1, y1, x2,
    y2, all within the window. A window with context (or made square) may reach beyond its image, as
    in Caffe; raises Unreadable (C305) for one that does not, or of which nothing is in the image.
    """
    size = layer.transform.crop_size
    x1, y1, x2, y2 = (int(corner) for corner in corners)
    height, width, top, left = size, size, 0, 0
    if layer.context_pad or layer.crop_mode == "square":
        scale = Real(size) / Real(size - 2 * layer.context_pad)
        halves = Real(y2 - y1 + 1) / 2, Real(x2 - x1 + 1) / 2
        reach = (max(halves),) * 2 if layer.crop_mode == "square" else halves
        down = _Side(y1 + halves[0], reach[0] * scale, image.shape[1], size)
        across = _Side(x1 + halves[1], reach[1] * scale, image.shape[2], size)
        y1, y2, x1, x2 = down.first, down.last, across.first, across.last
        top, left = down.before, across.after if mirrored else across.before
        height, width = min(down.length, size - top), min(across.length, size - left)
    if not (0 <= x1 <= x2 < image.shape[2] and 0 <= y1 <= y2 < image.shape[1]):
        message = f"the window {' '.join(f'{corner:g}' for corner in corners)} is not within {what}"
        raise Unreadable("C305", message, "corners count from 0, and x1 <= x2, y1 <= y2")
    if min(height, width) < 1:  # so little of it that nothing is seen
        return image[:, :0, :0], 0, 0
    warped = resize(image[:, y1 : y2 + 1, x1 : x2 + 1], height, width)
    return (warped[:, :, ::-1] if mirrored else warped), top, left


class _Side:
    """A side of a window with its context: what of it is in the image, and how long it becomes."""

    def __init__(self, centre: Real, reach: Real, pixels: int, size: int) -> None:
        first, last = _round(centre - reach), _round(centre + reach)
        outside = max(0, -first), max(0, last - pixels + 1)
        self.first, self.last = first + outside[0], last - outside[1]
        scale = Real(size) / Real(last - first + 1)
        self.before, self.after = (_round(Real(n) * scale) for n in outside)
        self.length = _round(Real(self.last - self.first + 1) * scale)


def _round(number: Real) -> int:
    """To the nearest whole number, halves away from zero, as C does it."""
    return int(math.copysign(math.floor(abs(float(number)) + 0.5), number))
