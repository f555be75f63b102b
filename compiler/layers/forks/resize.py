"""Interp, by PyTorch's bilinear interpolation, and Upsample in both meanings."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from compiler.indices import indices
from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.forks.resize import Interp, Upsample


class Interpolated(nn.Module):
    """Cut, then interpolate; corners stay where they are."""

    def __init__(self, layer: Interp) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, image: Tensor, reference: Tensor | None = None) -> Tensor:
        said = self.layer
        other = None if reference is None else tuple(reference.shape)
        size = said.infer(tuple(image.shape), other)[2:]
        height, width = image.shape[2:]
        start, end = -said.pad_beg, said.pad_end
        inside = image[:, :, start : height + end, start : width + end]
        if inside.shape[2:] == size:
            return inside
        return F.interpolate(inside, size, mode="bilinear", align_corners=True)


class Repeated(nn.Module):
    """Every pixel as often as the scales say (YOLO's Upsample)."""

    def __init__(self, scales: tuple[int, int]) -> None:
        super().__init__()
        self.scales = scales

    def forward(self, image: Tensor) -> Tensor:
        down, across = self.scales
        return image.repeat_interleave(down, 2).repeat_interleave(across, 3)


class Unpooled(nn.Module):
    """Every element where the mask says, zeros elsewhere (SegNet's Upsample)."""

    def __init__(self, layer: Upsample, node: Node) -> None:
        super().__init__()
        self.layer, self.name = layer, node.name

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        batch, channels, height, width = self.layer.infer(tuple(image.shape), tuple(mask.shape))
        places = indices(mask, height * width, self.name).flatten(2)
        plane = torch.zeros(batch, channels, height * width, dtype=image.dtype, device=image.device)
        filled = plane.scatter(2, places, image.flatten(2))
        return filled.view(batch, channels, height, width)


@lower.register
def interp(layer: Interp, node: Node) -> nn.Module:
    return Interpolated(layer)


@lower.register
def upsample(layer: Upsample, node: Node) -> nn.Module:
    return Unpooled(layer, node) if len(node.bottoms) > 1 else Repeated(layer.scales)
