"""Boxes as (left, top, right, bottom): overlaps, suppression, and the codes that detectors predict.

The rules are SSD's (util/bbox_util.cpp). A box whose right lies left of its left has no area.
"""

from __future__ import annotations

import torch
from torch import Tensor

from netspec.layers.forks.detection import CodeType


def area(boxes: Tensor, pixel: float = 0.0) -> Tensor:
    """The areas of boxes (..., 4); 0 for those turned inside out."""
    sides = boxes[..., 2:] - boxes[..., :2]
    return torch.where((sides >= 0).all(-1), (sides + pixel).prod(-1), 0.0)


def overlap(one: Tensor, other: Tensor, pixel: float = 0.0) -> Tensor:
    """Intersection over union of boxes (..., 4), which broadcast.

    `pixel` is 1 where corners are pixels, the last of them inside, and 0 for fractions.
    """
    near = torch.maximum(one[..., :2], other[..., :2])
    far = torch.minimum(one[..., 2:], other[..., 2:])
    common = (far - near + pixel).clamp(min=0).prod(-1)
    union = area(one, pixel) + area(other, pixel) - common
    return torch.where(common > 0, common / union, 0.0)


def suppress(
    boxes: Tensor,
    waiting: Tensor,
    threshold: float,
    eta: float = 1.0,
    most: int | None = None,
    pixel: float = 0.0,
) -> Tensor:
    """Which boxes stay, row by row: a box goes that overlaps a better one that stays by more.

    `boxes` are rows x boxes x 4, best first; `waiting` (rows x boxes) says which of them count.
    Each step decides on one box of every row, in memory that grows with their number, not its
    square. With `eta` below 1 a threshold of more than 0.5 shrinks after each box that stays.
    """
    kept = torch.zeros_like(waiting)
    worst = torch.zeros(waiting.shape, dtype=boxes.dtype, device=boxes.device)
    limit = torch.full((len(boxes), 1), threshold, dtype=boxes.dtype, device=boxes.device)
    rows = torch.arange(len(boxes), device=boxes.device)
    while True:
        waiting = waiting & (worst <= limit)
        if most is not None:
            waiting = waiting & (kept.sum(1, keepdim=True) < most)
        active = waiting.any(1)
        if not active.any():
            return kept
        best = waiting.to(torch.uint8).argmax(1)
        kept[rows[active], best[active]] = True
        waiting = waiting & ~kept
        seen = torch.maximum(worst, overlap(boxes, boxes[rows, best][:, None], pixel))
        worst = torch.where(active[:, None], seen, worst)
        if eta < 1:
            limit = torch.where(active[:, None] & (limit > 0.5), limit * eta, limit)


def _centre(boxes: Tensor) -> tuple[Tensor, Tensor]:
    """(centre, size) of boxes (..., 4), each (..., 2): across, down."""
    return (boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]


def decode(locations: Tensor, priors: Tensor, variance: Tensor | None, code: CodeType) -> Tensor:
    """The boxes that locations (..., 4) stand for, measured from priors, which broadcast.

    `variance` multiplies the locations first; None where they have it in them.
    """
    if variance is not None:
        locations = locations * variance
    centre, size = _centre(priors)
    if code is CodeType.CORNER:
        return priors + locations
    if code is CodeType.CORNER_SIZE:
        return priors + locations * torch.cat([size, size], -1)
    middle = locations[..., :2] * size + centre
    half = locations[..., 2:].exp() * size / 2
    return torch.cat([middle - half, middle + half], -1)


def encode(boxes: Tensor, priors: Tensor, variance: Tensor | None, code: CodeType) -> Tensor:
    """The locations that stand for boxes (..., 4): the inverse of `decode`."""
    centre, size = _centre(priors)
    if code is CodeType.CORNER:
        locations = boxes - priors
    elif code is CodeType.CORNER_SIZE:
        locations = (boxes - priors) / torch.cat([size, size], -1)
    else:
        middle, extent = _centre(boxes)
        locations = torch.cat([(middle - centre) / size, (extent / size).log()], -1)
    return locations if variance is None else locations / variance
