"""GeneralContrastiveLoss: its value, and the gradient that its layer has for it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from compiler.labels import class_numbers
from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.forks.pairs import GeneralContrastiveLoss


class ToCentres(nn.Module):
    """The gradient is constant where a distance counts, or that of exp(-distance)."""

    def __init__(self, layer: GeneralContrastiveLoss, node: Node) -> None:
        super().__init__()
        self.layer, self.name, self.both = layer, node.name, len(node.tops) > 1

    def forward(self, distances: Tensor, label: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        said, rows = self.layer, distances.flatten(1)
        classes = rows.shape[1]
        number, _ = class_numbers(label.reshape(-1), classes, None, self.name)
        own = nn.functional.one_hot(number, classes).bool()
        with torch.no_grad():
            near = (rows - said.positive_margin).clamp(0, said.positive_outlier_thresh)
            lacking = (said.negative_margin - rows).relu()
            inside = rows < said.negative_margin
            others = torch.where(inside, (-rows).exp(), 0.0) if said.exp_negative_weight else None
            amount = torch.where(
                own,
                near * said.positive_weight,
                (lacking if others is None else others) * said.negative_weight,
            ).abs()
            counted = (rows > said.positive_margin) & (rows < said.positive_outlier_thresh)
            slope = torch.where(
                own,
                counted * said.positive_weight,
                -(inside.to(rows.dtype) if others is None else others) * said.negative_weight,
            )
            means = torch.stack([near[own].mean(), lacking[~own].sum() / len(rows) / (classes - 1)])
        loss = (amount + slope * (rows - rows.detach())).sum() / len(rows)
        return (loss, means) if self.both else loss


@lower.register
def general_contrastive_loss(layer: GeneralContrastiveLoss, node: Node) -> nn.Module:
    return ToCentres(layer, node)
