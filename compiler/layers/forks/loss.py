"""The losses of R-CNN's family and of faces."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from compiler.labels import class_numbers
from compiler.layers.forks.gradients import learning_as
from compiler.lower import Weighted, lower
from netspec.graph import Node
from netspec.layers.forks.loss import (
    BoxAnnotatorOHEM,
    CenterLoss,
    L1Loss,
    SmoothL1Loss,
    SmoothL1LossOHEM,
    four,
)
from netspec.layers.loss import LossParameter, NormalizationMode


class Smooth(nn.Module):
    """Smooth L1 of weighted differences; a second top has the sum for each position.

    With R-FCN's rule of what it is divided by, the weights do not scale the gradient once more, and
    none goes back from the second top.
    """

    def __init__(self, rule: LossParameter | None, sigma: float, both: bool) -> None:
        super().__init__()
        self.rule, self.sigma, self.both = rule, sigma, both

    def forward(
        self,
        prediction: Tensor,
        target: Tensor,
        inside: Tensor | None = None,
        outside: Tensor | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        batch, channels, height, width = four(tuple(prediction.shape))
        plain = prediction - target.reshape(prediction.shape)
        difference = plain if inside is None else plain * inside.reshape(prediction.shape)
        if self.rule is not None:
            difference = learning_as(difference, plain)
        beta = 1 / self.sigma**2
        losses = F.smooth_l1_loss(
            difference, torch.zeros_like(difference), reduction="none", beta=beta
        )
        if outside is not None:
            losses = losses * outside.reshape(prediction.shape)
        loss = losses.sum() / self._divisor(batch, height * width)
        places = losses.reshape(batch, channels, height, width).sum(1, keepdim=True)
        return (loss, places.detach()) if self.both else loss

    def _divisor(self, batch: int, positions: int) -> float:
        if self.rule is None:
            return batch
        mode = self.rule.mode(NormalizationMode.VALID)
        if mode is NormalizationMode.PRE_FIXED:
            return max(1.0, self.rule.pre_fixed_normalizer)
        if mode is NormalizationMode.NONE:
            return 1
        return max(1, batch if mode is NormalizationMode.BATCH_SIZE else batch * positions)


class HardExamples(nn.Module):
    """Labels and weights of the regions with the largest losses, roi_per_img of each image."""

    def __init__(self, layer: BoxAnnotatorOHEM) -> None:
        super().__init__()
        self.most, self.ignored = layer.roi_per_img, layer.ignore_label

    @torch.no_grad()
    def forward(
        self, regions: Tensor, loss: Tensor, label: Tensor, weight: Tensor
    ) -> tuple[Tensor, Tensor]:
        regions = regions.reshape(four(tuple(regions.shape)))
        image = regions[:, 0].reshape(-1)
        order = loss.reshape(-1).argsort(descending=True, stable=True)
        kept = torch.zeros_like(image, dtype=torch.bool)
        for number in image.unique():
            kept[order[image[order] == number][: self.most]] = True
        kept = kept.view(len(regions), 1, *regions.shape[2:])
        weights = weight.reshape(four(tuple(weight.shape)))
        labels = torch.where(kept, label.reshape(kept.shape), float(self.ignored))
        return labels, torch.where(kept, weights, 0.0)


class Absolute(nn.Module):
    """The sum of absolute differences over the batch size."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return (prediction.flatten() - target.flatten()).abs().sum() / len(prediction)


class _Centred(torch.autograd.Function):
    """Half the squared distances to the centres; these have a gradient of their own rule."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, centres: Tensor, labels: Tensor) -> Tensor:
        distance = features - centres[labels]
        ctx.save_for_backward(distance, labels, centres)
        return distance.square().sum() / (2 * len(features))

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor, None]:
        distance, labels, centres = ctx.saved_tensors
        sums = torch.zeros_like(centres).index_add_(0, labels, -distance)
        counts = torch.bincount(labels, minlength=len(centres)) + 1
        return upstream * distance / len(distance), sums / counts[:, None], None


class Centres(Weighted):
    """CenterLoss: a centre of its own for each class."""

    weight: Tensor

    def __init__(self, layer: CenterLoss, node: Node) -> None:
        super().__init__(node)
        self.axis, self.name = layer.axis, node.name

    def forward(self, features: Tensor, label: Tensor) -> Tensor:
        labels, _ = class_numbers(label.reshape(-1), len(self.weight), None, self.name)
        rows = features.reshape(len(labels), -1)
        return _Centred.apply(rows, self.weight, labels)


@lower.register
def smooth_l1_loss(layer: SmoothL1Loss, node: Node) -> nn.Module:
    tops = len(node.tops)
    return Smooth(layer.rule if layer.ruled(tops) else None, layer.sigma, tops > 1)


@lower.register
def smooth_l1_loss_ohem(layer: SmoothL1LossOHEM, node: Node) -> nn.Module:
    return Smooth(layer.rule, 1.0, len(node.tops) > 1)


@lower.register
def box_annotator_ohem(layer: BoxAnnotatorOHEM, node: Node) -> nn.Module:
    return HardExamples(layer)


@lower.register
def l1_loss(layer: L1Loss, node: Node) -> nn.Module:
    return Absolute()


@lower.register
def center_loss(layer: CenterLoss, node: Node) -> nn.Module:
    return Centres(layer, node)
