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
            kept = self._kept(own, rows, amount)
            amount, slope = amount * kept, slope * kept
            if said.positive_first:
                slope = torch.where(own & self._far(own, rows), said.positive_weight, slope)
            means = torch.stack([near[own].mean(), lacking[~own].sum() / len(rows) / (classes - 1)])
        loss = (amount + slope * (rows - rows.detach())).sum() / len(rows)
        return (loss, means) if self.both else loss

    def _far(self, own: Tensor, rows: Tensor) -> Tensor:
        """The items whose own class is so far away that no other counts."""
        return (own & (rows > self.layer.positive_upper_bound)).any(1, keepdim=True)

    def _kept(self, own: Tensor, rows: Tensor, amount: Tensor) -> Tensor:
        """Which distances count, by the fork's choices.

        Of others the one that lacks most, which for items of class 0 has to lack more than the own
        class is away; of the own classes the nearest of the batch.
        """
        said, kept = self.layer, torch.ones_like(own)
        if said.positive_first:
            kept &= own | ~self._far(own, rows)
        if said.max_negative_only:
            first = torch.arange(rows.shape[1], device=rows.device) == 0
            worst = amount.masked_fill(own & ~first, -torch.inf).argmax(1, keepdim=True)
            kept &= own | torch.zeros_like(own).scatter(1, worst, True)
        if said.max_positive_only:
            nearest = amount[own].argmin()
            kept &= ~own | (torch.arange(len(rows), device=rows.device) == nearest)[:, None]
        return kept


@lower.register
def general_contrastive_loss(layer: GeneralContrastiveLoss, node: Node) -> nn.Module:
    return ToCentres(layer, node)
