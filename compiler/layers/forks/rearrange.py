"""Permute, ShuffleChannel, Reorg, Flip, Gather: elements move, none changes."""

from __future__ import annotations

from torch import Tensor, nn

from compiler.lower import lower
from netspec.graph import Node
from netspec.layers.forks.rearrange import Flip, Gather, Permute, Reorg, ShuffleChannel


class Permuted(nn.Module):
    """The axes in another order."""

    def __init__(self, axes: tuple[int, ...]) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, blob: Tensor) -> Tensor:
        return blob.permute(self.axes)

    def extra_repr(self) -> str:
        return str(self.axes)


class Reorganised(nn.Module):
    """Darknet's reorg: a block's pixels become channels, in the order that Darknet gives them.

    Without reverse Darknet reads the bottom as if it had stride² times fewer channels of stride
    times larger sides (layers/reorg_layer.hpp).
    """

    def __init__(self, layer: Reorg) -> None:
        super().__init__()
        self.stride, self.reverse = layer.stride, layer.reverse

    def forward(self, image: Tensor) -> Tensor:
        batch, channels, height, width = image.shape
        s = self.stride
        if self.reverse:
            blocks = image.reshape(batch, s, s, channels // s**2, height, width)
            return blocks.permute(0, 3, 4, 1, 5, 2).reshape(batch, -1, height * s, width * s)
        wide = image.reshape(batch, channels // s**2, height, s, width, s)
        deep = wide.permute(0, 3, 5, 1, 2, 4)
        return deep.reshape(batch, channels * s**2, height // s, width // s)


class Flipped(nn.Module):
    """Turned over along some axes."""

    def __init__(self, axes: list[int]) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, image: Tensor) -> Tensor:
        return image.flip(self.axes)


class Same(nn.Module):
    """Blobs as they are."""

    def forward(self, *blobs: Tensor) -> Tensor | tuple[Tensor, ...]:
        return blobs if len(blobs) > 1 else blobs[0]


@lower.register
def permute(layer: Permute, node: Node) -> nn.Module:
    return Permuted(layer.axes(len(node.bottoms[0].shape)))


@lower.register
def shuffle_channel(layer: ShuffleChannel, node: Node) -> nn.Module:
    return nn.ChannelShuffle(layer.group)


@lower.register
def reorg(layer: Reorg, node: Node) -> nn.Module:
    return Reorganised(layer)


@lower.register
def flip(layer: Flip, node: Node) -> nn.Module:
    return Flipped([axis for axis, on in ((2, layer.flip_height), (3, layer.flip_width)) if on])


@lower.register
def gather(layer: Gather, node: Node) -> nn.Module:
    return Same()
