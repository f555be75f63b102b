"""Pooling with Caffe's windows: rounded up, clipped only where there is padding, which may be wide.

PyTorch's own pooling serves where its windows are the same; elsewhere the image is padded by hand.
One deliberate difference: PyTorch's maximum of a window with a NaN is NaN, Caffe's ignores it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.pooling import SPP, Method, Pooling

LOWEST = torch.finfo(torch.float32).min  # where Caffe's maximum starts: what an empty window gives


def torch_size(size: int, kernel: int, stride: int, pad: int, ceil: bool) -> int:
    """How many windows PyTorch makes."""
    span = size + 2 * pad - kernel
    count = (-(-span // stride) if ceil else span // stride) + 1
    return count - (ceil and (count - 1) * stride >= size + pad)


class Windows(nn.Module):
    """What the pooling methods share: the windows of an image of any size."""

    def __init__(self, layer: Pooling) -> None:
        super().__init__()
        self.layer = layer
        self.ceil = layer.up

    def windows(
        self, image: Tensor
    ) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...], bool]:
        """(kernel, stride, pad, windows per axis, whether PyTorch makes the same windows)."""
        shape = tuple(int(d) for d in image.shape)
        kernel, stride, pad = self.layer.window(shape)
        count = self.layer.infer(shape)[0][2:]
        theirs = tuple(
            torch_size(s, k, t, p, self.ceil) for s, k, t, p in zip(shape[2:], kernel, stride, pad)
        )
        same = theirs == count and all(2 * p <= k for p, k in zip(pad, kernel))
        return kernel, stride, pad, count, same

    def padded(self, image: Tensor, value: float) -> Tensor:
        """The image with just the padding that Caffe's windows reach into."""
        kernel, stride, pad, count, _ = self.windows(image)
        after = [
            max(0, (n - 1) * t + k - s - p)
            for n, t, k, s, p in zip(count, stride, kernel, image.shape[2:], pad)
        ]
        return F.pad(image, (pad[1], after[1], pad[0], after[0]), value=value)

    def extra_repr(self) -> str:
        kernel = (
            "global" if self.layer.global_pooling else f"kernel={self.layer.sides('kernel', 1)}"
        )
        return f"{kernel}, stride={self.layer.sides('stride', 1)}, pad={self.layer.sides('pad', 0)}"


class MaxPooling(Windows):
    """The maximum; with two tops, also where each first maximum lies in its plane, or -1."""

    def __init__(self, layer: Pooling, mask: bool) -> None:
        super().__init__(layer)
        self.mask = mask

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        kernel, stride, pad, count, same = self.windows(image)
        if self.mask:
            return self._with_mask(image)
        if _better_by_axis(image):
            ends = ((n - 1) * t + k for n, t, k in zip(count, stride, kernel))
            within = not any(pad) and all(e <= s for e, s in zip(ends, image.shape[2:]))
            padded = image if within else self.padded(image, -torch.inf if same else LOWEST)
            return maximum_by_axis(padded, kernel, stride, count)
        if same:
            return F.max_pool2d(image, kernel, stride, pad, ceil_mode=self.ceil)
        top = F.max_pool2d(self.padded(image, LOWEST), kernel, stride)
        return top[..., : count[0], : count[1]]

    def _with_mask(self, image: Tensor) -> tuple[Tensor, Tensor]:
        kernel, stride, pad, count, _ = self.windows(image)
        padded = self.padded(image, LOWEST)
        top, at = F.max_pool2d(padded, kernel, stride, return_indices=True)
        top, at = top[..., : count[0], : count[1]], at[..., : count[0], : count[1]]
        row, column = at // padded.shape[-1] - pad[0], at % padded.shape[-1] - pad[1]
        height, width = image.shape[2:]
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        return top, torch.where(inside, row * width + column, -1).to(image.dtype)


def _better_by_axis(image: Tensor) -> bool:
    """Whether nothing asks for PyTorch's own pooling, which on a CPU takes the windows of images
    with whole planes number by number: ten times as long.
    """
    learns = torch.is_grad_enabled() and image.requires_grad
    on_cpu = image.device.type == "cpu" and image.is_contiguous()
    return on_cpu and not learns and not torch.compiler.is_compiling()


def maximum_by_axis(
    image: Tensor, kernel: Sequence[int], stride: Sequence[int], count: Sequence[int]
) -> Tensor:
    """The maximum of `count` windows: of their rows first, then of the columns of what is left."""
    for axis, k, t, n in zip((2, 3), kernel, stride, count):
        first, *rest = image.unfold(axis, k, t).narrow(axis, 0, n).unbind(-1)
        image = torch.maximum(first, rest.pop()) if rest else first
        for each in rest:
            torch.maximum(image, each, out=image)
    return image.contiguous()


class AveragePooling(Windows):
    """The mean: the sum divided by the window's size within the padded image."""

    def forward(self, image: Tensor) -> Tensor:
        kernel, stride, pad, count, same = self.windows(image)
        if same:
            return F.avg_pool2d(image, kernel, stride, pad, ceil_mode=self.ceil)
        total = F.avg_pool2d(self.padded(image, 0.0), kernel, stride, divisor_override=1)
        sizes = [
            torch.tensor(
                [min(i * t - p + k, s + p) - (i * t - p) for i in range(n)], dtype=image.dtype
            )
            for n, t, p, k, s in zip(count, stride, pad, kernel, image.shape[2:])
        ]
        area = (sizes[0][:, None] * sizes[1][None, :]).to(image.device)
        return total[..., : count[0], : count[1]] / area


class StochasticPooling(Windows):
    """In TRAIN a member drawn with its size as the odds; in TEST the sum of squares over the sum.

    (layers/pooling_layer.cu)
    """

    def forward(self, image: Tensor) -> Tensor:
        kernel, stride, _, count, _ = self.windows(image)
        batch, channels = image.shape[:2]
        padded = self.padded(image, 0.0)
        members = padded.unfold(2, kernel[0], stride[0]).unfold(3, kernel[1], stride[1])
        members = members[:, :, : count[0], : count[1]].reshape(batch, channels, *count, -1)
        total = members.sum(-1)
        if not self.training:
            return torch.where(total > 0, members.square().sum(-1) / total, 0.0)
        threshold = torch.rand_like(total) * total
        chosen = (
            (members.cumsum(-1) >= threshold[..., None]).to(torch.uint8).argmax(-1, keepdim=True)
        )
        return members.gather(-1, chosen).squeeze(-1)


@lower.register
def pooling(layer: Pooling, node: Node) -> nn.Module:
    if layer.pool is Method.MAX:
        return MaxPooling(layer, mask=len(node.tops) > 1)
    return AveragePooling(layer) if layer.pool is Method.AVE else StochasticPooling(layer)


class Pyramid(nn.Module):
    """SPP: the windows of every level side by side; the levels follow from the image's size."""

    def __init__(self, layer: SPP, node: Node) -> None:
        super().__init__()
        self.layer, self.node = layer, node

    def forward(self, image: Tensor) -> Tensor:
        levels = self.layer.levels(tuple(image.shape))
        tops = [pooling(level, self.node).train(self.training)(image) for level in levels]
        return torch.cat([top.flatten(1) for top in tops], 1) if len(tops) > 1 else tops[0]


@lower.register
def spp(layer: SPP, node: Node) -> nn.Module:
    return Pyramid(layer, node)
