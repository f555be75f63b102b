"""Layers that move blobs without computing."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.shape import Concat, Flatten, Reshape, Slice, Split


class Joined(nn.Module):
    """Concat along an axis."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, *blobs: Tensor) -> Tensor:
        return blobs[0] if len(blobs) == 1 else torch.cat(blobs, self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis}"


class Cut(nn.Module):
    """Slice along an axis, at the slice points or into equal parts."""

    def __init__(self, axis: int, points: tuple[int, ...], parts: int) -> None:
        super().__init__()
        self.axis, self.points, self.parts = axis, points, parts

    def forward(self, blob: Tensor) -> Tensor | tuple[Tensor, ...]:
        if self.parts == 1:
            return blob
        return torch.tensor_split(blob, self.points or self.parts, self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis}, {self.points or self.parts}"


class Copies(nn.Module):
    """Split: the same blob for every top."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, blob: Tensor) -> tuple[Tensor, ...]:
        return (blob,) * self.count


class Flat(nn.Module):
    """Flatten; an empty range of axes becomes an axis of 1."""

    def __init__(self, layer: Flatten) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, blob: Tensor) -> Tensor:
        first, end = self.layer.span(blob.dim())
        return blob.flatten(first, end - 1) if end > first else blob.unsqueeze(first)


class Reshaped(nn.Module):
    """Reshape, worked out from the bottom that comes."""

    def __init__(self, layer: Reshape) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, blob: Tensor) -> Tensor:
        return blob.reshape(self.layer.infer(tuple(blob.shape)))


@lower.register
def concat(layer: Concat, node: Node) -> nn.Module:
    return Joined(layer.along(len(node.bottoms[0].shape), "concat_dim"))


@lower.register
def slice_(layer: Slice, node: Node) -> nn.Module:
    return Cut(
        layer.along(len(node.bottoms[0].shape), "slice_dim"), layer.slice_point, len(node.tops)
    )


@lower.register
def split(layer: Split, node: Node) -> nn.Module:
    return Copies(len(node.tops)) if len(node.tops) > 1 else nn.Identity()


@lower.register
def flatten(layer: Flatten, node: Node) -> nn.Module:
    return Flat(layer)


@lower.register
def reshape(layer: Reshape, node: Node) -> nn.Module:
    return Reshaped(layer)
