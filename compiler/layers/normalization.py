"""BatchNorm with Caffe's sums, MVN, LRN in both regions."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from compiler.distributed.moments import ByBatch, normalized
from compiler.layers.pooling import AveragePooling
from compiler.layers.scaling import PerAxes
from compiler.lower import Weighted, lower
from netspec.graph import Node
from netspec.layers.normalization import LRN, MVN, BatchNorm, NormRegion
from netspec.layers.pooling import Method, Pooling

LEAST_EPS = 1e-5  # of NVIDIA's BatchNorm, and cuDNN's
NO_EPS = 1e-30  # what PyTorch, which asks for more than 0, takes for it


class Statistics(Weighted, ByBatch):
    """BatchNorm: `mean` and `variance` are sums of moving averages, to be divided by `factor`.

    A weight and a bias for each channel are those of the Scale behind it, where that is asked for.
    """

    mean: Tensor
    variance: Tensor
    factor: Tensor

    def __init__(self, layer: BatchNorm, node: Node) -> None:
        super().__init__(node)
        self.eps, self.fraction = layer.eps or NO_EPS, layer.moving_average_fraction
        self.fixed = layer.use_global_stats

    def forward(
        self, blob: Tensor, weight: Tensor | None = None, bias: Tensor | None = None
    ) -> Tensor:
        stored = not self.training if self.fixed is None else self.fixed
        make = self._by_stored if stored else self._by_batch
        return make(blob, weight, bias)

    def absorbed(self, after: nn.Module) -> tuple[str, ...]:
        """The roles of the weights with which this does the work of the module after it, too."""
        if not isinstance(after, PerAxes) or type(self) is not Statistics:
            return ()
        by_channel = after.multiplies and after.axis == 1 and len(after.shape) == 1
        return tuple(after.roles) if by_channel and "weight" in after._parameters else ()

    def _by_stored(self, blob: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
        scale = torch.where(self.factor == 0, 0.0, 1 / self.factor)
        mean, variance = self.mean * scale, self.variance * scale
        return F.batch_norm(blob, mean, variance, weight, bias, eps=self.eps)

    def _by_batch(self, blob: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
        top, mean, variance = self._normalized(blob, weight, bias)
        with torch.no_grad():
            sums = [self.mean, self.variance, self.factor]  # together: on a GPU each call costs
            torch._foreach_mul_(sums, self.fraction)
            torch._foreach_add_(sums, [mean, variance, torch.ones_like(self.factor)])
        return top

    def _normalized(
        self, blob: Tensor, weight: Tensor | None, bias: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The top, and the batch's mean and unbiased variance."""
        if self.world > 1:
            top, mean, variance, count = normalized(blob, self.world, self.eps)
            return _scaled(top, weight, bias), mean, variance * (count / max(1, count - 1))
        mean, variance = self.mean.new_zeros(2, *self.mean.shape)
        if blob.numel() == blob.shape[1]:  # a single value a channel is its own mean
            top = (blob - blob) / self.eps**0.5
            return _scaled(top, weight, bias), blob.detach().reshape(-1), variance
        # with momentum 1 the buffers receive the batch's own
        top = F.batch_norm(blob, mean, variance, weight, bias, True, 1.0, self.eps)
        return top, mean, variance

    def extra_repr(self) -> str:
        settings = f"eps={self.eps}, fraction={self.fraction}, use_global_stats={self.fixed}"
        return f"{self.mean.numel()}, {settings}"


class AffineStatistics(Statistics):
    """Intel's BatchNorm: the same, then a scale and a bias of its own."""

    weight: Tensor
    bias: Tensor

    def forward(
        self, blob: Tensor, weight: Tensor | None = None, bias: Tensor | None = None
    ) -> Tensor:
        return super().forward(blob, self.weight, self.bias)


class Averages(AffineStatistics):
    """NVIDIA's BatchNorm: the statistics are averages themselves, and the first batch sets them.

    Only the phase says which statistics normalise; `factor` stays 1, and eps is at least 1e-5.
    """

    def __init__(self, layer: BatchNorm, node: Node) -> None:
        super().__init__(layer, node)
        self.eps, self.fixed = max(layer.eps, LEAST_EPS), None

    def _by_stored(self, blob: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
        return F.batch_norm(blob, self.mean, self.variance, weight, bias, eps=self.eps)

    def _by_batch(self, blob: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
        top, mean, variance = self._normalized(blob, weight, bias)
        with torch.no_grad():
            kept = torch.where((self.variance != 0).any(), self.fraction, 0.0)
            self.mean.mul_(kept).add_(mean * (1 - kept))
            self.variance.mul_(kept).add_(variance * (1 - kept))
        return top


def _scaled(top: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """`top` times a weight for each channel, plus a bias; None is 1, or 0."""
    shape = (1, -1, *(1,) * (top.dim() - 2))
    top = top if weight is None else top * weight.view(shape)
    return top if bias is None else top + bias.view(shape)


class Standardized(nn.Module):
    """MVN: (x - mean) / (deviation + eps). Caffe's gradient is that of an eps inside the root."""

    def __init__(self, layer: MVN) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, image: Tensor) -> Tensor:
        said = self.layer
        image = image.reshape(said.infer(tuple(image.shape)))
        axes = (1, 2, 3) if said.across_channels else (2, 3)
        centred = image - image.mean(axes, keepdim=True)
        if not said.normalize_variance:
            return centred
        variance = centred.square().mean(axes, keepdim=True)
        inside = ((variance.sqrt() + said.eps).square() - variance).detach()
        return centred * (variance + inside).rsqrt()


class WithinChannel(nn.Module):
    """LRN over a window of each channel, made of an AVE Pooling as Caffe makes it."""

    def __init__(self, layer: LRN) -> None:
        super().__init__()
        n = layer.local_size
        self.squares = AveragePooling(
            Pooling(pool=Method.AVE, kernel=(n,), stride=(1,), pad=((n - 1) // 2,))
        )
        self.alpha, self.beta = layer.alpha, layer.beta

    def forward(self, image: Tensor) -> Tensor:
        return image * (1 + self.alpha * self.squares(image.square())) ** -self.beta


class AcrossChannels(nn.LocalResponseNorm):
    """LRN over neighbouring channels. PyTorch computes the same, but by a pooling in three
    dimensions, which takes two to four times as long on a CPU as adding up the neighbours.
    """

    def forward(self, image: Tensor) -> Tensor:
        channels, before = image.shape[1], self.size // 2
        around = (*(0, 0) * (image.dim() - 2), before, self.size - 1 - before)
        squares = F.pad(image.square(), around)
        total = squares.narrow(1, 0, channels)
        for i in range(1, self.size):
            total = total + squares.narrow(1, i, channels)
        del squares
        return image * (self.k + total * (self.alpha / self.size)).pow(-self.beta)


@lower.register
def batch_norm(layer: BatchNorm, node: Node) -> nn.Module:
    kind = Averages if layer.nvidia else AffineStatistics if layer.affine else Statistics
    return kind(layer, node)


@lower.register
def mvn(layer: MVN, node: Node) -> nn.Module:
    return Standardized(layer)


@lower.register
def lrn(layer: LRN, node: Node) -> nn.Module:
    if layer.norm_region is NormRegion.WITHIN_CHANNEL:
        return WithinChannel(layer)
    return AcrossChannels(layer.local_size, layer.alpha, layer.beta, layer.k)
