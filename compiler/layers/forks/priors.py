"""PriorBox and PriorBoxClustered: boxes around every position, from the sizes of the bottoms."""

from __future__ import annotations

from collections.abc import Sequence

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
        y, x = (torch.arange(size, dtype=torch.float64) for size in (rows, columns))
        cells = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], -1)[:, :, None]
        size, offset, shift = (_pairs(each) for each in zip(*said.priors()))
        centre = (cells + offset) * _pairs([(across, down)]) + shift
        half = size / 2
        boxes = torch.cat([centre - half, centre + half], -1)
        boxes = boxes / torch.tensor([width, height] * 2, dtype=torch.float64)
        boxes = boxes.clamp(0, 1) if said.clip else boxes
        variance = torch.tensor(said.variances(), dtype=torch.float64).expand_as(boxes)
        top = torch.stack([boxes.reshape(-1), variance.reshape(-1)])[None]
        return top.to(feature.device, feature.dtype)

    def extra_repr(self) -> str:
        return f"{len(self.layer.priors())} at each position"


def _pairs(values: Sequence[tuple[float, float]]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


@lower.register
def prior_box(layer: PriorBox, node: Node) -> nn.Module:
    return Priors(layer)


@lower.register
def prior_box_clustered(layer: PriorBoxClustered, node: Node) -> nn.Module:
    return Priors(layer)
