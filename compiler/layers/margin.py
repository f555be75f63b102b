"""Losses that ask for a margin and no more."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from compiler.labels import class_numbers
from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.margin import ContrastiveLoss, HingeLoss, Norm

NEAR = 1e-4  # what Caffe adds to a distance that it divides by


class OneAgainstRest(nn.Module):
    """HingeLoss: shortfalls from 1 for the true class and from -1 for the others."""

    def __init__(self, layer: HingeLoss, node: Node) -> None:
        super().__init__()
        self.squared, self.name = layer.norm is Norm.L2, node.name

    def forward(self, scores: Tensor, label: Tensor) -> Tensor:
        rows = scores.reshape(len(scores), -1)
        target, _ = class_numbers(label, rows.shape[1], None, self.name)
        sign = torch.ones_like(rows).scatter(1, target.reshape(-1, 1), -1.0)
        shortfall = (1 + sign * rows).relu()
        return (shortfall.square() if self.squared else shortfall).sum() / len(rows)


class Pairs(nn.Module):
    """ContrastiveLoss: the value as it is defined, the gradient as Caffe computes it."""

    def __init__(self, layer: ContrastiveLoss) -> None:
        super().__init__()
        self.margin, self.legacy = layer.margin, layer.legacy_version

    def forward(self, one: Tensor, other: Tensor, similar: Tensor) -> Tensor:
        squared = (one.flatten(1) - other.flatten(1)).square().sum(1)
        with torch.no_grad():
            if self.legacy:
                apart = (self.margin - squared).relu()
                slope = -(apart > 0).to(squared.dtype)
            else:
                distance = squared.sqrt()
                gap = (self.margin - distance).relu()
                apart, slope = gap.square(), -gap / (distance + NEAR)
            near = similar.reshape(-1).trunc() != 0
            value, slope = torch.where(near, squared, apart), torch.where(near, 1.0, slope)
        losses = value + slope * (squared - squared.detach())
        return losses.sum() / (2 * len(one))


@lower.register
def hinge_loss(layer: HingeLoss, node: Node) -> nn.Module:
    return OneAgainstRest(layer, node)


@lower.register
def contrastive_loss(layer: ContrastiveLoss, node: Node) -> nn.Module:
    return Pairs(layer)
