"""Losses with Caffe's normalization, and Accuracy with Caffe's ties."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from compiler.bounds import at_most
from compiler.labels import class_numbers
from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.loss import (
    Accuracy,
    EuclideanLoss,
    LossParameter,
    NormalizationMode,
    SigmoidCrossEntropyLoss,
    SoftmaxWithLoss,
)

WORST = -math.log(
    torch.finfo(torch.float32).tiny
)  # 87.3365: Caffe takes the logarithm of FLT_MIN at least


class Normalized(nn.Module):
    """A sum over elements, divided as loss_param says; the divisor is at least 1."""

    def __init__(self, rule: LossParameter, default: NormalizationMode) -> None:
        super().__init__()
        self.mode = rule.mode(default)
        self.fixed = rule.pre_fixed_normalizer
        self.ignored = rule.ignore_label

    def divided(self, losses: Tensor, counted: Tensor | None, batch: int) -> Tensor:
        """`losses` of any shape; `counted` marks those that count, None all of them."""
        if counted is not None:
            losses = torch.where(counted, losses, 0.0)
        if self.mode is NormalizationMode.VALID and counted is not None:
            return losses.sum() / counted.sum().clamp(min=1)
        divisor = {
            NormalizationMode.BATCH_SIZE: batch,
            NormalizationMode.NONE: 1,
            NormalizationMode.PRE_FIXED: self.fixed,
        }.get(self.mode, losses.numel())
        if divisor == losses.numel() > 0:
            return losses.mean()
        return losses.sum() / max(1, divisor)

    def extra_repr(self) -> str:
        return self.mode.name + (
            f", ignore_label={self.ignored}" if self.ignored is not None else ""
        )


class SoftmaxLoss(Normalized):
    """-log of the true class's probability; the loss ends at 87.3365, its gradient does not.

    With label_smoothing s, the loss of a label is (1 - s) times that, and s times its mean over all
    classes. Further tops are the softmax and the loss of each label, without gradients.
    """

    def __init__(self, layer: SoftmaxWithLoss, node: Node) -> None:
        super().__init__(layer.rule, NormalizationMode.VALID)
        self.smoothing = layer.rule.label_smoothing
        self.axis, self.name, self.tops = layer.axis, node.name, len(node.tops)
        divided = (NormalizationMode.NONE, NormalizationMode.PRE_FIXED)
        self.plain = self.tops == 1 and self.mode not in divided  # the mean over the labels

    def forward(self, scores: Tensor, label: Tensor) -> Tensor | tuple[Tensor, ...]:
        axis = self.axis % scores.dim()
        classes, outer = scores.shape[axis], math.prod(scores.shape[:axis])
        target, counted = class_numbers(label, classes, self.ignored, self.name)
        if self.plain and counted is None and scores.dim() == 2 and axis == 1 and _close(scores):
            return F.cross_entropy(scores, target.reshape(-1), label_smoothing=self.smoothing)
        rows = F.log_softmax(scores, axis)
        if scores.dim() != 2 or axis != 1:
            rows = rows.movedim(axis, -1).reshape(-1, classes)
        losses = at_most(F.nll_loss(rows, target.reshape(-1), reduction="none"), WORST)
        if self.smoothing:
            losses = losses.lerp(-rows.mean(1), self.smoothing)
        counts = None if counted is None else counted.reshape(-1)
        loss = self.divided(losses, counts, outer)
        if self.tops == 1:
            return loss
        each = losses if counts is None else torch.where(counts, losses, 0.0)
        more = scores.detach().softmax(axis), each.detach().reshape(label.shape)
        return (loss, *more)[: self.tops]


def _close(scores: Tensor) -> bool:
    """Whether no loss can be larger than 87.3365; looked at on the CPU, where it costs little."""
    if scores.device.type != "cpu" or not scores.numel() or torch.compiler.is_compiling():
        return False
    low, high = torch.aminmax(scores.detach())
    return float(high) - float(low) + math.log(scores.shape[1]) < WORST


class SigmoidLoss(Normalized):
    """Cross entropy with targets between 0 and 1.

    A target whose whole part is ignore_label does not count.
    """

    def __init__(self, layer: SigmoidCrossEntropyLoss) -> None:
        super().__init__(layer.rule, NormalizationMode.BATCH_SIZE)

    def forward(self, scores: Tensor, target: Tensor) -> Tensor:
        target = target.detach().reshape(scores.shape)
        losses = F.binary_cross_entropy_with_logits(scores, target, reduction="none")
        counted = None if self.ignored is None else target.trunc() != self.ignored
        return self.divided(losses, counted, scores.shape[0])


class HalfSquares(nn.Module):
    """The sum of squared differences over twice the batch size."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return (prediction.flatten() - target.flatten()).square().sum() / (2 * prediction.shape[0])


class RightAnswers(nn.Module):
    """Accuracy: right where fewer than top_k other classes score at least as high as the true."""

    def __init__(self, layer: Accuracy, node: Node) -> None:
        super().__init__()
        self.axis, self.top_k, self.ignored = layer.axis, layer.top_k, layer.ignore_label
        self.name, self.by_class = node.name, len(node.tops) > 1

    @torch.no_grad()
    def forward(self, scores: Tensor, label: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        axis = self.axis % scores.dim()
        classes = scores.shape[axis]
        rows = scores.movedim(axis, -1).reshape(-1, classes)
        target, counted = class_numbers(label, classes, self.ignored, self.name)
        target = target.reshape(-1, 1)
        better = (rows >= rows.gather(1, target)).sum(1) - 1
        weight = (
            torch.ones_like(rows[:, 0]) if counted is None else counted.reshape(-1).to(rows.dtype)
        )
        right = (better < self.top_k) * weight
        overall = right.sum() / weight.sum().clamp(min=1)
        if not self.by_class:
            return overall
        totals = rows.new_zeros(2, classes).index_add_(
            1, target.reshape(-1), torch.stack([right, weight])
        )
        return overall, totals[0] / totals[1].clamp(min=1)


@lower.register
def softmax_with_loss(layer: SoftmaxWithLoss, node: Node) -> nn.Module:
    return SoftmaxLoss(layer, node)


@lower.register
def sigmoid_cross_entropy_loss(layer: SigmoidCrossEntropyLoss, node: Node) -> nn.Module:
    return SigmoidLoss(layer)


@lower.register
def euclidean_loss(layer: EuclideanLoss, node: Node) -> nn.Module:
    return HalfSquares()


@lower.register
def accuracy(layer: Accuracy, node: Node) -> nn.Module:
    return RightAnswers(layer, node)
