"""Boxes for the tests of detection: priors, true boxes, and the arithmetic of pairs of boxes."""

from __future__ import annotations

import math

import numpy as np

Box = np.ndarray


def shared(a: Box, b: Box) -> float:
    """Intersection over union, as SSD has it."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [max(0.0, c[2] - c[0]) * max(0.0, c[3] - c[1]) for c in (a, b)]
    return width * height / (sum(areas) - width * height)


def decoded(location: Box, prior: Box, variance: Box, code: str) -> Box:
    move = location * variance
    width, height = prior[2] - prior[0], prior[3] - prior[1]
    if code == "CORNER":
        return prior + move
    if code == "CORNER_SIZE":
        return prior + move * [width, height, width, height]
    x, y = (prior[0] + prior[2]) / 2 + move[0] * width, (prior[1] + prior[3]) / 2 + move[1] * height
    w, h = math.exp(move[2]) * width, math.exp(move[3]) * height
    return np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])


def some_priors(rng: np.random.Generator, count: int) -> np.ndarray:
    corner, side = rng.uniform(-0.1, 0.8, (count, 2)), rng.uniform(0.1, 0.5, (count, 2))
    boxes = np.concatenate([corner, corner + side], 1)
    variance = np.tile([0.1, 0.1, 0.2, 0.2], (count, 1))
    return np.stack([boxes.ravel(), variance.ravel()])[None].astype(np.float32)


def some_truth(rng: np.random.Generator, batch: int, classes: int) -> np.ndarray:
    rows = []
    for image in range(batch):
        for i in range(int(rng.integers(0, 4))):
            corner, side = rng.uniform(0, 0.6, 2), rng.uniform(0.1, 0.4, 2)
            label, hard = int(rng.integers(1, classes)), int(rng.integers(0, 2))
            rows.append([image, label, i, *corner, *(corner + side), hard])
    return np.array(rows or [[-1] * 8], np.float32)[None, None]
