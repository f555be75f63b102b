"""ROIPooling, PSROIPooling and Proposal, with the rounding that the forks' CUDA and C++ have."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from compiler.boxes import suppress
from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.forks.regions import REGION, Proposal, PSROIPooling, ROIPooling

LEAST = 0.1  # the least side of a region in PSROIPooling


def away(values: Tensor) -> Tensor:
    """Rounded, halves away from zero, as C's round does."""
    return values.sign() * (values.abs() + 0.5).floor()


def windows(
    start: Tensor, side: Tensor, parts: int, size: int, whole: bool
) -> tuple[Tensor, Tensor]:
    """(first, one after the last) of each part of regions along an axis, cut off at 0 and `size`.

    `start` and `side` are of the regions; `whole` rounds within the region, before it is moved.
    """
    part = torch.arange(parts + 1, dtype=start.dtype, device=start.device)
    bounds = part * (side / parts)[:, None]
    moved = start[:, None]
    if whole:
        first, last = bounds[:, :-1].floor() + moved, bounds[:, 1:].ceil() + moved
    else:
        first, last = (bounds[:, :-1] + moved).floor(), (bounds[:, 1:] + moved).ceil()
    return first.clamp(0, size).long(), last.clamp(0, size).long()


def image_numbers(regions: Tensor, images: int) -> Tensor:
    """Which image each region is of."""
    return regions[:, 0].long().clamp(0, images - 1)


class RegionMaxima(nn.Module):
    """The maximum of each part of each region; 0 for a part that lies outside of the image."""

    def __init__(self, layer: ROIPooling) -> None:
        super().__init__()
        self.parts, self.scale = (layer.pooled_h, layer.pooled_w), layer.spatial_scale

    def forward(self, image: Tensor, regions: Tensor) -> Tensor:
        regions = regions.detach().reshape(-1, REGION)
        corners = away(regions[:, 1:] * self.scale)
        sides = (corners[:, 2:] - corners[:, :2] + 1).clamp(min=1)
        height, width = image.shape[2:]
        rows = windows(corners[:, 1], sides[:, 1], self.parts[0], height, whole=True)
        columns = windows(corners[:, 0], sides[:, 0], self.parts[1], width, whole=True)
        of = image_numbers(regions, len(image)).tolist()
        tops = [
            _maxima(_maxima(image[n], down, 1), across, 2)
            for n, down, across in zip(of, zip(*rows), zip(*columns))
        ]
        return torch.stack(tops) if tops else image.new_zeros(0, image.shape[1], *self.parts)

    def extra_repr(self) -> str:
        return f"{self.parts}, spatial_scale={self.scale:g}"


def _maxima(image: Tensor, window: tuple[Tensor, Tensor], axis: int) -> Tensor:
    """The maximum of each window (first, one after the last) along an axis; 0 where it is empty."""
    first, last = window
    longest = max(1, int((last - first).max()))
    step = torch.arange(longest, device=image.device)
    places = torch.minimum(first[:, None] + step, (last - 1)[:, None]).clamp(min=0)
    picked = image.index_select(axis, places.flatten()).unflatten(axis, places.shape)
    shape = [1] * image.dim()
    shape[axis] = -1
    return torch.where((last > first).view(shape), picked.max(axis + 1).values, 0.0)


class RegionMeans(nn.Module):
    """The mean of each part of each region, from its own channel, by sums over corners."""

    def __init__(self, layer: PSROIPooling) -> None:
        super().__init__()
        self.side, self.outputs, self.scale = (
            layer.group_size,
            layer.output_dim,
            layer.spatial_scale,
        )

    def forward(self, image: Tensor, regions: Tensor) -> Tensor:
        regions = regions.detach().reshape(-1, REGION)
        start = away(regions[:, 1:3]) * self.scale
        sides = ((away(regions[:, 3:]) + 1) * self.scale - start).clamp(min=LEAST)
        height, width = image.shape[2:]
        top, bottom = windows(start[:, 1], sides[:, 1], self.side, height, whole=False)
        left, right = windows(start[:, 0], sides[:, 0], self.side, width, whole=False)
        sums = nn.functional.pad(image.double().cumsum(2).cumsum(3), (1, 0, 1, 0))
        maps = sums.unflatten(1, (self.outputs, self.side, self.side))
        part = torch.arange(self.side, device=image.device)
        here = (
            image_numbers(regions, len(image))[:, None, None, None],
            torch.arange(self.outputs, device=image.device)[:, None, None],
            part[:, None],
            part,
        )

        def at(rows: Tensor, columns: Tensor) -> Tensor:
            return maps[(*here, rows[:, None, :, None], columns[:, None, None, :])]

        total = at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left)
        area = ((bottom - top)[:, :, None] * (right - left)[:, None, :])[:, None]
        return torch.where(area > 0, total / area.clamp(min=1), 0.0).to(image.dtype)

    def extra_repr(self) -> str:
        return f"{self.outputs} x {self.side} x {self.side}, spatial_scale={self.scale:g}"


