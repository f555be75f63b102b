"""BN and Normalize in both meanings, and GRN."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from compiler.distributed.moments import ByBatch, normalized
from compiler.lower import Weighted, lower
from netspec.graph import Node
from netspec.layers.forks.normalization import BN, GRN, BNMode, Normalize, ScaledNorm

TINY = 1e-6  # what NormFace adds to a norm
SEGNET_EPS = 1e-9


class Averaged(Weighted, ByBatch):
    """BN with moving averages: slope (x - mean) / root(variance + eps) + bias."""

    weight: Tensor
    bias: Tensor
    mean: Tensor
    variance: Tensor

    def __init__(self, layer: BN, node: Node) -> None:
        super().__init__(node)
        self.eps, self.momentum, self.frozen = layer.eps, layer.momentum, layer.frozen

    def forward(self, image: Tensor) -> Tensor:
        slope, bias = self.weight.flatten(), self.bias.flatten()
        if self.frozen or not self.training:
            mean, variance = self.mean.flatten(), self.variance.flatten()
            return F.batch_norm(image, mean, variance, slope, bias, eps=self.eps)
        if self.world > 1:
            top, mean, variance, _ = normalized(image, self.world, self.eps)
            top = _affine(top, slope, bias)
        else:
            axes = [axis for axis in range(image.dim()) if axis != 1]
            with torch.no_grad():
                variance, mean = torch.var_mean(image, axes, correction=0)
            top = F.batch_norm(image, None, None, slope, bias, training=True, eps=self.eps)
        with torch.no_grad():
            for average, new in ((self.mean, mean), (self.variance, variance)):
                average.mul_(self.momentum).add_(new.view_as(average), alpha=1 - self.momentum)
        return top

    def extra_repr(self) -> str:
        return f"eps={self.eps}, momentum={self.momentum}, frozen={self.frozen}"


class Standardized(Weighted, ByBatch):
    """SegNet's BN: normalised by each batch, in TEST too. More tops have its mean and variance."""

    weight: Tensor
    bias: Tensor

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.more = len(node.tops) - 1

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, ...]:
        slope, bias = self.weight.flatten(), self.bias.flatten()
        if self.world > 1 and self.training:
            top = _affine(normalized(image, self.world, SEGNET_EPS)[0], slope, bias)
        else:
            top = F.batch_norm(image, None, None, slope, bias, training=True, eps=SEGNET_EPS)
        return (top, *self._statistics(image)) if self.more else top

    @torch.no_grad()
    def _statistics(self, image: Tensor) -> tuple[Tensor, ...]:
        axes = [axis for axis in range(image.dim()) if axis != 1]
        variance, mean = torch.var_mean(image, axes, correction=0)
        return tuple(each.view(1, -1, 1, 1) for each in (mean, variance)[: self.more])


class Affine(Weighted):
    """SegNet's BN for inference: slope x + bias."""

    weight: Tensor
    bias: Tensor

    def forward(self, image: Tensor) -> Tensor:
        return _affine(image, self.weight, self.bias)


def _affine(image: Tensor, slope: Tensor, bias: Tensor) -> Tensor:
    """slope x + bias, by channel."""
    shape = (1, -1, *(1,) * (image.dim() - 2))
    return torch.addcmul(bias.view(shape), image, slope.view(shape))


class ScaledByNorm(Weighted):
    """SSD's Normalize: x / root(sum of squares + eps), times the scale."""

    weight: Tensor

    def __init__(self, said: ScaledNorm, node: Node) -> None:
        super().__init__(node)
        self.across, self.eps = said.across_spatial, said.eps

    def forward(self, image: Tensor) -> Tensor:
        axes = list(range(1, image.dim())) if self.across else [1]
        length = (image.square().sum(axes, keepdim=True) + self.eps).sqrt()
        scale = self.weight.view(1, -1, *(1,) * (image.dim() - 2))
        return image / length * scale


class OverNorm(nn.Module):
    """NormFace's Normalize: x over its norm across the channels; a second top gives the norm."""

    def __init__(self, kind: str, with_norm: bool, with_gradient: bool) -> None:
        super().__init__()
        self.kind, self.with_norm, self.with_gradient = kind, with_norm, with_gradient

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        if self.kind == "L1":
            norm = image.abs().sum(1, keepdim=True) + TINY
        else:
            norm = (image.square().sum(1, keepdim=True) + TINY).sqrt()
        if not self.with_norm:
            return image / norm
        return image / norm, norm if self.with_gradient else norm.detach()


class OverLength(nn.Module):
    """GRN: x over the root of the sum of squares across the channels."""

    def __init__(self, bias: float) -> None:
        super().__init__()
        self.bias = bias

    def forward(self, image: Tensor) -> Tensor:
        return image / (image.square().sum(1, keepdim=True) + self.bias).sqrt()


@lower.register
def bn(layer: BN, node: Node) -> nn.Module:
    if not layer.segnet:
        return Averaged(layer, node)
    return Affine(node) if layer.bn_mode is BNMode.INFERENCE else Standardized(node)


@lower.register
def normalize(layer: Normalize, node: Node) -> nn.Module:
    if layer.scaled is not None:
        return ScaledByNorm(layer.scaled, node)
    kind = layer.plain.normalize_type if layer.plain else "L2"
    return OverNorm(kind, len(node.tops) > 1, bool(layer.plain and layer.plain.bp_norm))


@lower.register
def grn(layer: GRN, node: Node) -> nn.Module:
    return OverLength(layer.bias)
