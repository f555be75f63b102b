"""SegAccuracy, from a confusion matrix."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from compiler.labels import class_numbers
from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.forks.segmentation import SegAccuracy


class Confusion(nn.Module):
    """How often each class (rows) is taken for each (columns), and three figures from it."""

    counts: Tensor

    def __init__(self, layer: SegAccuracy, node: Node) -> None:
        super().__init__()
        self.ignored, self.reset, self.name = layer.ignore_label, layer.reset, node.name
        classes = node.bottoms[0].shape[1]
        self.register_buffer("counts", torch.zeros(classes, classes).double(), persistent=False)

    @torch.no_grad()
    def forward(self, scores: Tensor, label: Tensor) -> Tensor:
        classes = scores.shape[1]
        found, wanted = scores.argmax(1).flatten(), label.long().flatten()
        counted = torch.ones_like(wanted, dtype=torch.bool)
        for ignored in self.ignored:
            counted &= wanted != ignored
        target, _ = class_numbers(wanted[counted], classes, None, self.name)
        pairs = torch.bincount(target * classes + found[counted], minlength=classes**2)
        now = pairs.view(classes, classes).double()
        self.counts = now if self.reset else self.counts + now
        right, rows, columns = self.counts.diag(), self.counts.sum(1), self.counts.sum(0)
        accuracy = right.sum() / self.counts.sum().clamp(min=1)
        recall = (right / rows.clamp(min=1)).sum() / (rows > 0).sum().clamp(min=1)
        union = rows + columns - right
        overlap = torch.where(union == right, 1.0, right / union.clamp(min=1)).mean()
        return torch.stack([accuracy, recall, overlap]).to(scores.dtype).view(1, 1, 1, 3)


@lower.register
def seg_accuracy(layer: SegAccuracy, node: Node) -> nn.Module:
    return Confusion(layer, node)