class Proposals(nn.Module):
    """Anchors moved as predicted, the best of them, suppressed; one image at a time."""

    anchors: Tensor

    def __init__(self, layer: Proposal, node: Node, before: int, after: int) -> None:
        super().__init__()
        self.layer, self.both = layer, len(node.tops) > 1
        self.before, self.after = before, after
        self.register_buffer("anchors", torch.tensor(layer.anchors()), persistent=False)

    @torch.no_grad()
    def forward(self, scores: Tensor, moves: Tensor, image: Tensor) -> Tensor | tuple[Tensor, ...]:
        each = [
            self._of_image(n, scores[n], moves[n], image[n % len(image)])
            for n in range(len(scores))
        ]
        regions, best = (torch.cat(parts) for parts in zip(*each))
        return (regions, best) if self.both else regions

    def _of_image(
        self, n: int, scores: Tensor, moves: Tensor, image: Tensor
    ) -> tuple[Tensor, Tensor]:
        said, count = self.layer, len(self.anchors)
        height, width = scores.shape[1:]
        y = torch.arange(height, device=scores.device) * said.feat_stride
        x = torch.arange(width, device=scores.device) * said.feat_stride
        down, across = torch.meshgrid(y, x, indexing="ij")
        shift = torch.stack([across, down, across, down], -1)[:, :, None].to(scores.dtype)
        boxes = (self.anchors.to(scores.dtype) + shift).reshape(-1, 4)
        moved = _move(boxes, moves.view(count, 4, height, width).permute(2, 3, 0, 1).reshape(-1, 4))
        limit = torch.stack([image[1], image[0], image[1], image[0]]) - 1
        moved = torch.minimum(moved, limit).clamp(min=0)
        sides = moved[:, 2:] - moved[:, :2] + 1
        scale = torch.stack([image[3] if len(image) > 3 else image[2], image[2]])
        large = (sides >= said.min_size * scale).all(1)
        thing = scores[count:].permute(1, 2, 0).reshape(-1)
        if said.drops_small:
            places = large.nonzero().squeeze(1)
        else:
            places, thing = torch.arange(len(thing), device=thing.device), thing * large
        order = places[thing[places].argsort(descending=True, stable=True)][: self.before]
        candidates = moved[order][None]
        alive = torch.ones(candidates.shape[:2], dtype=torch.bool, device=scores.device)
        kept = suppress(candidates, alive, said.nms_thresh, most=self.after, pixel=1.0)
        chosen = order[kept[0]]
        number = moved.new_full((len(chosen), 1), n)
        return torch.cat([number, moved[chosen]], 1), thing[chosen]


def _move(boxes: Tensor, moves: Tensor) -> Tensor:
    """Boxes with inclusive corners, moved by shares of their sides and scaled by exponents."""
    sides = boxes[:, 2:] - boxes[:, :2] + 1
    centre = boxes[:, :2] + 0.5 * sides + moves[:, :2] * sides
    half = 0.5 * moves[:, 2:].exp() * sides
    return torch.cat([centre - half, centre + half], 1)


@lower.register
def roi_pooling(layer: ROIPooling, node: Node) -> nn.Module:
    return RegionMaxima(layer)


@lower.register
def psroi_pooling(layer: PSROIPooling, node: Node) -> nn.Module:
    return RegionMeans(layer)


@lower.register
def proposal(layer: Proposal, node: Node) -> nn.Module:
    return Proposals(layer, node, layer.pre_nms_topn, layer.post_nms_topn)
