"""Convolution and Deconvolution by PyTorch's own modules, and Im2col by picking elements."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.convolution import Convolution, Deconvolution, Im2col


class _Filters:
    """Several bottoms share the filters; axes before the channel axis are all batch."""

    def __init__(self, *args: Any, axis: int, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.axis = axis

    def forward(self, *images: Tensor) -> Tensor | tuple[Tensor, ...]:
        tops = tuple(self._one(image) for image in images)
        return tops if len(tops) > 1 else tops[0]

    def _one(self, image: Tensor) -> Tensor:
        if self.axis == 1:
            return super().forward(image)  # type: ignore[misc]
        batch, rest = image.shape[: self.axis], image.shape[self.axis :]
        top = super().forward(image.reshape(-1, *rest))  # type: ignore[misc]
        return top.reshape(*batch, *top.shape[1:])


class _Sliding(_Filters):
    """Where a single window overhangs the image, zeros make up what is missing behind it."""

    kernel_size: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]

    def _one(self, image: Tensor) -> Tensor:
        axes = zip(image.shape[self.axis + 1 :], self.kernel_size, self.padding, self.dilation)
        missing = [max(0, d * (k - 1) + 1 - size - 2 * p) for size, k, p, d in axes]
        if any(missing):
            image = F.pad(image, [side for m in reversed(missing) for side in (0, m)])
        return super()._one(image)


class Conv1d(_Sliding, nn.Conv1d):  # type: ignore[misc]  # takes several images
    pass


class Conv2d(_Sliding, nn.Conv2d):  # type: ignore[misc]  # takes several images
    pass


class Conv3d(_Sliding, nn.Conv3d):  # type: ignore[misc]  # takes several images
    pass


class ConvTranspose1d(_Filters, nn.ConvTranspose1d):  # type: ignore[misc]  # takes several images
    pass


class ConvTranspose2d(_Filters, nn.ConvTranspose2d):  # type: ignore[misc]  # takes several images
    pass


class ConvTranspose3d(_Filters, nn.ConvTranspose3d):  # type: ignore[misc]  # takes several images
    pass


CONVOLUTIONS = {1: Conv1d, 2: Conv2d, 3: Conv3d}
DECONVOLUTIONS = {1: ConvTranspose1d, 2: ConvTranspose2d, 3: ConvTranspose3d}


def _module(layer: Convolution | Deconvolution, node: Node, kinds: dict[int, Any]) -> nn.Module:
    image = node.bottoms[0].shape
    _, kernel, stride, pad, dilation = zip(*layer.windows(image))
    return kinds[len(kernel)](
        layer.channels(image),
        layer.num_output,
        kernel,
        stride=stride,
        padding=pad,
        dilation=dilation,
        groups=layer.parts(layer.channels(image)),
        bias=layer.bias_term,
        axis=layer.axis % len(image),
    )


@lower.register
def convolution(layer: Convolution, node: Node) -> nn.Module:
    return _module(layer, node, CONVOLUTIONS)


@lower.register
def deconvolution(layer: Deconvolution, node: Node) -> nn.Module:
    return _module(layer, node, DECONVOLUTIONS)


class Columns(nn.Module):
    """Im2col: each window as a column of channels x kernel, over any number of spatial axes."""

    def __init__(self, layer: Im2col) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, image: Tensor) -> Tensor:
        windows = self.layer.windows(tuple(image.shape))
        shape = self.layer.infer(tuple(image.shape))
        image = F.pad(image, [side for window in reversed(windows) for side in _padding(*window)])
        first = image.dim() - len(windows)
        for i, (_, kernel, stride, _, dilation) in enumerate(windows):
            count, axis = shape[first + i], first + 2 * i
            start = torch.arange(count, device=image.device) * stride
            step = torch.arange(kernel, device=image.device) * dilation
            places = (start[:, None] + step).flatten()
            image = image.index_select(axis, places).unflatten(axis, (count, kernel))
        spatial = range(first, image.dim())
        return image.permute(*range(first), *spatial[1::2], *spatial[::2]).reshape(shape)


def _padding(size: int, kernel: int, stride: int, pad: int, dilation: int) -> tuple[int, int]:
    """Zeros before and behind an axis."""
    return pad, pad + max(0, dilation * (kernel - 1) + 1 - size - 2 * pad)


@lower.register
def im2col(layer: Im2col, node: Node) -> nn.Module:
    return Columns(layer)
