"""PriorBox and PriorBoxClustered: boxes around every position, from the sizes of the bottoms."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.forks.priors import PriorBox, PriorBoxClustered


class Priors(nn.Module):
    """1 x 2 x numbers: the corners of the boxes, then their variances. No gradient flows."""

    def __init__(self, layer: PriorBox | PriorBoxClustered) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, feature: Tensor, image: Tensor) -> Tensor:
        said = self.layer
        rows, columns = int(feature.shape[2]), int(feature.shape[3])
        height, width = said.image(tuple(image.shape))
        down, across = (said.step * 2)[:2] or (height / rows, width / columns)
        offset_h = said.offset if said.offset_h is None else said.offset_h
        offset_w = said.offset if said.offset_w is None else said.offset_w
        y = (torch.arange(rows, dtype=torch.float64) + offset_h) * down
        x = (torch.arange(columns, dtype=torch.float64) + offset_w) * across
        centre = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], -1)[:, :, None]
        half = torch.tensor(said.sizes(), dtype=torch.float64) / 2
        boxes = torch.cat([centre - half, centre + half], -1)
        boxes = boxes / torch.tensor([width, height] * 2, dtype=torch.float64)
        boxes = boxes.clamp(0, 1) if said.clip else boxes
        variance = torch.tensor(said.variances(), dtype=torch.float64).expand_as(boxes)
        top = torch.stack([boxes.reshape(-1), variance.reshape(-1)])[None]
        return top.to(feature.device, feature.dtype)

    def extra_repr(self) -> str:
        return f"{len(self.layer.sizes())} at each position"


@lower.register
def prior_box(layer: PriorBox, node: Node) -> nn.Module:
    return Priors(layer)


@lower.register
def prior_box_clustered(layer: PriorBoxClustered, node: Node) -> nn.Module:
    return Priors(layer)
